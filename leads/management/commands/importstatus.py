from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.models import LeadImport
from leads.services.imports.results import result_headings, result_rows
from leads.sheets import csv_rows, xlsx_file

from ._imports import tell
from ._teams import get_team

SHOWN = 20


class Command(BaseCommand):
    help = "Say where a team's imports are, or one of them; with --result, what became of each row as CSV or XLSX."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("reference", nargs="?", default="", help="such as I-7K3F9QX2 (default: the newest ones)")
        parser.add_argument("--result", type=Path, metavar="FILE", help="ends in .csv or .xlsx")

    def handle(self, *args: Any, slug: str, reference: str, result: Path | None, **options: Any) -> None:
        team = get_team(slug)
        rows = LeadImport.objects.for_team(team).order_by("-pk")
        if not reference:
            if result:
                raise CommandError("Say of which import the result is wanted.")
            for found in rows[:SHOWN]:
                tell(self.stdout.write, found)
            return
        one = rows.filter(reference=reference.upper()).first()
        if one is None:
            raise CommandError(f"{slug} has no import {reference}.")
        if result:
            _write(one, result)
        tell(self.stdout.write, one)


def _write(found: LeadImport, path: Path) -> None:
    if path.suffix not in (".csv", ".xlsx"):
        raise CommandError("The name of the result file has to end in .csv or .xlsx.")
    try:
        with path.open("wb") as out:
            if path.suffix == ".csv":
                out.writelines(csv_rows(result_headings(found), result_rows(found)))
            else:
                xlsx_file(result_headings(found), result_rows(found), out)
    except OSError as exc:
        raise CommandError(f"{path} cannot be written: {exc.strerror}.") from None
