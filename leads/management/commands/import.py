from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.delivery.imports import work_on
from leads.forms.columns import heading_key
from leads.models import FormPreset, ImportMapping, LeadImport, Team
from leads.models.imports import Duplicates
from leads.services import imports
from leads.services.teams import NotPossible
from leads.states import Stage

from ._imports import tell
from ._teams import get_team

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 120.0  # for reading and checking


class Command(BaseCommand):
    help = (
        "Upload a CSV, TSV or XLSX file for a team, read and check it, and say what would become of its rows. "
        "Nothing is sent without --go."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)
        parser.add_argument("--preset", default="", metavar="NAME", help="its values go with every row")
        parser.add_argument("--mapping", default="", metavar="NAME", help="a mapping the team kept (default: guess)")
        parser.add_argument("--duplicates", choices=Duplicates.values, default=Duplicates.SKIP)
        parser.add_argument("--again", action="store_true", help="import a file that was imported before")
        parser.add_argument("--go", action="store_true", help="start it; without this it waits on its page")

    def handle(self, *args: Any, slug: str, file: Path, **options: Any) -> None:
        team = get_team(slug)
        preset = _preset(team, options["preset"])
        mapping = _mapping(team, options["mapping"])
        try:
            content = file.read_bytes()
        except OSError as exc:
            raise CommandError(f"{file} cannot be read: {exc.strerror}.") from None
        try:
            made = imports.upload(team=team, name=file.name, content=content, preset=preset, actor=OPERATOR)
            self._prepare(made, mapping)
            if options["go"]:
                imports.start(
                    lead_import=made, duplicates=options["duplicates"], again=options["again"], actor=OPERATOR
                )
                made.refresh_from_db()
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        tell(self.stdout.write, made)

    def _prepare(self, made: LeadImport, mapping: ImportMapping | None) -> None:
        """Read and check it here, or wait for the worker that was faster."""
        _until(made, Stage.MAPPING)
        columns, constants, choices = list(made.columns), dict(made.constants), dict(made.choices)
        if mapping is not None:
            columns = [mapping.fields.get(heading_key(heading), "") for heading in made.headings]
            constants, choices = mapping.constants, mapping.choices
        if not any(columns):
            raise NotPossible(
                f"No heading of the file is known. Say which column is what on its page: {made.reference}."
            )
        imports.map_columns(lead_import=made, columns=columns, constants=constants, choices=choices, actor=OPERATOR)
        _until(made, Stage.READY)


def _until(made: LeadImport, stage: Stage) -> None:
    """Raises ``NotPossible`` when it never comes to that."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        made.refresh_from_db()
        if made.stage == Stage.UNREADABLE:
            raise NotPossible(made.problem)
        if made.stage == stage:
            return
        if time.monotonic() > give_up:
            raise NotPossible(f"It takes too long. Look at {made.reference} later with importstatus.")
        if not work_on(made):
            time.sleep(LOOK_SECONDS)


def _preset(team: Team, name: str) -> FormPreset | None:
    found = FormPreset.objects.in_use().filter(team=team, name=name).first() if name else None
    if name and found is None:
        raise CommandError(f"{team.slug} has no preset “{name}”.")
    return found


def _mapping(team: Team, name: str) -> ImportMapping | None:
    found = ImportMapping.objects.filter(team=team, name=name).first() if name else None
    if name and found is None:
        raise CommandError(f"{team.slug} has no mapping “{name}”.")
    return found
