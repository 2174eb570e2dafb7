from __future__ import annotations

from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models.teams import MAX_UNDO_SECONDS, DuplicatePolicy, SecondFactor
from leads.services import teams

from ._teams import get_team


class Command(BaseCommand):
    help = "Change the rules of a team. What is not named stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", help="its name for people")
        parser.add_argument(
            "--review", dest="reviews", action=BooleanOptionalAction, help="a reviewer looks at each lead first"
        )
        parser.add_argument("--four-eyes", action=BooleanOptionalAction, help="nobody reviews a lead of their own")
        parser.add_argument(
            "--reject-reason",
            dest="reject_reasons",
            action="append",
            metavar="REASON",
            help="may be given several times",
        )
        parser.add_argument("--undo-seconds", type=int, help=f"from 0 to {MAX_UNDO_SECONDS}")
        parser.add_argument(
            "--duplicates", dest="duplicate_policy", choices=DuplicatePolicy.values, help="what happens to a duplicate"
        )
        parser.add_argument(
            "--phone-country", dest="default_phone_country", help="two capital letters, or an empty text for none"
        )
        parser.add_argument(
            "--second-factor", choices=SecondFactor.values, help="who has to sign in with more than a password"
        )

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        team = get_team(slug)
        rules = {name: options[name] for name in teams.RULES if options.get(name) is not None}
        if not rules:
            raise CommandError("Say what to change, for example --undo-seconds 10.")
        try:
            changed = teams.change_rules(team=team, rules=rules, actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        words = ", ".join(name.replace("_", " ") for name in changed)
        self.stdout.write(f"Changed in {slug}: {words}." if changed else f"Nothing was different in {slug}.")
