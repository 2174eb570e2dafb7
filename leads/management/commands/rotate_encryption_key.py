from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from leads.audit import OPERATOR
from leads.crypto import CannotOpen
from leads.services import keys, webhooks


class Command(BaseCommand):
    help = "Seal every key and webhook again with the first of PORTAL_ENCRYPTION_KEYS. Put a new one there before."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():  # all of it or nothing
                count = keys.reseal_keys(actor=OPERATOR)
                others = webhooks.reseal_webhooks(actor=OPERATOR)
        except CannotOpen as exc:
            raise CommandError(f"Nothing was changed. {exc}") from None
        hooks = f" and {others} webhooks" if others else ""
        self.stdout.write(
            f"Sealed {count} keys{hooks} with the newest encryption key. The older ones can be removed now."
        )
