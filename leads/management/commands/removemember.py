from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import teams

from ._teams import get_team


class Command(BaseCommand):
    help = "Take a person out of a team. What they entered stays; their open pages stop working at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("email")

    def handle(self, *args: Any, slug: str, email: str, **options: Any) -> None:
        try:
            teams.remove_member(team=get_team(slug), email=email, actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{email} is no longer in {slug}.")
