from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models.teams import Environment
from leads.services import keys, teams

from ._teams import get_team


class Command(BaseCommand):
    help = (
        "Switch a team's practice mode: on, new leads go to the sandbox; off, to Breakcold. Older leads keep their way."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("switch", choices=["on", "off"])

    def handle(self, *args: Any, slug: str, switch: str, **options: Any) -> None:
        environment = Environment.SANDBOX if switch == "on" else Environment.LIVE
        try:
            keys.set_environment(team=get_team(slug), environment=environment, actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"New leads of {slug} go to {'the practice sandbox' if switch == 'on' else 'Breakcold'}.")
