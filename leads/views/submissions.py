"""Leads: the list, the entry form, one lead with everything about it, and what can be done with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.delivery import forecast
from leads.forms.lead import LeadForm
from leads.models import AuditEntry, Membership, Submission, User
from leads.services import drafts, keys, saved_views, submissions
from leads.services.duplicates import LooksLikeAnother, find_like
from leads.services.teams import NotPossible
from leads.states import EDITABLE, State

from . import pasting
from .access import actor_of, get_membership_for, get_submission_for, may_change, require, signed_in
from .deeds import DEEDS, available
from .drafts import keep_as_draft, keep_for_later
from .entry import (
    Choice,
    accepted_in,
    carried,
    choose_preset,
    edit_form,
    form_page,
    new_form,
    shown_duplicates,
    wants_another,
)
from .fragments import is_htmx, page_or_fragment, redirect_to
from .lead_values import shown_corrections, shown_issues, shown_values, vanished
from .list_columns import choices, columns_for, fill_cells
from .log import lines
from .saved_views import query_of
from .several import offered
from .submission_filters import SubmissionFilter
from .typed import one_time_key_in
from .wording import words_for

PER_PAGE = 50
SENT_BACK_SHOWN = 20
DRAFTS_SHOWN = drafts.MOST  # all of them: there is no other page


def url_of(submission: Submission) -> str:
    return reverse("submission_detail", args=[submission.team.slug, submission.public_id])


@require_safe
@signed_in
def submission_list(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_membership_for(request, team)
    rows = Submission.objects.for_team(membership.team).select_related("created_by", "token")
    filters = SubmissionFilter(request.GET, queryset=rows.order_by("-pk"), request=request)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    columns = columns_for(request, membership)
    context = {
        "filters": filters,
        "columns": columns,
        "page_obj": page,
        "is_filtered": any(request.GET.get(name) for name in filters.filters),
        "is_moving": any(row.is_moving for row in page),
    }
    places = forecast.places(page, now=timezone.now())
    for row in page:
        row.place = places[row.pk]
    if not is_htmx(request):  # they stand above the table
        context |= _above(membership, query_of(request.GET))
        context["column_groups"] = choices(columns)
    fill_cells(page, columns, membership.team)
    context["offered"] = offered(page, membership)
    if page.number == 1 and not context["is_filtered"] and not is_htmx(request):
        context["drafts"] = list(drafts.to_go_on_with(membership.team, membership.user)[:DRAFTS_SHOWN])
        context["sent_back"] = list(_sent_back_to(membership)[:SENT_BACK_SHOWN])
    stamp = [(row.pk, row.state, row.place.position) for row in page]
    return page_or_fragment(request, "submissions/list.html", "submissions/_table.html", context, stamp=stamp)


def _above(membership: Membership, query: str) -> dict[str, Any]:
    """The reader's views, and whether what is shown is one of them."""
    views = list(saved_views.of_person(membership.team, membership.user))
    return {"views": views, "query": query, "is_kept": any(view.query == query for view in views)}


def _sent_back_to(membership: Membership) -> QuerySet[Submission]:
    """The reader's own leads a reviewer asked changes of, the one that waits longest first."""
    own = Submission.objects.for_team(membership.team).filter(created_by=membership.user_id)
    return own.filter(state=State.CHANGES_REQUESTED).order_by("decided_at", "pk")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def submission_new(request: HttpRequest, team: str) -> HttpResponse:
    """The entry form. The one-time key in it makes a double click, a reload and a second send the same lead."""
    membership = get_membership_for(request, team)
    choice = choose_preset(request, membership.team)
    form = new_form(request, membership.team, choice)
    one_time_key = one_time_key_in(request) or uuid4()
    if request.method != "POST":
        return form_page(request, form, one_time_key, choice=choice)
    if request.POST.get("then") == "draft":
        return keep_as_draft(request, membership, form, choice)
    if (then := request.POST.get("then")) in pasting.THEN:
        return form_page(request, form, one_time_key, choice=choice, pasted=pasting.THEN[then](request, form))
    if not _is_valid(form, choice):
        return form_page(request, form, one_time_key, choice=choice, status=422)
    try:
        entered = submissions.enter(
            team=membership.team,
            values=form.values(),
            actor=actor_of(request),
            one_time_key=one_time_key,
            preset=choice.preset,
            accepted=accepted_in(request),
            environment=request.POST.get("environment", ""),
        )
    except submissions.SwitchedMeanwhile as exc:
        form.add_error(None, str(exc))
        return form_page(request, form, one_time_key, choice=choice, status=422)
    except submissions.AlreadySent as exc:
        form.add_error(None, f"{exc} If this is another lead, send it once more.")
        return form_page(request, form, uuid4(), choice=choice, status=422, earlier=exc.submission)
    except LooksLikeAnother as exc:
        about = shown_duplicates(request, exc.found)
        return form_page(request, form, one_time_key, choice=choice, status=422, **about)
    if wants_another(request):
        where = "waits for review" if entered.submission.state == State.PENDING_REVIEW else "is on its way"
        messages.success(request, f"{entered.submission.title} {where} ({entered.submission.reference}).")
        return redirect_to(request, reverse("submission_new", args=[team]) + carried(form, choice))
    return redirect_to(request, url_of(entered.submission))


