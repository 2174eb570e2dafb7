"""What the mails have in common: whose turn it can be, and what one mail is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from leads.models import Membership

GATHER = timedelta(minutes=2)  # what happens together is told together
OVERLAP = timedelta(seconds=5)  # what was being entered while a mail went out, or somebody came, is not passed over
REFERENCES = 10  # in one mail


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to send, and what to note once it was sent."""

    subject: str
    template: str
    context: dict[str, Any]
    then: dict[str, datetime]


def reachable(now: datetime) -> QuerySet[Membership]:
    """Those in a team whom no worker is writing to."""
    free = Q(notifications__mail_after=None) | Q(notifications__mail_after__lte=now)
    return Membership.objects.filter(free, user__is_active=True).select_related("team", "user").order_by("pk")
