from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import invitations
from leads.services.teams import NotPossible

from ._teams import get_team


class Command(BaseCommand):
    help = "Take an invitation back: its link stops working at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("email", help="the address that was invited")

    def handle(self, *args: Any, slug: str, email: str, **options: Any) -> None:
        team = get_team(slug)
        try:
            found = invitations.find_open(team=team, email=email)
            invitations.revoke(team=team, invitation=found.public_id, actor=OPERATOR)
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"The invitation of {found.email} to {slug} is taken back.")
