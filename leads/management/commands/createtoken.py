from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import teams, tokens

from ._teams import get_team


class Command(BaseCommand):
    help = "Issue a portal token for a script; prints the token alone, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", required=True, help="what it is for")

    def handle(self, *args: Any, slug: str, name: str, **options: Any) -> None:
        try:
            _, plain = tokens.issue_token(team=get_team(slug), name=name, actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(plain)
