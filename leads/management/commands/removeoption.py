from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models.pickers import PickerKind
from leads.services import options, teams

from ._teams import get_option, get_team


class Command(BaseCommand):
    help = "Take away an option that was typed in. It cannot be chosen any more; leads that use it keep showing it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("kind", choices=PickerKind.values)
        parser.add_argument("id")

    def handle(self, *args: Any, slug: str, kind: str, id: str, **kwargs: Any) -> None:
        option = get_option(get_team(slug), kind, id)
        try:
            options.remove_option(option=option, actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"The {kind} {id} of {slug} cannot be chosen any more.")
