from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models.notifications import OFFERED
from leads.models.webhooks import WebhookKind
from leads.services import teams, webhooks

from ._teams import get_team


class Command(BaseCommand):
    help = "Add a webhook to a team; its address is read from standard input. Prints the signing secret alone, once."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = [kind.value for kind in OFFERED]
        parser.add_argument("slug")
        parser.add_argument("--name", required=True, help="what the admins of the team call it")
        parser.add_argument("--kind", choices=WebhookKind.values, default=WebhookKind.JSON.value)
        parser.add_argument("--event", dest="events", action="append", choices=kinds, help="repeat it; all if left out")

    def handle(
        self, *args: Any, slug: str, name: str, kind: str, events: list[str] | None = None, **options: Any
    ) -> None:
        team = get_team(slug)
        address = getpass.getpass("Address: ") if sys.stdin.isatty() else sys.stdin.readline()
        chosen = events or [each.value for each in OFFERED]
        try:
            _, secret = webhooks.add_webhook(
                team=team, name=name, kind=kind, address=address, events=chosen, actor=OPERATOR
            )
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        if secret:
            self.stdout.write(secret)
