from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leads.audit import OPERATOR
from leads.crypto import CannotOpen
from leads.services import keys


class Command(BaseCommand):
    help = "Seal every Breakcold key again with the first of PORTAL_ENCRYPTION_KEYS. Put a new one there before."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = keys.reseal_keys(actor=OPERATOR)
        except CannotOpen as exc:
            raise CommandError(f"Nothing was changed. {exc}") from None
        self.stdout.write(f"Sealed {count} keys with the newest encryption key. The older ones can be removed now.")
