"""One thing done to several leads of the list, each by itself: what cannot be done is said of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from leads.models import Membership
from leads.services import submissions
from leads.services.teams import NotPossible
from leads.states import State

from .access import actor_of, get_membership_for, get_submission_for, require, signed_in
from .deeds import DEEDS, available
from .fragments import redirect_to

AT_ONCE = 500
REASONS_SHOWN = 10
#: What the list offers -> the deeds of which the first that is possible is done, and what it says then.
BULK: dict[str, tuple[tuple[str, ...], str]] = {
    "retry": (("retry",), "in the queue again"),
    "cancel": (("undo", "take-back"), "taken back, and not sent"),
    "withdraw": (("withdraw",), "out of review, and a draft again"),
}


@require_POST
@signed_in
def submission_several(request: HttpRequest, team: str) -> HttpResponse:
    """Back to the list as it was narrowed down, with what was done and what was not."""
    membership = get_membership_for(request, team)
    name = request.POST.get("deed", "")
    require(name in BULK)
    deeds, done = BULK[name]
    chosen = chosen_in(request)
    if not chosen:
        messages.warning(request, "Choose at least one lead first.")
    answers = [do_one(request, membership, deeds, public_id, seen) for public_id, seen in chosen]
    problems = [answer for answer in answers if answer]
    if count := len(chosen) - len(problems):
        messages.success(request, f"{_leads(count)} {done}.")
    if problems:
        more = len(problems) - REASONS_SHOWN
        reasons = " ".join(problems[:REASONS_SHOWN]) + (f" And {more} more." if more > 0 else "")
        messages.error(
            request, f"{_leads(len(problems))} left as {'it was' if len(problems) == 1 else 'they were'}: {reasons}"
        )
    query = request.GET.urlencode()
    return redirect_to(request, reverse("submission_list", args=[team]) + (f"?{query}" if query else ""))


def _leads(count: int) -> str:
    return "1 lead" if count == 1 else f"{count} leads"


def chosen_in(request: HttpRequest) -> list[tuple[str, str]]:
    """(public id, version that was seen) of each lead posted as ``<uuid>@<version>``, once."""
    entries = list(dict.fromkeys(request.POST.getlist("lead")))[:AT_ONCE]
    split: Iterable[tuple[str, str, str]] = (entry.partition("@") for entry in entries)
    return [(public_id, seen) for public_id, _, seen in split]


def do_one(
    request: HttpRequest, membership: Membership, deeds: Sequence[str], public_id: str, seen: str, typed: str = ""
) -> str:
    """Do the first of ``deeds`` that is possible. Why it could not be done; empty when it was.

    A lead of another team is as little there as one that never was; the others of the request are told of all the same.
    """
    try:
        lead = get_submission_for(membership, UUID(public_id))
    except ValueError:
        return "This is not a lead."
    except Http404:
        return "There is no such lead in this team."
    if not any(DEEDS[name].may(lead, membership) for name in deeds):
        return f"{lead.reference}: only who entered it, or a reviewer, may settle it."
    possible = [deed for deed in available(lead, membership) if deed.name in deeds]
    if not possible:
        return f"{lead.reference}: nothing was changed. Meanwhile it is “{State(lead.state).label}”."
    if seen != submissions.version_of(lead):
        return f"{lead.reference}: it changed since this page was opened. Look again, then decide."
    try:
        possible[0].do(lead, typed, seen, actor_of(request))
    except NotPossible as exc:
        return f"{lead.reference}: {exc}"
    return ""


def offered(rows: Iterable[Any], membership: Membership) -> set[str]:
    """What the list offers for these leads, each of which is marked with ``can_choose``."""
    found = set()
    for row in rows:
        is_own = row.created_by_id == membership.user_id
        name = {State.FAILED: "retry", State.QUEUED: "cancel", State.PENDING_REVIEW: "withdraw"}.get(State(row.state))
        row.can_choose = bool(name) and (is_own or (membership.can_review and name != "withdraw"))
        if name and row.can_choose:
            found.add(name)
    return found
