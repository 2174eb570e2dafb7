from __future__ import annotations

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import people
from leads.services.teams import NotPossible


class Command(BaseCommand):
    help = "Set somebody's password anew. Their sessions end; a second factor they have stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, email: str, password_stdin: bool, **options: Any) -> None:
        try:
            user = people.find_person(email)
            password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask()
            validate_password(password, user)
            people.set_password(user=user, password=password, actor=OPERATOR)
        except ValidationError as exc:
            raise CommandError(" ".join(exc.messages)) from None
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{user.email} has a new password.")


def _ask() -> str:
    password = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != password:
        raise CommandError("The two are not the same. Nothing was changed.")
    return password
