from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from leads.audit import OPERATOR
from leads.models.tokens import ALL_SCOPES, REQUESTS_A_MINUTE
from leads.services import teams, tokens

from ._teams import get_team

MAX_DAYS = 3_650


class Command(BaseCommand):
    help = "Issue a portal token for a script; prints the token alone, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", required=True, help="what it is for")
        parser.add_argument(
            "--scope", action="append", choices=ALL_SCOPES, help="what it may do; several times for several (all)"
        )
        parser.add_argument("--days", type=int, help="how many days it works (until it is revoked)")
        parser.add_argument(
            "--requests", type=int, default=REQUESTS_A_MINUTE, help=f"a minute, at most ({REQUESTS_A_MINUTE})"
        )

    def handle(
        self,
        *args: Any,
        slug: str,
        name: str,
        scope: list[str] | None,
        days: int | None,
        requests: int,
        **options: Any,
    ) -> None:
        if days is not None and not 0 < days <= MAX_DAYS:
            raise CommandError(f"A token works 1 to {MAX_DAYS} days, or until it is revoked.")
        try:
            _, plain = tokens.issue_token(
                team=get_team(slug),
                name=name,
                scopes=scope or ALL_SCOPES,
                expires_at=timezone.now() + timedelta(days=days) if days else None,
                requests_a_minute=requests,
                actor=OPERATOR,
            )
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(plain)
