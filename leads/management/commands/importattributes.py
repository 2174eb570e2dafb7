from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.forms.pasting import decoded, read_attributes
from leads.services import attributes, options, teams

from ._teams import get_team


class Command(BaseCommand):
    help = (
        "Import custom attributes from CSV on standard input, with the headings id,name,type,multiple,options. "
        "Options are written id;name with a bar between them. Either all are added or none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")

    def handle(self, *args: Any, slug: str, **kwargs: Any) -> None:
        team = get_team(slug)
        try:
            rows = read_attributes(decoded(sys.stdin.buffer.read()))
            count = attributes.add_attributes(team=team, rows=rows, actor=OPERATOR)
        except ValidationError as exc:
            raise CommandError("\n".join(exc.messages)) from None
        except options.LinesRefused as exc:
            raise CommandError("\n".join(str(refusal) for refusal in exc.refusals)) from None
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"{count} attributes added to {slug}.")
