from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads import sheets
from leads.audit import OPERATOR
from leads.models import AuditEntry, Submission, Team
from leads.services import exports
from leads.services.exports import Table

from ._teams import get_team

MAX_XLSX_ROWS = 1_048_575  # what a workbook holds below its headings


class Command(BaseCommand):
    help = "Take a team's leads, or its audit log, out as a file: on standard output, or into --output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("what", choices=["leads", "audit"])
        parser.add_argument("--format", choices=["csv", "xlsx"], default="csv")
        parser.add_argument("--output", help="the file to write, readable by you alone")

    def handle(self, *args: Any, slug: str, what: str, output: str | None, **options: Any) -> None:
        team, file_format = get_team(slug), str(options["format"])
        if not output:
            write(export(team, what, file_format), file_format, sys.stdout.buffer)
            return
        try:
            with open(output, "wb", opener=_private) as file:
                table = export(team, what, file_format)
                write(table, file_format, file)
        except OSError as exc:
            raise CommandError(f"{output} cannot be written: {exc.strerror}.") from None
        self.stdout.write(f"{output} has {table.count} row{'' if table.count == 1 else 's'}.")


def export(team: Team, what: str, file_format: str) -> Table:
    common: dict[str, Any] = {"team": team, "filters": [], "file_format": file_format, "actor": OPERATOR}
    if what == "leads":
        leads = Submission.objects.for_team(team)
        check(leads.count(), file_format)
        return exports.export_leads(leads=leads, **common)
    entries = AuditEntry.objects.filter(team=team)
    check(entries.count(), file_format)
    return exports.export_log(entries=entries, **common)


def check(count: int, file_format: str) -> None:
    if file_format == "xlsx" and count > MAX_XLSX_ROWS:
        raise CommandError(f"A workbook holds at most {MAX_XLSX_ROWS:,} rows: export CSV.")


def write(table: Table, file_format: str, out: BinaryIO) -> None:
    if file_format == "csv":
        out.writelines(sheets.csv_rows(table.headings, table.rows))
    else:
        sheets.xlsx_file(table.headings, table.rows, out)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
