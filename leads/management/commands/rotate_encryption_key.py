from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from leads.audit import OPERATOR
from leads.crypto import CannotOpen
from leads.services import keys, second_factor, webhooks


class Command(BaseCommand):
    help = "Seal everything sealed again with the first of PORTAL_ENCRYPTION_KEYS. Put a new one there before."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():  # all of it or nothing
                count = keys.reseal_keys(actor=OPERATOR)
                others = webhooks.reseal_webhooks(actor=OPERATOR)
                factors = second_factor.reseal_factors()
        except CannotOpen as exc:
            raise CommandError(f"Nothing was changed. {exc}") from None
        more = [f"{count} {what}" for count, what in ((others, "webhooks"), (factors, "second factors")) if count]
        hooks = "".join(f" and {text}" for text in more)
        self.stdout.write(
            f"Sealed {count} keys{hooks} with the newest encryption key. The older ones can be removed now."
        )
