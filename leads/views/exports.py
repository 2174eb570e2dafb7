"""Leads and the log as files. Posted, never fetched: each file is a line in the log."""

from __future__ import annotations

import tempfile
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from leads import sheets
from leads.models import AuditEntry, Submission
from leads.services import exports
from leads.services.exports import Table

from .access import actor_of, get_admin_for, get_membership_for, signed_in
from .audit import AuditFilter
from .fragments import redirect_to
from .step_up import confirmed
from .submission_filters import SubmissionFilter

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAX_XLSX_ROWS = 50_000  # written while somebody waits; CSV leaves as it is written
IN_MEMORY = 1024 * 1024  # bytes of a workbook


@require_POST
@signed_in
@confirmed
def export_leads(request: HttpRequest, team: str) -> HttpResponseBase:
    """The list as it is filtered. Reviewers and admins take out all leads, others those they entered."""
    membership = get_membership_for(request, team)
    file_format = _format(request)
    leads = Submission.objects.for_team(membership.team)
    if not membership.can_review:
        leads = leads.filter(created_by=membership.user_id)
    filters = SubmissionFilter(request.GET, queryset=leads, request=request)
    if problem := _problem(filters, file_format):
        return _refused(request, problem, reverse("submission_list", args=[team]))
    said = filters.form.cleaned_data
    words = [f"state {said['state']}"] if said["state"] else []
    words += ["a search"] if said["q"] else []  # what was searched for may be somebody's name
    words += ["own"] if said["mine"] or not membership.can_review else []
    try:
        table = exports.export_leads(
            team=membership.team, leads=filters.qs, filters=words, file_format=file_format, actor=actor_of(request)
        )
    except exports.TooMuch as exc:
        return _refused(request, str(exc), reverse("submission_list", args=[team]))
    return sent(table, f"{team}-leads-{_day()}.{file_format}")


@require_POST
@signed_in
@confirmed
def export_audit(request: HttpRequest, team: str) -> HttpResponseBase:
    """The log as it is filtered, for admins."""
    membership = get_admin_for(request, team)
    file_format = _format(request)
    entries = AuditEntry.objects.filter(team=membership.team)
    filters = AuditFilter(request.GET, queryset=entries, request=request)
    if problem := _problem(filters, file_format):
        return _refused(request, problem, reverse("audit_list", args=[team]))
    said = filters.form.cleaned_data
    words = [f"{name} {said[name]}" for name in ("action", "actor", "day") if said[name]]
    words += ["a lead"] if said["about"] else []
    table = exports.export_log(
        team=membership.team, entries=filters.qs, filters=words, file_format=file_format, actor=actor_of(request)
    )
    return sent(table, f"{team}-audit-{_day()}.{file_format}")


def _format(request: HttpRequest) -> str:
    wanted = request.POST.get("format", "csv")
    if wanted not in FORMATS:
        raise Http404("no such format")
    return wanted


def _problem(filters: Any, file_format: str) -> str:
    """Why there is no file; nothing is taken out that was not asked for."""
    if not filters.form.is_valid():
        return "This filter cannot be read, so nothing was exported. Filter the list first, then export it."
    if file_format == "xlsx" and filters.qs.count() > MAX_XLSX_ROWS:
        return f"An XLSX file has at most {MAX_XLSX_ROWS:,} rows here. Take CSV, or filter the list first."
    return ""


def _refused(request: HttpRequest, problem: str, url: str) -> HttpResponseBase:
    messages.error(request, problem)
    query = request.GET.urlencode()
    return redirect_to(request, f"{url}?{query}" if query else url)


def _day() -> str:
    return timezone.now().date().isoformat()


def sent(table: Table, name: str, choices: dict[int, list[str]] | None = None) -> HttpResponseBase:
    """The table as a file to keep, in the format its name says."""
    response: HttpResponseBase
    if name.endswith(".xlsx"):
        file = cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115  # the response closes it
        sheets.xlsx_file(table.headings, table.rows, file, choices=choices)
        file.seek(0)
        response = FileResponse(file)
    else:
        response = StreamingHttpResponse(sheets.csv_rows(table.headings, table.rows))
    response["Content-Type"] = FORMATS[name.rpartition(".")[2]]
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
