"""The review queue: oldest first, one lead at a time with everything on one screen, several at once from the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.audit import Actor
from leads.forms.lead import LeadForm
from leads.models import Membership, Submission
from leads.services import keys, submissions
from leads.services.teams import NotPossible
from leads.states import State

from .access import actor_of, get_reviewer_for, get_submission_for, require, signed_in
from .deeds import DEEDS
from .entry import review_form
from .fragments import page_or_fragment, redirect_to
from .lead_values import now_says, vanished
from .review_card import after, card, looks, part_around
from .review_filters import ReviewFilter

PER_PAGE = 50
BULK_AT_MOST = 500
DECISIONS = ("approve", "send-back", "reject")


@dataclass(frozen=True, slots=True)
class Failed:
    """A decision that did not come about, for the page that shows it again with what was typed and chosen."""

    deed: str
    problem: str
    because: str = ""
    reason: str = ""
    chosen: frozenset[str] = frozenset()  # of several; empty for the one that is open


@require_safe
@signed_in
def review_queue(request: HttpRequest, team: str) -> HttpResponse:
    return _queue_page(request, get_reviewer_for(request, team), request.GET, request.GET.get("lead", ""))


def _queue_page(
    request: HttpRequest,
    membership: Membership,
    asked: QueryDict,
    wanted: str,
    *,
    failed: Failed | None = None,
    status: int = 200,
) -> HttpResponse:
    """The queue as narrowed down in ``asked``, with the lead of this id open."""
    filters = _filters(request, membership, asked)
    named = _named(membership, wanted)
    lead = _opened(filters.qs, named)
    part = part_around(filters.qs, lead, BULK_AT_MOST if asked.get("show") == "many" else PER_PAGE)
    lead = lead or next(iter(part.rows), None)
    context: dict[str, Any] = {
        "filters": filters,
        "part": part,
        "count": filters.qs.count(),
        "shows_many": asked.get("show") == "many",
        "kept": _kept(asked),
        "is_filtered": any(asked.get(name) for name in filters.filters),
        "looks": looks(part.rows, membership),
        "gone": named if named and named.state != State.PENDING_REVIEW else None,
        "failed": failed,
        **(card(membership, lead, part) if lead else {}),
    }
    return render(request, "review/queue.html", context, status=status)


def _filters(request: HttpRequest, membership: Membership, asked: QueryDict) -> ReviewFilter:
    waiting = Submission.objects.for_team(membership.team).filter(state=State.PENDING_REVIEW)
    rows = waiting.select_related("team", "created_by", "entered_by", "rewritten_by", "token", "preset")
    return ReviewFilter(asked, queryset=rows.order_by("review_since", "pk"), request=request)


def _kept(asked: QueryDict) -> str:
    """The narrowing down, for links that lead on from here."""
    return urlencode([(name, value) for name, value in asked.items() if value and name != "lead"])


def _named(membership: Membership, wanted: str) -> Submission | None:
    try:
        return Submission.objects.for_team(membership.team).filter(public_id=UUID(wanted)).first()
    except ValueError:
        return None


def _opened(queue: QuerySet[Submission], named: Submission | None) -> Submission | None:
    """The lead that was asked for; if it does not wait here any more, the one after it."""
    if named is None:
        return None
    found = queue.filter(pk=named.pk).first()
    return found or (after(queue, named).first() if named.review_since else None)


@require_POST
@signed_in
def review_decide(request: HttpRequest, team: str) -> HttpResponse:
    """Approve, send back or reject one lead or several, each by itself: what cannot be done is named, the rest is done.

    A lead is posted as ``<uuid>@<version>``, so that what was seen is what is decided.
    """
    membership = get_reviewer_for(request, team)
    deed = request.POST.get("deed", "")
    require(deed in DECISIONS)
    chosen = list(dict.fromkeys(request.POST.getlist("lead")))[:BULK_AT_MOST]
    typed = {"because": "", "reason": ""} if deed == "approve" else _typed(request)
    if not chosen:
        messages.warning(request, "Choose at least one lead first.")
        return redirect_to(request, _onward(request, team, request.POST.get("next", "")))
    if "next" in request.POST:  # the one that is open, not ticked in the list
        return _decide_one(request, membership, deed, chosen[0], typed)
    return _decide_several(request, membership, deed, chosen, typed)


def _typed(request: HttpRequest) -> dict[str, str]:
    """The reason from the team's list, and what was written beside it."""
    return {name: request.POST.get(name, "").strip() for name in ("because", "reason")}


def _decide_one(
    request: HttpRequest, membership: Membership, deed: str, entry: str, typed: dict[str, str]
) -> HttpResponse:
    """What could not be done stays on the page with what was typed, while the lead waits."""
    actor = actor_of(request)
    problem = _decide(membership, entry, deed, _in_one(typed), actor)
    lead = _named(membership, entry.partition("@")[0])
    if problem and lead and lead.state == State.PENDING_REVIEW:
        asked = QueryDict(request.POST.get("kept", ""))
        failed = Failed(deed, problem, typed["because"], typed["reason"])
        return _queue_page(request, membership, asked, str(lead.public_id), failed=failed, status=422)
    if not problem and lead:
        messages.success(request, _done(lead, deed))
    else:
        is_own = lead is not None and lead.decided_by_id == membership.user_id  # the key was pressed twice
        text = f"{lead.reference}: {problem}" if lead else problem
        messages.add_message(request, messages.INFO if is_own else messages.ERROR, text)
        if _in_one(typed):
            messages.info(request, f"You wrote: “{_in_one(typed)}”")
    return redirect_to(request, _onward(request, membership.team.slug, request.POST.get("next", "")))


