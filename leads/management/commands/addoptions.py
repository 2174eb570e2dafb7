from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.forms.pasting import decoded, read_options
from leads.models.pickers import PickerKind
from leads.services import options, teams

from ._teams import get_team


class Command(BaseCommand):
    help = (
        "Type in options of a picker: one a line on standard input, as id and name and, if you like, colour and list, "
        "separated by tab, semicolon or comma. Either all are added or none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("kind", choices=PickerKind.values)

    def handle(self, *args: Any, slug: str, kind: str, **kwargs: Any) -> None:
        team = get_team(slug)
        try:
            rows = read_options(decoded(sys.stdin.buffer.read()))
            count = options.add_options(team=team, kind=kind, rows=rows, actor=OPERATOR)
        except ValidationError as exc:
            raise CommandError("\n".join(exc.messages)) from None
        except options.LinesRefused as exc:
            raise CommandError("\n".join(str(refusal) for refusal in exc.refusals)) from None
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{count} of kind {kind} added to {slug}.")
