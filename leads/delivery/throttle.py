"""The budget of one Breakcold key, shared by every team, worker and thread that uses it.

Breakcold's published limits contradict each other, so this starts from 60 calls per 60 seconds and believes the
headers of every answer: how many calls a window holds, how many are left in it, when it ends. Where there are no
headers a window ends a full length after the last call, so that no 60 seconds ever see more than the limit, whenever
Breakcold's own window began.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from leads.breakcold.errors import RateLimit, RateLimited
from leads.models import BreakcoldKey, RateBucket

START_LIMIT = 60  # calls
START_WINDOW_SECONDS = 60.0
MAX_LIMIT = 100_000
MAX_WINDOW_SECONDS = 3_600.0
RESET_MARGIN_SECONDS = 1.0  # the header counts whole seconds
EPOCH = 1_000_000_000  # a reset this large is a point in time


class OutOfBudget(Exception):
    """No call may be made before ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"no call before {until}")
        self.until = until


class _Said(Protocol):
    @property
    def rate_limit(self) -> RateLimit | None: ...


def spend(key: BreakcoldKey) -> None:
    """Spend one call of the key's budget now. Raises ``OutOfBudget``."""
    until = take(key.fingerprint, now=timezone.now())
    if until is not None:
        raise OutOfBudget(until)


def learn_from(key: BreakcoldKey, answer: _Said) -> None:
    """Take over what an answer, or the error it became, says of the key's budget."""
    learn(key.fingerprint, answer.rate_limit, was_limited=isinstance(answer, RateLimited), now=timezone.now())


def take(fingerprint: str, *, now: datetime) -> datetime | None:
    """Spend one call: None when it may be made now, else the time before which none may."""
    with transaction.atomic():
        bucket = _locked(fingerprint, now)
        if bucket.blocked_until and bucket.blocked_until > now:
            return bucket.blocked_until
        if bucket.resets_at <= now:
            bucket.remaining = bucket.limit
            bucket.resets_at = now + timedelta(seconds=bucket.window_seconds)
        if bucket.remaining <= 0:
            return bucket.resets_at
        bucket.remaining -= 1
        if bucket.learned_at is None:
            bucket.resets_at = now + timedelta(seconds=bucket.window_seconds)
        bucket.save(update_fields=["remaining", "resets_at"])
        return None


def learn(fingerprint: str, said: RateLimit | None, *, was_limited: bool, now: datetime) -> None:
    """Take over what an answer said of the budget; ``was_limited`` when it was a 429."""
    if said is None:
        return
    with transaction.atomic():
        bucket = _locked(fingerprint, now)
        reset = _reset_seconds(said)
        if said.limit is not None:
            bucket.limit = min(max(said.limit, 1), MAX_LIMIT)
        if said.remaining is not None and reset is not None:
            _follow_window(bucket, said.remaining, reset, now)
        if was_limited:
            waits = [wait for wait in (reset, _clamped(said.retry_after_seconds)) if wait]
            bucket.remaining = 0
            bucket.blocked_until = now + timedelta(
                seconds=max(waits) + RESET_MARGIN_SECONDS if waits else bucket.window_seconds
            )
            bucket.resets_at = max(bucket.resets_at, bucket.blocked_until) if waits else bucket.blocked_until
        bucket.save()


def _follow_window(bucket: RateBucket, remaining: int, reset: float, now: datetime) -> None:
    """Believe the answer, but never more calls left than we count ourselves inside the same window."""
    resets_at = now + timedelta(seconds=reset + RESET_MARGIN_SECONDS)
    remaining = min(max(remaining, 0), bucket.limit)
    is_new_window = resets_at > bucket.resets_at + timedelta(seconds=2 * RESET_MARGIN_SECONDS)
    is_first_answer = bucket.learned_at is None
    opened_now = remaining == bucket.limit - 1
    bucket.window_seconds = max(reset if opened_now else max(bucket.window_seconds, reset), RESET_MARGIN_SECONDS)
    bucket.remaining = remaining if is_new_window or is_first_answer else min(bucket.remaining, remaining)
    bucket.resets_at = resets_at
    bucket.learned_at = now


def _reset_seconds(said: RateLimit) -> float | None:
    reset = said.reset_seconds
    return _clamped(reset - time.time() if reset is not None and reset > EPOCH else reset)


def _clamped(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), MAX_WINDOW_SECONDS)


def _locked(fingerprint: str, now: datetime) -> RateBucket:
    bucket, _ = RateBucket.objects.select_for_update().get_or_create(
        fingerprint=fingerprint,
        defaults={
            "limit": START_LIMIT,
            "window_seconds": START_WINDOW_SECONDS,
            "remaining": START_LIMIT,
            "resets_at": now + timedelta(seconds=START_WINDOW_SECONDS),
        },
    )
    return bucket
