from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models import CustomAttribute
from leads.services import attributes, teams

from ._teams import get_team


class Command(BaseCommand):
    help = "Take away a custom attribute that was typed in. Leads that use it keep showing it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("id")

    def handle(self, *args: Any, slug: str, id: str, **options: Any) -> None:
        team = get_team(slug)
        found = CustomAttribute.objects.seen_by(team).filter(external_id=id).select_related("team").first()
        if found is None:
            raise CommandError(f"{slug} has no attribute with the id {id}.")
        try:
            attributes.remove_attribute(attribute=found, actor=OPERATOR)
        except teams.NotPossible as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(f"The attribute {id} of {slug} is no field any more.")
