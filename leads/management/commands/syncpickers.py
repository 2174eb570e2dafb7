from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.delivery import reading
from leads.models import BreakcoldKey
from leads.models.pickers import PickerKind
from leads.services import keys
from leads.services.replacing import ATTRIBUTE

from ._teams import get_team


class Command(BaseCommand):
    help = "Read a team's lists, statuses, tags, owners and custom attributes from Breakcold now. Leads go first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        key = keys.find_current_key(get_team(slug))
        if key is None:
            raise CommandError(f"{slug} has no key yet. Set one with setkey.")
        if key.held_at is not None or key.is_waiting:
            raise CommandError(keys.trouble_sentence(key))
        again_at = reading.read_pickers(key)
        key = BreakcoldKey.objects.get(pk=key.pk)
        if key.pickers_trouble:
            raise CommandError(f"Nothing was read: {key.pickers_trouble}")
        if again_at is not None:
            raise CommandError(f"Leads or the rate limit come first: try again after {again_at:%H:%M:%S} UTC.")
        for kind in (*PickerKind.values, ATTRIBUTE):
            count = key.pickers_report[kind]
            self.stdout.write(f"{kind}: {'not offered by Breakcold' if count is None else count}")
