"""Imports: the list, the upload, and one import from its columns to its end. Files are only stored here, never read."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.forms.columns import heading_key
from leads.forms.imports import MappingForm, StartForm, UnmatchedForm, UploadForm
from leads.models import ImportMapping, LeadImport, Membership
from leads.monitoring import heartbeat
from leads.services import imports
from leads.services.teams import NotPossible
from leads.states import BEFORE_START, Count, Fate, Stage

from .access import actor_of, get_membership_for, require, signed_in
from .fragments import is_htmx, page_or_fragment, redirect_to
from .import_words import expected, shown_row, stage_context, tallies, wrongs
from .uploads import is_too_large

PER_PAGE = 50
SHOWN_ERRORS = 10
SHOWN_TWINS = 10
SHOWN_SAMPLES = 5
LOOKED_AT = 30  # rows from which the cells under a heading are taken


def get_import_for(membership: Membership, lead_import: UUID) -> LeadImport:
    """One of the team's imports, or 404."""
    rows = LeadImport.objects.for_team(membership.team)
    rows = rows.select_related("team", "preset", "created_by", "decided_by", "earlier")
    found: LeadImport | None = rows.filter(public_id=lead_import).first()
    if found is None:
        raise Http404("no such import")
    return found


def may_steer(lead_import: LeadImport, membership: Membership) -> bool:
    """Whoever uploaded it, and the team's admins."""
    return lead_import.created_by_id == membership.user_id or membership.is_admin


def may_review(lead_import: LeadImport, membership: Membership) -> bool:
    is_own = lead_import.created_by_id == membership.user_id
    return membership.can_review and not (is_own and membership.team.four_eyes)


def url_of(lead_import: LeadImport) -> str:
    return reverse("import_detail", args=[lead_import.team.slug, lead_import.public_id])


