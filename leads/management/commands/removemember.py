from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import groups, members
from leads.services.teams import NotPossible

from ._teams import get_team


class Command(BaseCommand):
    help = "Take a person out of a team. What they entered stays; their open pages stop working at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("email")

    def handle(self, *args: Any, slug: str, email: str, **options: Any) -> None:
        try:
            team = get_team(slug)
            user = members.find_person(team=team, email=email)
            comes_again = groups.may_let_in_again(team.memberships.get(user=user))
            members.remove_member(team=team, user=user, actor=OPERATOR)
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{email} is no longer in {slug}.")
        if comes_again:
            self.stdout.write(
                f"They are in again at their next sign-in with {settings.OIDC_NAME} if a group there still lets them "
                f"in: take them out of it first, or change OIDC_GROUPS."
            )
