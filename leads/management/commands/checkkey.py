from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.delivery import check
from leads.services import teams

from ._keys import add_key_arguments, get_key


class Command(BaseCommand):
    help = "Ask Breakcold whether a team's key works. Costs one call of its budget."

    def add_arguments(self, parser: CommandParser) -> None:
        add_key_arguments(parser)

    def handle(self, *args: Any, slug: str, sandbox: bool, **options: Any) -> None:
        key = get_key(slug, sandbox=sandbox)
        try:
            owner = check.check(key, actor=OPERATOR).owner_label
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        belongs = f" It belongs to {owner}." if owner else ""
        self.stdout.write(f"The key that ends in {key.last4} works.{belongs}")
