"""What waits for a person: leads nobody knows the outcome of, and leads that failed. Several are settled at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from leads.models import BreakcoldKey, DeliveryAttempt, Membership, Submission
from leads.models.attempts import AttemptPurpose
from leads.models.submissions import SubmissionQuerySet
from leads.services import keys, submissions
from leads.states import State

from .access import get_membership_for, require, signed_in
from .deeds import DEEDS
from .fragments import redirect_to
from .several import chosen_in, do_one
from .wording import Words, words_for

SHOWN_AT_MOST = 50  # of each group
BREAKCOLD_PAGE = "https://app.breakcold.com"  # where people see their leads; it has no address for one of them
DEEDS_HERE = ("found", "missing", "give-up", "retry", "retry-unknown", "leave")


@dataclass(frozen=True, slots=True)
class Shown:
    """One lead with what is known about it; ``problem`` says why the last try to settle it did not work."""

    lead: Submission
    version: str
    words: Words
    attempts: list[DeliveryAttempt]
    similar: list[dict[str, str]]
    typed: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    count: int
    leads: list[Shown]


def waiting_for_person(membership: Membership) -> SubmissionQuerySet:
    """What this reader may settle: everybody's for those who review, else one's own."""
    rows = Submission.objects.for_team(membership.team).stuck()
    return rows if membership.can_review else rows.filter(created_by=membership.user)


@require_safe
@signed_in
def attention_list(request: HttpRequest, team: str) -> HttpResponse:
    return _page(request, get_membership_for(request, team))


def _page(
    request: HttpRequest, membership: Membership, problems: dict[str, str] | None = None, *, status: int = 200
) -> HttpResponse:
    rows = waiting_for_person(membership)
    teams_keys = keys.find_live_and_practice(membership.team)

    def show(lead: Submission) -> Shown:
        return _shown(lead, teams_keys.get(lead.environment), request, problems or {})

    groups = [
        _group("unknown", rows.filter(state=State.UNKNOWN), show),
        _group("failed", rows.filter(state=State.FAILED), show),
    ]
    looked_up = Submission.objects.for_team(membership.team).filter(state=State.UNKNOWN, look_up_at__isnull=False)
    on_page = {str(shown.lead.public_id) for group in groups for shown in group.leads}
    context = {
        "groups": [group for group in groups if group.count],
        "looked_up": looked_up.count(),
        "elsewhere": [text for public_id, text in (problems or {}).items() if public_id not in on_page],
        "breakcold_page": settings.BREAKCOLD_SANDBOX_URL if membership.team.is_practice else BREAKCOLD_PAGE,
    }
    return render(request, "attention/list.html", context, status=status)


def _group(name: str, rows: SubmissionQuerySet, show: Callable[[Submission], Shown]) -> Group:
    attempts = Prefetch("attempts", DeliveryAttempt.objects.order_by("started_at", "pk"), to_attr="tries")
    first = (
        rows.select_related("team", "created_by", "entered_by", "token")
        .prefetch_related(attempts)
        .order_by("updated_at", "pk")
    )
    return Group(name, rows.count(), [show(lead) for lead in first[:SHOWN_AT_MOST]])


def _shown(lead: Submission, key: BreakcoldKey | None, request: HttpRequest, problems: dict[str, str]) -> Shown:
    tries: list[DeliveryAttempt] = lead.tries  # type: ignore[attr-defined]
    look_ups = [attempt for attempt in tries if attempt.purpose == AttemptPurpose.LOOK_UP]
    return Shown(
        lead=lead,
        version=submissions.version_of(lead),
        words=words_for(lead, key),
        attempts=tries,
        similar=look_ups[-1].similar if look_ups and lead.state == State.UNKNOWN else [],
        typed=request.POST.get(f"id-{lead.public_id}", ""),
        problem=problems.get(str(lead.public_id), ""),
    )


@require_POST
@signed_in
def attention_settle(request: HttpRequest, team: str) -> HttpResponse:
    """Do one thing to one lead or several, each by itself: what cannot be done is named beside its lead.

    A lead is posted as ``<uuid>@<version>``, so that what was seen is what is settled; ``is`` names one lead and, after
    another ``@``, the one in Breakcold that it is.
    """
    membership = get_membership_for(request, team)
    deed = "found" if "is" in request.POST else request.POST.get("deed", "")
    require(deed in DEEDS_HERE)
    chosen = _chosen(request)
    if not chosen:
        messages.warning(request, "Choose at least one lead first.")
    problems = {}
    for public_id, seen, typed in chosen:
        if problem := do_one(request, membership, [deed], public_id, seen, typed):
            problems[public_id] = problem
    done = len(chosen) - len(problems)
    if done:
        text = DEEDS[deed].done if done == 1 else f"{DEEDS[deed].label}: done for {done} leads."
        messages.success(request, text)
    if not problems:
        return redirect_to(request, reverse("attention_list", args=[team]))
    count = len(problems)
    messages.error(request, f"{count} {'lead' if count == 1 else 'leads'} could not be settled; each says why.")
    return _page(request, membership, problems, status=422)


def _chosen(request: HttpRequest) -> list[tuple[str, str, str]]:
    """(public id, version that was seen, what was typed for it) of each chosen lead, once."""
    if "is" in request.POST:
        public_id, _, rest = request.POST["is"].partition("@")
        seen, _, breakcold_id = rest.partition("@")
        return [(public_id, seen, breakcold_id)]
    return [(public_id, seen, request.POST.get(f"id-{public_id}", "")) for public_id, seen in chosen_in(request)]
