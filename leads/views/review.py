"""The review queue: oldest first, one lead at a time with everything on one screen, several at once from the list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.audit import Actor
from leads.forms.lead import LeadForm, initial_from
from leads.models import Membership, ReviewLook, Submission, User
from leads.services import duplicates, submissions
from leads.services.teams import NotPossible
from leads.states import State

from .access import actor_of, get_reviewer_for, get_submission_for, require, signed_in
from .deeds import DEEDS
from .entry import review_form
from .fragments import page_or_fragment, redirect_to
from .lead_values import now_says, shown_values, vanished
from .review_filters import ReviewFilter

PER_PAGE = 50
BULK_AT_MOST = 500
SHOWN_DUPLICATES = 5
PROBLEMS_SHOWN = 10
DECISIONS = ("approve", "send-back", "reject")


@require_safe
@signed_in
def review_queue(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_reviewer_for(request, team)
    filters = _filters(request, membership)
    rows = list(filters.qs[: _per_page(request)])
    current = _chosen(request, filters.qs, rows)
    context: dict[str, Any] = {
        "filters": filters,
        "rows": rows,
        "count": filters.qs.count(),
        "kept": _kept(request),
        "is_filtered": any(request.GET.get(name) for name in filters.filters),
        "looks": _looks(rows, membership),
        **(_card(membership, current, rows) if current else {}),
    }
    return render(request, "review/queue.html", context)


def _filters(request: HttpRequest, membership: Membership) -> ReviewFilter:
    waiting = Submission.objects.for_team(membership.team).filter(state=State.PENDING_REVIEW)
    rows = waiting.select_related("team", "created_by", "token__owner", "preset", "decided_by")
    return ReviewFilter(request.GET, queryset=rows.order_by("review_since", "pk"), request=request)


def _per_page(request: HttpRequest) -> int:
    return BULK_AT_MOST if request.GET.get("show") == "many" else PER_PAGE


def _kept(request: HttpRequest) -> str:
    """The narrowing down, for links that lead on from here."""
    return urlencode([(name, value) for name, value in request.GET.items() if value and name != "lead"])


def _chosen(request: HttpRequest, queue: QuerySet[Submission], rows: list[Submission]) -> Submission | None:
    """The lead the address names, if it still waits; else the first."""
    wanted = request.GET.get("lead", "")
    found = next((row for row in rows if str(row.public_id) == wanted), None)
    if found is None and wanted:
        try:
            found = queue.filter(public_id=UUID(wanted)).first()
        except ValueError:
            found = None
    return found or (rows[0] if rows else None)


def _looks(rows: list[Submission], membership: Membership) -> dict[int, str]:
    """Which of these somebody else has open: primary key to name."""
    since = submissions.looked_since(timezone.now())
    looks = ReviewLook.objects.filter(submission__in=rows, seen_at__gt=since).exclude(reviewer=membership.user)
    return {look.submission_id: str(look.reviewer) for look in looks.select_related("reviewer")}


def _card(membership: Membership, lead: Submission, rows: list[Submission]) -> dict[str, Any]:
    """One lead with everything a decision needs."""
    places = [row.pk for row in rows]
    place = places.index(lead.pk) if lead.pk in places else None
    return {
        "lead": lead,
        "values": shown_values(lead),
        "differing": _differing(lead),
        "comments": list(lead.comments.select_related("author")),
        "duplicates": duplicates.find_like(lead)[:SHOWN_DUPLICATES],
        "history": _history(membership, lead.entered_by),
        "reasons": membership.team.reject_reasons,
        "version": submissions.version_of(lead),
        "may_decide": DEEDS["approve"].may(lead, membership),
        "previous": rows[place - 1] if place else None,
        "next": rows[place + 1] if place is not None and place + 1 < len(rows) else None,
    }


def _differing(lead: Submission) -> set[str]:
    """The fields that say something else than the preset they were entered with began with."""
    defaults = {row["name"]: row["default"] for row in (lead.preset.rows if lead.preset else []) if "default" in row}
    flat = initial_from(lead.values)
    return {name for name, default in defaults.items() if flat.get(name) != default}


def _history(membership: Membership, user: User | None) -> list[tuple[str, int]]:
    """How the leads of one person fared so far: (state in words, how many)."""
    rows = Submission.objects.for_team(membership.team).filter(created_by=user).values("state")
    counts = {row["state"]: row["count"] for row in rows.annotate(count=Count("pk")).order_by("state")}
    return [(state.label, counts[state]) for state in State if counts.get(state)]


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
    reason = _reason(request) if deed != "approve" else ""
    if not chosen:
        messages.warning(request, "Choose at least one lead first.")
    refused = [_decide(membership, entry, deed, reason, actor_of(request)) for entry in chosen]
    problems = [text for text in refused if text]
    done = len(chosen) - len(problems)
    if done:
        messages.success(
            request, DEEDS[deed].done if len(chosen) == 1 else f"{DEEDS[deed].label}: done for {done} leads."
        )
    texts = list(dict.fromkeys(problems))
    for text in texts[:PROBLEMS_SHOWN]:
        messages.error(request, text)
    if len(texts) > PROBLEMS_SHOWN:
        messages.error(request, f"And {len(texts) - PROBLEMS_SHOWN} more that could not be done; they still wait.")
    if problems and reason:
        messages.info(request, f"You wrote: “{reason}”")
    return redirect_to(request, _onward(request, team, stay=bool(problems) and len(chosen) == 1, chosen=chosen))


def _reason(request: HttpRequest) -> str:
    """The reason from the team's list, then what was typed."""
    return " ".join(filter(None, (request.POST.get(name, "").strip() for name in ("because", "reason"))))


def _decide(membership: Membership, entry: str, deed: str, reason: str, actor: Actor) -> str:
    """Why it could not be done; empty when it was."""
    public_id, _, seen = entry.partition("@")
    try:
        lead = get_submission_for(membership, UUID(public_id))
    except ValueError:
        return "This is not a lead."
    if not DEEDS[deed].may(lead, membership):
        return f"{lead.reference}: somebody else has to decide on it."
    try:
        DEEDS[deed].do(lead, reason, seen, actor)
    except NotPossible as exc:
        return f"{lead.reference}: {exc}"
    return ""


def _onward(request: HttpRequest, team: str, *, stay: bool, chosen: list[str]) -> str:
    """The queue again, with the next lead open, or the same one when nothing came of it."""
    after = chosen[0].partition("@")[0] if stay else request.POST.get("next", "")
    query = "&".join(filter(None, (request.POST.get("kept", ""), urlencode({"lead": after}) if after else "")))
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
    return redirect_to(request, _onward(request, team, stay=False, chosen=[]))


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
        "kept": request.POST.get("kept") or _kept(request),
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
    context = {"lead": lead, "other": _looks([lead], membership).get(lead.pk, "")}
    return render(request, "review/_look.html", context)
