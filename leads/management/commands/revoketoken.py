from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models import GatewayToken
from leads.services import teams, tokens

from ._teams import get_team


class Command(BaseCommand):
    help = "Revoke a portal token at once, named by its beginning or by what it is for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("token", help="its first eight characters, as lists show them, or its name")

    def handle(self, *args: Any, slug: str, token: str, **options: Any) -> None:
        team = get_team(slug)
        working = GatewayToken.objects.filter(team=team, revoked_at=None)
        found = list(working.filter(prefix=token)) or list(working.filter(name=token))
        if len(found) != 1:
            known = ", ".join(f"{row.prefix} “{row.name}”" for row in working[:20]) or "none"
            how_many = "No token" if not found else "More than one token"
            raise CommandError(f"{how_many} of {slug} fits. Those that work: {known}.")
        try:
            tokens.revoke_token(token=found[0], actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{found[0]} is revoked.")
