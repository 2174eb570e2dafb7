from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from leads.audit import OPERATOR
from leads.forms import preset_file
from leads.models import FormPreset, Team
from leads.services import presets
from leads.services.teams import NotPossible

from ._teams import get_team


class Command(BaseCommand):
    help = "Take a team's presets out as JSON (export), bring them in from standard input (import), or remove one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("do", choices=["export", "import", "remove"])
        parser.add_argument("--name", help="this preset only; remove needs it")

    def handle(self, *args: Any, slug: str, do: str, name: str | None, **options: Any) -> None:
        team = get_team(slug)
        try:
            if do == "export":
                self._export(team, name)
            elif do == "import":
                self._import(team, name)
            else:
                self._remove(team, name)
        except ValidationError as exc:
            raise CommandError(" ".join(exc.messages)) from None
        except NotPossible as exc:
            raise CommandError(str(exc)) from None

    def _export(self, team: Team, name: str | None) -> None:
        found = [_get_preset(team, name)] if name else list(FormPreset.objects.in_use().filter(team=team))
        self.stdout.write(preset_file.to_file(found))

    @transaction.atomic
    def _import(self, team: Team, name: str | None) -> None:
        """All of them or none; one with the name of a preset that is there replaces what that says."""
        found = [each for each in preset_file.from_file(sys.stdin.read()) if name in (None, each.get("name"))]
        if not found:
            raise CommandError("There is no such preset in what was read.")
        for each in found:
            form = preset_file.form_from_rows(team, each.get("name"), each.get("rows"))
            if not form.is_valid():
                wrong = [*form.non_field_errors(), *(f"{label}: {error}" for _, label, error in form.error_list())]
                raise CommandError(f"“{each.get('name')}”: {' '.join(wrong)}")
            preset = self._keep(team, form.cleaned_data["name"], form.rows())
            if each.get("is_default") is True:
                presets.make_default_preset(preset=preset, actor=OPERATOR)
        self.stdout.write(f"{team.slug} has {len(found)} preset{'' if len(found) == 1 else 's'} from this.")

    def _keep(self, team: Team, name: str, rows: list[dict[str, Any]]) -> FormPreset:
        there = FormPreset.objects.in_use().filter(team=team, name=name).first()
        if there is None:
            return presets.create_preset(team=team, name=name, rows=rows, actor=OPERATOR)
        return presets.change_preset(preset=there, name=name, rows=rows, actor=OPERATOR)

    def _remove(self, team: Team, name: str | None) -> None:
        if not name:
            raise CommandError("Say which with --name.")
        presets.remove_preset(preset=_get_preset(team, name), actor=OPERATOR)
        self.stdout.write(f"Removed “{name}” from {team.slug}.")


def _get_preset(team: Team, name: str) -> FormPreset:
    names = list(FormPreset.objects.in_use().filter(team=team))
    found = next((preset for preset in names if preset.name == name), None)
    if found is None:
        known = ", ".join(f"“{preset.name}”" for preset in names) or "none yet"
        raise CommandError(f"There is no preset “{name}” in {team.slug}. Presets: {known}.")
    return found
