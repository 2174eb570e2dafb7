from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import keys, teams

from ._keys import add_key_arguments, get_key


class Command(BaseCommand):
    help = "Forget a team's key. Its leads stay queued and wait for another one."

    def add_arguments(self, parser: CommandParser) -> None:
        add_key_arguments(parser)

    def handle(self, *args: Any, slug: str, sandbox: bool, **options: Any) -> None:
        key = get_key(slug, sandbox=sandbox)
        try:
            waiting = keys.revoke_key(team=key.team, seen=str(key.public_id), actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(
            f"{slug} no longer has the key that ended in {key.last4}. Leads that wait for another: {waiting}."
        )
