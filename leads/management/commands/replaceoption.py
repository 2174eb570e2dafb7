from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models.pickers import PickerKind
from leads.services import replacing, teams

from ._teams import get_team


class Command(BaseCommand):
    help = (
        "Put one option in the place of another, in all presets and in all leads that have not gone out. "
        "Without a new one, the old one is taken out; so is a custom attribute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("kind", choices=[*PickerKind.values, replacing.ATTRIBUTE])
        parser.add_argument("old", help="id of the option that is gone")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--new", default="", help="id of the option that takes its place")
        what.add_argument("--take-out", action="store_true", help="put nothing in its place")

    def handle(self, *args: Any, slug: str, kind: str, old: str, new: str, **options: Any) -> None:
        team = get_team(slug)
        leads = presets = left_alone = 0
        try:
            while True:
                done = replacing.replace_everywhere(team=team, kind=kind, old_id=old, new_id=new, actor=OPERATOR)
                leads, presets, left_alone = leads + done.leads, presets + done.presets, done.left_alone
                if not done.remaining or not done.leads:
                    break
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"Done in {leads} leads and {presets} presets of {slug}.")
        if done.misplaced:
            self.stdout.write(f"{done.misplaced} are not in the list of that step, and kept the old one.")
        if left_alone:
            self.stdout.write(f"{left_alone} on their way to Breakcold were left as they are.")