@require_safe
@signed_in
def import_list(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_membership_for(request, team)
    rows = LeadImport.objects.for_team(membership.team).select_related("created_by", "team").order_by("-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = [(row, stage_context(row), imports.count(row) if row.started_at else None) for row in page]
    context = {
        "page_obj": page,
        "shown": shown,
        "is_moving": any(row.is_at_work for row in page),
        "mappings": ImportMapping.objects.filter(team=membership.team),
    }
    stamp = [(row.pk, row.stage, counts) for row, _, counts in shown]
    return page_or_fragment(request, "imports/list.html", "imports/_table.html", context, stamp=stamp)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def import_new(request: HttpRequest, team: str) -> HttpResponse:
    """Keep a file and say where its page is; everything else is the worker's."""
    membership = get_membership_for(request, team)
    is_sent = request.method == "POST"
    form = UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        team=membership.team,
        is_too_large=is_too_large(request),
        initial={"one_time_key": uuid4()},
    )
    if is_sent and form.is_valid():
        try:
            made = imports.upload(team=membership.team, **form.wishes(), actor=actor_of(request))
        except NotPossible as exc:
            form.add_error("file", str(exc))
        else:
            return redirect_to(request, reverse("import_detail", args=[team, made.public_id]))
    return render(request, "imports/new.html", {"form": form}, status=422 if is_sent else 200)


@require_safe
@signed_in
def import_detail(request: HttpRequest, team: str, lead_import: UUID) -> HttpResponse:
    membership = get_membership_for(request, team)
    found = get_import_for(membership, lead_import)
    if is_htmx(request) and request.GET.get("part") == "numbers" and found.stage == Stage.READY:
        return render(request, "imports/_numbers.html", {"lead_import": found, **_ready(found, membership)})
    return detail_page(request, membership, found)


def detail_page(
    request: HttpRequest, membership: Membership, found: LeadImport, *, status: int = 200, **context: Any
) -> HttpResponse:
    """The page of an import as it stands. ``context`` may hold a form that was refused."""
    stage = Stage(found.stage)
    counts = imports.count(found)
    is_stranded = found.is_at_work and not heartbeat.alive().exists()
    context = {
        "lead_import": found,
        **stage_context(found),
        "may_steer": may_steer(found, membership),
        "may_review": stage == Stage.IN_REVIEW and may_review(found, membership),
        "tallies": tallies(counts),
        "counts": {name.value: many for name, many in counts.items()},
        "is_stranded": is_stranded,
        "done": found.row_count - counts[Count.WAITING],
        "parts": PARTS.get(stage, "imports/_ended.html"),
        **CONTEXTS.get(stage, _nothing)(found, membership),
        **context,
    }
    stamp = (stage, counts, found.revision, context.get("checked"), found.problem, found.comment, is_stranded)
    return page_or_fragment(request, "imports/detail.html", "imports/_detail.html", context, status=status, stamp=stamp)


def _nothing(found: LeadImport, membership: Membership) -> dict[str, Any]:
    return {}


def _mapping(found: LeadImport, membership: Membership) -> dict[str, Any]:
    return {"form": mapping_form(found), "notes": found.notes, "mappings": _mappings(found)}


def _checking(found: LeadImport, membership: Membership) -> dict[str, Any]:
    return {"checked": found.rows.filter(revision=found.revision).count()}


def _ready(found: LeadImport, membership: Membership) -> dict[str, Any]:
    foreseen = imports.forecast(found)
    invalid = found.rows.filter(fate=Fate.INVALID).order_by("position")
    alike = found.rows.valid().alike().select_related("twin").order_by("position")
    samples = found.rows.valid().new().order_by("position")[:SHOWN_SAMPLES]
    return {
        "foreseen": foreseen,
        "expected": expected(found, foreseen.new),
        "wrong": [(row, wrongs(row, found.headings)) for row in invalid[:SHOWN_ERRORS]],
        "alike": [shown_row(row, found.headings) for row in alike[:SHOWN_TWINS]],
        "samples": [shown_row(row, found.headings) for row in samples],
        "start_form": StartForm(initial={"duplicates": found.duplicates, "seen": found.revision}),
        "unmatched_form": UnmatchedForm(lead_import=found) if found.unmatched else None,
        "notes": found.notes,
    }


def _in_review(found: LeadImport, membership: Membership) -> dict[str, Any]:
    waiting = found.rows.valid().count()
    samples = found.rows.valid().order_by("?")[:SHOWN_SAMPLES]
    return {
        "waiting": waiting,
        "expected": expected(found, waiting),
        "samples": [shown_row(row, found.headings) for row in samples],
        "reasons": membership.team.reject_reasons,
    }


def _running(found: LeadImport, membership: Membership) -> dict[str, Any]:
    waiting = imports.count(found)[Count.WAITING]
    return {"expected": expected(found, waiting)}


PARTS = {
    Stage.READING: "imports/_working.html",
    Stage.MAPPING: "imports/_mapping.html",
    Stage.CHECKING: "imports/_working.html",
    Stage.READY: "imports/_preview.html",
    Stage.IN_REVIEW: "imports/_review.html",
    Stage.RUNNING: "imports/_progress.html",
    Stage.PAUSED: "imports/_progress.html",
}
CONTEXTS = {
    Stage.MAPPING: _mapping,
    Stage.CHECKING: _checking,
    Stage.READY: _ready,
    Stage.IN_REVIEW: _in_review,
    Stage.RUNNING: _running,
    Stage.PAUSED: _running,
}


# Which column is what


def mapping_form(found: LeadImport, data: Any = None, saved: ImportMapping | None = None) -> MappingForm:
    samples = [row.texts for row in found.rows.order_by("position")[:LOOKED_AT]]
    columns = [saved.fields.get(heading_key(heading), "") for heading in found.headings] if saved else None
    return MappingForm(data, lead_import=found, samples=samples, columns=columns, saved=saved)


def _mappings(found: LeadImport) -> list[ImportMapping]:
    return list(ImportMapping.objects.filter(team=found.team))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def import_mapping(request: HttpRequest, team: str, lead_import: UUID) -> HttpResponse:
    """Say which column is what, the first time or again after the preview."""
    membership = get_membership_for(request, team)
    found = get_import_for(membership, lead_import)
    require(may_steer(found, membership))
    if found.stage not in BEFORE_START:
        messages.info(request, f"The columns are settled: this import is “{found.get_stage_display()}”.")
        return redirect_to(request, url_of(found))
    saved = ImportMapping.objects.filter(team=membership.team, name=request.GET.get("mapping", "")).first()
    form = mapping_form(found, request.POST if request.method == "POST" else None, saved)
    if form.is_valid():
        try:
            _map(request, membership, form)
        except NotPossible as exc:
            form.add_error(None, str(exc))
        else:
            return redirect_to(request, url_of(found))
    context = {"lead_import": found, "form": form, "notes": found.notes, "mappings": _mappings(found)}
    status = 422 if form.is_bound else 200
    return page_or_fragment(request, "imports/mapping.html", "imports/_mapping.html", context, status=status)


def _map(request: HttpRequest, membership: Membership, form: MappingForm) -> None:
    plan, actor = form.plan, actor_of(request)
    about: dict[str, Any] = {"constants": plan.constants, "choices": plan.choices, "actor": actor}
    if name := form.cleaned_data["name"]:
        imports.save_mapping(team=membership.team, name=name, fields=form.fields_by_heading(), **about)
    seen = form.cleaned_data["seen"]
    imports.map_columns(lead_import=form.lead_import, columns=plan.columns, seen=seen, **about)


@require_POST
@signed_in
def import_match(request: HttpRequest, team: str, lead_import: UUID) -> HttpResponse:
    """Say which options the names stand for that nobody knows; every row is checked anew."""
    membership = get_membership_for(request, team)
    found = get_import_for(membership, lead_import)
    require(may_steer(found, membership))
    form = UnmatchedForm(request.POST, lead_import=found)
    if not form.is_valid():
        return detail_page(request, membership, found, unmatched_form=form, status=422)
    try:
        imports.map_columns(
            lead_import=found,
            columns=found.columns,
            constants=found.constants,
            choices=form.choices_with(found.choices),
            actor=actor_of(request),
        )
    except NotPossible as exc:
        return detail_page(request, membership, found, problem=str(exc), status=422)
    return redirect_to(request, url_of(found))


@require_POST
@signed_in
def mapping_remove(request: HttpRequest, team: str, mapping: UUID) -> HttpResponse:
    membership = get_membership_for(request, team)
    require(membership.is_admin)
    found = ImportMapping.objects.filter(team=membership.team, public_id=mapping).select_related("team").first()
    if found is None:
        raise Http404("no such mapping")
    imports.remove_mapping(mapping=found, actor=actor_of(request))
    messages.success(request, f"The mapping “{found.name}” is removed.")
    return redirect_to(request, reverse("import_list", args=[team]))
