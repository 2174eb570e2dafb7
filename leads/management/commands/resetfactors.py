from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import people, second_factor
from leads.services.teams import NotPossible


class Command(BaseCommand):
    help = "For somebody who lost phone, passkeys and recovery codes: takes them all away, and ends their sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        try:
            user = people.find_person(email)
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        if not second_factor.reset(user=user, actor=OPERATOR):
            self.stdout.write(f"{user.email} had none. Their sessions are ended.")
            return
        self.stdout.write(
            f"{user.email} signs in with the password alone now, and sets up a new second factor where one is needed. "
            f"Be sure that it was really them who asked."
        )
