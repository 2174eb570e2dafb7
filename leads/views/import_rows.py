"""The rows of an import: the list, one row with the JSON that is sent for it, a cell put right, and files of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from leads.forms.columns import Plan
from leads.forms.imports import CellForm
from leads.forms.rows import RowChecker
from leads.models import ImportRow, LeadImport, Membership, Submission
from leads.services import imports, submissions
from leads.services.imports import results
from leads.services.teams import NotPossible
from leads.sheets import csv_rows, xlsx_file
from leads.states import COUNTED_BY_FATE, COUNTED_BY_STATE, Count, Fate, Stage

from .access import actor_of, get_membership_for, require, signed_in
from .fragments import is_htmx, page_or_fragment, redirect_to
from .import_words import shown_row, tallies, wrongs
from .imports import get_import_for, may_steer, url_of

PER_PAGE = 50
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _counted_as(name: Count) -> Q:
    """The rows that are counted so."""
    states = [state for state, counted in COUNTED_BY_STATE.items() if counted is name]
    fates = [fate for fate, counted in COUNTED_BY_FATE.items() if counted is name]
    return Q(submission=None, fate__in=fates) | Q(submission__state__in=states)


@require_safe
@signed_in
def import_rows(request: HttpRequest, team: str, lead_import: UUID) -> HttpResponse:
    membership = get_membership_for(request, team)
    found = get_import_for(membership, lead_import)
    rows = found.rows.select_related("submission__decided_by", "twin").order_by("position")
    only = request.GET.get("only", "")
    if only in Count.values:
        rows = rows.filter(_counted_as(Count(only)))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "lead_import": found,
        "page_obj": page,
        "shown": [shown_row(row, found.headings) for row in page],
        "only": only,
        "tallies": tallies(imports.count(found)),
    }
    return page_or_fragment(request, "imports/rows.html", "imports/_rows.html", context)


def _get_row(found: LeadImport, row: UUID) -> ImportRow:
    rows = found.rows.select_related("lead_import__team", "lead_import__preset", "submission__decided_by", "twin")
    one = rows.filter(public_id=row).first()
    if one is None:
        raise Http404("no such row")
    return one


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def import_row(request: HttpRequest, team: str, lead_import: UUID, row: UUID) -> HttpResponse:
    """One row: its cells, what is wrong with it, and exactly what is sent. Before the start a cell can be put right."""
    membership = get_membership_for(request, team)
    found = get_import_for(membership, lead_import)
    one = _get_row(found, row)
    if request.method != "POST":
        return _row_page(request, membership, found, one)
    require(may_steer(found, membership))
    form = CellForm(request.POST)
    problem = ""
    if form.is_valid():
        checker = RowChecker(found.team, Plan.of(found), preset=found.preset)
        said = form.cleaned_data
        try:
            one = imports.correct_cell(
                row=one, column=said["column"], text=said["text"], judged=checker.check, actor=actor_of(request)
            )
        except NotPossible as exc:
            problem = str(exc)
    else:
        problem = " ".join(str(message) for each in form.errors.values() for message in each)
    if is_htmx(request):
        return _row_fragment(request, found, one, problem)
    if problem:
        return _row_page(request, membership, found, one, problem=problem, status=422)
    words = "is valid now" if one.fate == Fate.WAITING else "still needs something"
    messages.success(request, f"Row {one.number} {words}.")
    return redirect_to(request, f"{url_of(found)}#row-{one.public_id}")


def _row_fragment(request: HttpRequest, found: LeadImport, one: ImportRow, problem: str) -> HttpResponse:
    """The row as the preview lists it; the numbers above are asked for again."""
    context = {"lead_import": found, "row": one, "wrong": wrongs(one, found.headings), "problem": problem}
    response = render(request, "imports/_wrong.html", context, status=422 if problem else 200)
    if not problem:
        response["HX-Trigger"] = "importChanged"
    patch_vary_headers(response, ["HX-Request"])
    return response


def _row_page(
    request: HttpRequest, membership: Membership, found: LeadImport, one: ImportRow, *, problem: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    fixed = {int(column) for column in one.fixes}
    cells = [
        (place, heading, text, one.cells[place] if place in fixed and place < len(one.cells) else None)
        for place, (heading, text) in enumerate(zip(found.headings, one.texts, strict=False))
    ]
    about = one.submission or Submission(values=one.values)
    body = submissions.body_of(about) if about.values else None
    context: dict[str, Any] = {
        "lead_import": found,
        "row": one,
        "shown": shown_row(one, found.headings),
        "cells": cells,
        "wrong": wrongs(one, found.headings),
        "json": json.dumps(body, ensure_ascii=False, indent=2) if body else "",
        "may_fix": found.stage == Stage.READY and may_steer(found, membership),
        "problem": problem,
    }
    return render(request, "imports/row.html", context, status=status)


# Files


def _all(found: LeadImport) -> tuple[list[str], Iterator[list[str]]]:
    return results.result_headings(found), results.result_rows(found)


def _to_correct(found: LeadImport) -> tuple[list[str], Iterator[list[str]]]:
    return results.result_headings(found), results.result_rows(found, only=results.TO_CORRECT)


def _errors(found: LeadImport) -> tuple[list[str], Iterator[list[str]]]:
    return list(results.ERROR_HEADINGS), results.error_rows(found)


FILES: dict[str, Callable[[LeadImport], tuple[list[str], Iterator[list[str]]]]] = {
    "results": _all,
    "to-correct": _to_correct,
    "errors": _errors,
}


@require_safe
@signed_in
def import_file(request: HttpRequest, team: str, lead_import: UUID, what: str, kind: str) -> HttpResponse:
    """What became of each row, the rows to correct, or all errors: as CSV or XLSX, in the file's columns and order."""
    membership = get_membership_for(request, team)
    found = get_import_for(membership, lead_import)
    if what not in FILES or kind not in KINDS:
        raise Http404("no such file")
    headings, rows = FILES[what](found)
    name = f"{found.reference}-{what}.{kind}"
    if kind == "csv":
        response = StreamingHttpResponse(csv_rows(headings, rows), content_type=KINDS[kind])
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response  # type: ignore[return-value]
    out = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    xlsx_file(headings, rows, out)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=name, content_type=KINDS[kind])  # type: ignore[return-value]
