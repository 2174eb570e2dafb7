from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.audit import OPERATOR
from leads.models import WebhookDelivery
from leads.models.webhooks import DeliveryStatus
from leads.services import teams, webhooks

from ._teams import get_team


class Command(BaseCommand):
    help = "Have webhooks of a team told once more: of one event, or of everything that was given up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("event", nargs="?", help="the webhook-id a receiver got or should have got: evt_...")
        what.add_argument("--given-up", action="store_true", help="everything that was given up, oldest first")

    def handle(self, *args: Any, slug: str, event: str | None, given_up: bool, **options: Any) -> None:
        rows = WebhookDelivery.objects.filter(webhook__team=get_team(slug), webhook__is_on=True)
        if given_up:
            rows = rows.filter(status=DeliveryStatus.GIVEN_UP)
        else:
            rows = rows.filter(event__public_id=_id_in(event or ""))
            if not rows.exists():
                raise CommandError(f"No webhook of {slug} that is on was to be told of {event}.")
        replayed = 0
        for delivery in rows.select_related("webhook__team", "event").order_by("pk"):
            try:
                webhooks.replay(delivery=delivery, actor=OPERATOR)
                replayed += 1
            except teams.NotPossible as exc:
                self.stderr.write(f"{delivery.event.public_id.hex}: {exc}")
        self.stdout.write(f"{replayed} on the way once more.")


def _id_in(text: str) -> UUID:
    try:
        return UUID(text.removeprefix("evt_"))
    except ValueError:
        raise CommandError(
            f"“{text}” is not the id of an event, such as evt_0123456789abcdef0123456789abcdef."
        ) from None
