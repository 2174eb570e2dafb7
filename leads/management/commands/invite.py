from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from leads.audit import OPERATOR
from leads.models.teams import Role
from leads.services import invitations
from leads.services.teams import NotPossible

from ._teams import get_team


class Command(BaseCommand):
    help = "Invite somebody to a team; prints the link alone, once. No mail is sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=Role.values)

    def handle(self, *args: Any, slug: str, email: str, role: str, **options: Any) -> None:
        try:
            _, plain = invitations.invite(team=get_team(slug), email=email, role=role, actor=OPERATOR)
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(settings.PORTAL_URL + reverse("invitation_open", args=[plain]))
