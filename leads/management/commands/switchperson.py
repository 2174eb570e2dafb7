from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.services import people
from leads.services.teams import NotPossible


class Command(BaseCommand):
    help = "Switch somebody off: they are out of every team at their next click, their tokens too. Or on again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("state", choices=["on", "off"])

    def handle(self, *args: Any, email: str, state: str, **options: Any) -> None:
        try:
            user = people.find_person(email)
            people.switch(user=user, is_on=state == "on", actor=OPERATOR)
        except NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{user.email} is switched {state}.")
