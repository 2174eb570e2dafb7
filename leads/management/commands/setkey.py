from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models.teams import Environment
from leads.services import keys, teams

from ._teams import get_team


class Command(BaseCommand):
    help = "Set a team's Breakcold API key, read from standard input. The key before it is taken out of use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--no-check", action="store_true", help="keep the key without asking Breakcold whose it is")
        parser.add_argument(
            "--other-owner", action="store_true", help="keep it though it belongs to another Breakcold user than before"
        )

    def handle(self, *args: Any, slug: str, no_check: bool, other_owner: bool, **options: Any) -> None:
        team = get_team(slug)
        plain = getpass.getpass("Breakcold API key: ") if sys.stdin.isatty() else sys.stdin.readline()
        try:
            key = keys.set_key(
                team=team,
                plain=plain,
                environment=Environment.SANDBOX if keys.is_sandbox_key(plain) else Environment.LIVE,
                check=not no_check,
                is_other_owner_meant=other_owner,
                actor=OPERATOR,
            )
        except keys.OtherOwner as exc:
            raise CommandError(f"{exc} It was not kept. If that is meant, add --other-owner.") from None
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        owner = f" It belongs to {key.owner_label}." if key.owner_label else ""
        self.stdout.write(f"{slug} now sends with the key that ends in {key.last4}.{owner}")
