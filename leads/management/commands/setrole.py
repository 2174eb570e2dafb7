from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models.teams import Role
from leads.services import members
from leads.services.teams import NotPossible

from ._teams import get_team


class Command(BaseCommand):
    help = "Give a person of a team another role; somebody new comes in by addmember or invite."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("email")
        parser.add_argument("role", choices=Role.values)

    def handle(self, *args: Any, slug: str, email: str, role: str, **options: Any) -> None:
        team = get_team(slug)
        try:
            user = members.find_person(team=team, email=email)
            members.change_role(team=team, user=user, role=role, actor=OPERATOR)
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{user.email} is {role} in {slug}.")
