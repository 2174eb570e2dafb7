"""Counting and noting requests at the gateway: the budget of each token, and the log of what came of each request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.db import transaction
from django.db.models import Case, F, PositiveIntegerField, Value, When

from leads.models import GatewayRequest, GatewayToken, Submission

WINDOW = timedelta(minutes=1)
KEEP_REQUESTS = timedelta(days=30)
KEEP_UNNAMED = 10_000  # requests without a token we know: anybody can make those
PRUNE_AT_MOST = 5_000  # rows a sweep
MOST_COUNTED = 2_000_000_000  # what the column holds


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of this minute a token has used, the request at hand included."""

    limit: int
    used: int
    reset_seconds: int

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)

    @property
    def is_over(self) -> bool:
        return self.used > self.limit

    @property
    def is_first_over(self) -> bool:
        return self.used == self.limit + 1


def coarse(address: str) -> str:
    """The part of an address that is kept: enough to tell a data centre from an office, too little for a person."""
    try:
        ip = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


@transaction.atomic
def count_request(*, token: GatewayToken, address: str, by_previous: bool, now: datetime) -> Budget:
    """One request more in this minute of the token, in one statement: processes and threads lose none."""
    began = now.replace(second=0, microsecond=0)
    row = GatewayToken.objects.filter(pk=token.pk)
    row.update(
        window_used=Case(
            When(window_began_at=began, window_used__lt=MOST_COUNTED, then=F("window_used") + 1),
            When(window_began_at=began, then=F("window_used")),
            default=Value(1),
            output_field=PositiveIntegerField(),
        ),
        window_began_at=began,
        last_used_at=now,
        last_used_from=coarse(address),
        **({"previous_used_at": now} if by_previous else {}),
    )
    used = row.values_list("window_used", flat=True).get()
    seconds = max(int((began + WINDOW - now).total_seconds()) + 1, 1)
    return Budget(limit=token.requests_a_minute, used=used, reset_seconds=min(seconds, 60))


def note_request(
    *,
    token: GatewayToken | None,
    submission: Submission | None,
    at: datetime,
    method: str,
    path: str,
    status: int,
    outcome: str,
    address: str,
    seconds: float,
    reference: str,
) -> None:
    """Keep that a request was made and what came of it."""
    GatewayRequest.objects.create(
        token=token,
        submission=submission,
        at=at,
        method=method,
        path=path,
        status=status,
        outcome=outcome,
        came_from=coarse(address),
        milliseconds=int(seconds * 1000),
        reference=reference,
    )


def prune_requests(*, now: datetime) -> int:
    """Drop requests older than thirty days, and the oldest of those that named no token when there are many."""
    old = GatewayRequest.objects.filter(at__lte=now - KEEP_REQUESTS).values_list("pk", flat=True)
    unnamed = GatewayRequest.objects.filter(token=None).order_by("-pk").values_list("pk", flat=True)
    gone = [*old[:PRUNE_AT_MOST], *unnamed[KEEP_UNNAMED : KEEP_UNNAMED + PRUNE_AT_MOST]]
    return GatewayRequest.objects.filter(pk__in=gone).delete()[0] if gone else 0
