from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models.pickers import PickerKind
from leads.services import options, teams

from ._teams import get_option, get_team


class Command(BaseCommand):
    help = "Give an option that was typed in another name, colour or list. What is left out stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("kind", choices=PickerKind.values)
        parser.add_argument("id")
        parser.add_argument("--name")
        parser.add_argument("--color", help="like #2563eb; empty for none")
        parser.add_argument("--list", help="for a status: the id or the name of its list; empty for none")

    def handle(self, *args: Any, slug: str, kind: str, id: str, **given: Any) -> None:
        option = get_option(get_team(slug), kind, id)
        now = {"name": option.name, "color": option.color, "list": option.list_id}
        about = {word: old if given[word] is None else given[word] for word, old in now.items()}
        place = about.pop("list")
        try:
            options.change_option(option=option, place=place, **about, actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"The {kind} {id} of {slug} is “{about['name']}” now.")
