from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import keys, teams

from ._keys import add_key_arguments, get_key


class Command(BaseCommand):
    help = "Hold a team's queue while its key is changed: nothing leaves until setkey, or until --release."

    def add_arguments(self, parser: CommandParser) -> None:
        add_key_arguments(parser)
        parser.add_argument("--release", action="store_true", help="go on with the key there is")

    def handle(self, *args: Any, slug: str, sandbox: bool, release: bool, **options: Any) -> None:
        key = get_key(slug, sandbox=sandbox)
        change = keys.release_key if release else keys.hold_key
        try:
            change(team=key.team, seen=str(key.public_id), actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        now = "goes on" if release else "is held"
        self.stdout.write(f"The queue of {slug} {now}, with the key that ends in {key.last4}.")