def _done(lead: Submission, deed: str) -> str:
    if deed != "approve":
        return DEEDS[deed].done
    trouble = keys.trouble_sentence(keys.find_key_for(lead), lead.environment)
    return f"Approved, and kept until it can leave. {trouble}" if trouble else DEEDS[deed].done


def _decide_several(
    request: HttpRequest, membership: Membership, deed: str, chosen: list[str], typed: dict[str, str]
) -> HttpResponse:
    actor, reason = actor_of(request), _in_one(typed)
    if deed != "approve":
        try:
            submissions.required_comment(reason)
        except NotPossible as exc:
            ticked = frozenset(entry.partition("@")[0] for entry in chosen)
            asked = QueryDict(request.POST.get("kept", ""))
            failed = Failed(deed, str(exc), typed["because"], typed["reason"], ticked)
            wanted = request.POST.get("at", "")
            return _queue_page(request, membership, asked, wanted, failed=failed, status=422)
    problems: dict[str, list[str]] = {}
    for entry in chosen:
        if problem := _decide(membership, entry, deed, reason, actor):
            lead = _named(membership, entry.partition("@")[0])
            problems.setdefault(problem, []).append(lead.reference if lead else "")
    count = len(chosen) - sum(map(len, problems.values()))
    if count:
        messages.success(request, f"{DEEDS[deed].label}: done for {count} lead{'' if count == 1 else 's'}.")
    for problem, references in problems.items():
        messages.error(request, f"{', '.join(filter(None, references)) or 'Not done'}: {problem}")
    if problems and reason:
        messages.info(request, f"You wrote: “{reason}”")
    return redirect_to(request, _onward(request, membership.team.slug, request.POST.get("at", "")))


def _in_one(typed: dict[str, str]) -> str:
    return " ".join(filter(None, typed.values()))


def _decide(membership: Membership, entry: str, deed: str, reason: str, actor: Actor) -> str:
    """Why it could not be done; empty when it was."""
    public_id, _, seen = entry.partition("@")
    try:
        lead = get_submission_for(membership, UUID(public_id))
    except (ValueError, Http404):
        return "This is not a lead of the team."
    try:
        DEEDS[deed].do(lead, reason, seen, actor)
    except NotPossible as exc:
        return str(exc)
    return ""


def _onward(request: HttpRequest, team: str, after: str) -> str:
    """The queue again, as it was narrowed down, with this lead open or the one that comes after it."""
    query = "&".join(
        filter(None, (_kept(QueryDict(request.POST.get("kept", ""))), urlencode({"lead": after}) if after else ""))
    )
    return reverse("review_queue", args=[team]) + (f"?{query}" if query else "")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def review_edit(request: HttpRequest, team: str, submission: UUID) -> HttpResponse:
    """Correct a lead and approve it in one step; who entered it will see what was changed."""
    membership = get_reviewer_for(request, team)
    lead = get_submission_for(membership, submission)
    require(DEEDS["approve"].may(lead, membership))
    form = review_form(request, lead)
    if request.method != "POST":
        if lead.state != State.PENDING_REVIEW:
            messages.info(request, f"This lead does not wait for review any more: it is “{State(lead.state).label}”.")
            return redirect_to(request, reverse("submission_detail", args=[team, lead.public_id]))
        if gone := vanished(lead, form.options):
            messages.warning(request, f"Breakcold no longer has this, so it is left out: {'; '.join(gone)}.")
        return _edit_page(request, form, lead)
    if not form.is_valid():
        return _edit_page(request, form, lead, status=422)
    is_corrected = form.values() != lead.values
    try:
        submissions.approve(
            submission=lead,
            values=form.values(),
            comment=request.POST.get("comment", ""),
            seen=request.POST.get("seen", ""),
            actor=actor_of(request),
        )
    except NotPossible as exc:
        return _refused(request, form, get_submission_for(membership, submission), exc)
    done = "Corrected and approved" if is_corrected else "Approved without a change"
    messages.success(request, f"{done}: {lead.title} ({lead.reference}).")
    return redirect_to(request, _onward(request, team, request.POST.get("next", "")))


def _refused(request: HttpRequest, form: LeadForm, lead: Submission, problem: NotPossible) -> HttpResponse:
    """What was typed, beside what the lead says now; sent again it is about the lead as it stands."""
    form.add_error(None, str(problem))
    if isinstance(problem, submissions.Overtaken) and lead.state == State.PENDING_REVIEW:
        for label, text in now_says(lead, submissions.difference(form.values(), lead.values)):
            form.add_error(None, f"“{label}” says “{text}” now; what you typed is kept below.")
        return _edit_page(request, form, lead, version=submissions.version_of(lead), status=422)
    return _edit_page(request, form, lead, status=422)


def _edit_page(
    request: HttpRequest, form: LeadForm, lead: Submission, *, version: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "submission": lead,
        "send": "review/_send.html",
        "version": version or request.POST.get("seen") or submissions.version_of(lead),
        "comment": request.POST.get("comment", ""),
        "kept": request.POST.get("kept") or _kept(request.GET),
        "next": request.POST.get("next") or request.GET.get("next", ""),
    }
    return page_or_fragment(request, "review/edit.html", "submissions/_form.html", context, status=status)


@require_POST
@signed_in
def review_look(request: HttpRequest, team: str, submission: UUID) -> HttpResponse:
    """The page tells that this reviewer has the lead open, and learns who else has."""
    membership = get_reviewer_for(request, team)
    lead = get_submission_for(membership, submission)
    submissions.look_at(submission=lead, actor=actor_of(request))
    context = {"lead": lead, "other": looks([lead], membership).get(lead.pk, "")}
    return render(request, "review/_look.html", context)