def _is_valid(form: LeadForm, choice: Choice) -> bool:
    if not form.is_valid():
        return False
    if choice.problem:
        form.add_error(None, choice.problem)
    return not choice.problem


@require_safe
@signed_in
def submission_detail(request: HttpRequest, team: str, submission: UUID) -> HttpResponse:
    membership = get_membership_for(request, team)
    found = get_submission_for(membership, submission)
    about = _about(membership, found)
    counts = [len(about["lines"]), len(about["comments"])]
    place = _roughly(about["place"].position)
    stamp = [found.state, about["words"], [deed.name for deed in about["deeds"]], counts, place]
    return page_or_fragment(request, "submissions/detail.html", "submissions/_detail.html", about, stamp=stamp)


def _roughly(position: int) -> int:
    """Far back in the line the page need not follow every step, and what the reader has open stays open."""
    return position if position < 10 else position // 10 * 10


def _about(membership: Membership, submission: Submission) -> dict[str, Any]:
    entries = AuditEntry.objects.filter(team=membership.team, subject_id=submission.public_id).order_by("-sequence")
    return {
        "submission": submission,
        "words": words_for(submission, keys.find_key_for(submission)),
        "place": forecast.places([submission], now=timezone.now())[submission.pk],
        "issues": shown_issues(submission),
        "values": shown_values(submission),
        "corrections": shown_corrections(submission),
        "comments": list(submission.comments.select_related("author")),
        "lines": lines(entries[:200]),
        "deeds": available(submission, membership),
        "version": submissions.version_of(submission),
        "likely": find_like(submission) if submission.state == State.PENDING_REVIEW else [],
        "may_edit": submission.state in EDITABLE and may_change(submission, membership),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def submission_edit(request: HttpRequest, team: str, submission: UUID) -> HttpResponse:
    """Change a draft, or a lead that was sent back, and send it."""
    membership = get_membership_for(request, team)
    found = get_submission_for(membership, submission)
    require(may_change(found, membership))
    form = edit_form(request, found)
    if request.method != "POST":
        return _edit_page(request, form, found, membership.user)
    if request.POST.get("then") == "draft":
        return keep_for_later(request, form, found)
    if not form.is_valid():
        return form_page(request, form, None, submission=found, status=422)
    if found.state not in EDITABLE and found.values == form.values():
        return redirect_to(request, url_of(found))  # sent twice: this is what it says already
    try:
        submissions.submit(
            submission=found,
            values=form.values(),
            comment=request.POST.get("comment", ""),
            accepted=accepted_in(request),
            actor=actor_of(request),
        )
    except LooksLikeAnother as exc:
        about = shown_duplicates(request, exc.found)
        return form_page(request, form, None, submission=found, status=422, **about)
    except NotPossible as exc:
        form.add_error(None, str(exc))
        return form_page(request, form, None, submission=found, earlier=found, status=422)
    return redirect_to(request, url_of(found))


def _edit_page(request: HttpRequest, form: LeadForm, submission: Submission, user: User) -> HttpResponse:
    if submission.state not in EDITABLE:
        messages.info(request, f"This lead cannot be changed now: it is “{State(submission.state).label}”.")
        return redirect_to(request, url_of(submission))
    if gone := vanished(submission, form.options):
        messages.warning(request, f"Breakcold no longer has this, so it is left out: {'; '.join(gone)}.")
    if draft := drafts.changes_of(submission, user):
        form.show(MultiValueDict(draft.typed))
    return form_page(request, form, None, submission=submission, draft=draft)


@require_POST
@signed_in
def submission_act(request: HttpRequest, team: str, submission: UUID, deed: str) -> HttpResponse:
    """Undo, approve, send back, reject, reopen, retry, settle: one row of ``deeds.DEEDS`` each."""
    membership = get_membership_for(request, team)
    found = get_submission_for(membership, submission)
    if deed not in DEEDS:
        raise Http404("no such deed")
    require(DEEDS[deed].may(found, membership))
    reason = request.POST.get("reason", "")
    try:
        DEEDS[deed].do(found, reason, request.POST.get("seen", ""), actor_of(request))
    except NotPossible as exc:
        if reason or is_htmx(request):
            found = get_submission_for(membership, submission)
            about = _about(membership, found) | {"failed": deed, "problem": str(exc), "typed": reason}
            return page_or_fragment(request, "submissions/detail.html", "submissions/_detail.html", about, status=422)
        messages.error(request, str(exc))
    else:
        messages.success(request, DEEDS[deed].done)
    if deed == "reopen" and found.state == State.DRAFT and may_change(found, membership):
        return redirect_to(request, reverse("submission_edit", args=[team, submission]))
    if is_htmx(request):
        found = get_submission_for(membership, submission)
        return render(request, "submissions/_detail.html", _about(membership, found))
    return redirect_to(request, url_of(found))
