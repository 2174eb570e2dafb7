from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models import User
from leads.models.teams import Role
from leads.services import identities, members
from leads.services.teams import NotPossible

from ._teams import get_team


class Command(BaseCommand):
    help = "Put a person in a team, or change the role of one who is there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password of a new person from standard input"
        )

    def handle(self, *args: Any, slug: str, email: str, role: str, password_stdin: bool, **options: Any) -> None:
        team = get_team(slug)
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
        known = User.objects.filter(email__iexact=email.strip()).first()
        was_in = known is not None and team.memberships.filter(user=known).exists()
        try:
            if password_stdin:
                validate_password(password or "", User(email=email))
            member = members.add_member(team=team, email=email, role=role, password=password, actor=OPERATOR)
        except ValidationError as exc:
            raise CommandError(" ".join(exc.messages)) from None
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        if known is not None and not was_in:
            self._tell_of_account(email, member.user, f"{role} in {slug}")
        else:
            self.stdout.write(f"{email} is {role} in {slug}.")
        if not member.user.has_usable_password():
            self.stdout.write(
                "They cannot sign in yet: run this again with --password-stdin and a password on standard input."
            )

    def _tell_of_account(self, email: str, user: User, place: str) -> None:
        """Whoever types this may have thought of somebody new."""
        self.stdout.write(f"{email} already has an account; gave it a place, as {place}.")
        if not identities.has_proved_address(user):
            self.stdout.write(
                "Nobody has proved that the address is theirs: an account made by an invitation may belong to somebody "
                "else who saw the link. Resetting the password by mail proves it."
            )
