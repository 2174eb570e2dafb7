from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from leads.audit import OPERATOR
from leads.models.teams import Environment
from leads.services import keys, teams


class Command(BaseCommand):
    help = "Make a team."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its name in addresses: small letters, digits, hyphens")
        parser.add_argument("--name", required=True, help="its name for people")
        parser.add_argument("--sandbox", action="store_true", help="give it a key of the practice sandbox")
        parser.add_argument("--review", action="store_true", help="a reviewer looks at each lead first")

    @transaction.atomic
    def handle(self, *args: Any, slug: str, name: str, sandbox: bool, review: bool, **options: Any) -> None:
        try:
            team = teams.create_team(slug=slug, name=name, reviews=review, actor=OPERATOR)
            if sandbox:
                plain = keys.new_sandbox_key()
                keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"Made team {slug}. Next: manage.py addmember {slug} EMAIL --role admin")
