"""The budget of one Breakcold key, shared by every team, worker and thread that uses it.

Breakcold's published limits contradict each other, so this starts from 60 calls per 60 seconds and believes the
headers of every answer: how many calls a window holds, how many are left in it, when it ends. As long as no answer
said so, calls are spread evenly, two at most at once, so that no 60 seconds ever see more than the limit, whenever
Breakcold's own window began. After a 429 one call is made and its answer waited for; each good answer lets two more
begin, until as many as a window holds. Bulk leaves a tenth of each window to leads typed by hand, and takes what
nobody typed at the window's end, a call every two of its even parts: who types then waits for two of them at most.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone

from leads.breakcold.errors import RateLimit, RateLimited
from leads.models import BreakcoldKey, RateBucket

START_LIMIT = 60  # calls
START_WINDOW_SECONDS = 60.0
PACED_SHARE = 0.95  # of the limit, while calls are spread evenly: what is left pays for the two at once
MAX_LIMIT = 100_000
MAX_WINDOW_SECONDS = 3_600.0
RESET_MARGIN_SECONDS = 1.0  # the header counts whole seconds
RESERVED_SHARE = 0.1  # of the limit
KEPT_FOR = 2  # even parts of a window (window / limit) for each call left: bulk waits until no more of it is to come
PROBE_SECONDS = 30.0  # longer than any call: how long the answer of the one call after a 429 is waited for
EPOCH = 1_000_000_000  # a reset this large is a point in time
WAIT_AT_MOST = timedelta(seconds=MAX_WINDOW_SECONDS + 2 * RESET_MARGIN_SECONDS)

TAKEN = ("remaining", "resets_at", "ramp", "blocked_until")  # what taking a call changes
LEARNED = (*TAKEN, "limit", "window_seconds", "learned_at")

#: Set when the worker is asked to stop: the call under way is finished, no other is begun.
stopping = threading.Event()


class OutOfBudget(Exception):
    """No call may be made before ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"no call before {until}")
        self.until = until


class _Said(Protocol):
    @property
    def rate_limit(self) -> RateLimit | None: ...


def spend(key: BreakcoldKey, *, is_bulk: bool = False) -> None:
    """Spend one call of the key's budget now. Raises ``OutOfBudget``, also when the worker is to stop."""
    now = timezone.now()
    until = now if stopping.is_set() else take(key.fingerprint, now=now, is_bulk=is_bulk)
    if until is not None:
        raise OutOfBudget(until)


def learn_from(key: BreakcoldKey, answer: _Said) -> None:
    """Take over what an answer, or the error it became, says of the key's budget."""
    learn(key.fingerprint, answer.rate_limit, was_limited=isinstance(answer, RateLimited), now=timezone.now())


def take(fingerprint: str, *, now: datetime, is_bulk: bool = False) -> datetime | None:
    """Spend one call: None when it may be made now, else the time before which none may."""
    with transaction.atomic():
        bucket = locked(fingerprint, now)
        until = take_from(bucket, now, is_bulk=is_bulk)
        if until is None:
            bucket.save(update_fields=TAKEN)
        return until


def take_from(bucket: RateBucket, now: datetime, *, is_bulk: bool = False) -> datetime | None:
    """``take``, on a bucket in hand."""
    until = free_at_of(bucket, now, is_bulk=is_bulk)
    if until is not None:
        return until
    if bucket.ramp is not None:
        bucket.ramp = max(bucket.ramp, 1) - 1  # none, and still free to go: the answer that was waited for got lost
        if bucket.ramp == 0:
            bucket.blocked_until = now + timedelta(seconds=PROBE_SECONDS)
    is_open = _is_ahead(bucket.resets_at, now)
    if bucket.learned_at is None:
        bucket.resets_at = (bucket.resets_at if is_open else now) + _step(bucket)
        return None
    if not is_open:
        bucket.remaining = bucket.limit
        bucket.resets_at = now + timedelta(seconds=bucket.window_seconds)
    bucket.remaining -= 1
    return None


def _step(bucket: RateBucket) -> timedelta:
    """Between two calls that are spread evenly; ``resets_at`` then is when the next would be due."""
    return timedelta(seconds=bucket.window_seconds / (PACED_SHARE * bucket.limit))


def free_at(fingerprint: str, *, now: datetime, is_bulk: bool = False) -> datetime | None:
    """The time before which no call may be made; None when one may be made now."""
    bucket = RateBucket.objects.filter(fingerprint=fingerprint).first()
    return free_at_of(bucket, now, is_bulk=is_bulk) if bucket else None


def free_at_of(bucket: RateBucket, now: datetime, *, is_bulk: bool = False) -> datetime | None:
    """``free_at``, of a bucket in hand."""
    if _is_ahead(bucket.blocked_until, now):
        return bucket.blocked_until
    if bucket.learned_at is None:
        early = bucket.resets_at - _step(bucket)
        return early if _is_ahead(early, now) else None
    if not _is_ahead(bucket.resets_at, now):
        return None
    if bucket.remaining <= 0:
        return bucket.resets_at
    released = _released_at(bucket) if is_bulk else now
    return released if released > now else None


def _released_at(bucket: RateBucket) -> datetime:
    """When bulk may have the next call: what is kept for others shrinks towards the end of the window."""
    if bucket.remaining >= RESERVED_SHARE * bucket.limit:
        return bucket.resets_at - WAIT_AT_MOST
    even = timedelta(seconds=bucket.window_seconds / bucket.limit)
    return bucket.resets_at - KEPT_FOR * even * bucket.remaining


def time_for(bucket: RateBucket, calls: int, *, now: datetime, call: timedelta) -> timedelta:
    """How long so many calls will take, each ``call`` at least, if nobody else uses the key: a guess."""
    if bucket.learned_at is None:
        return max(_step(bucket), call) * calls
    window = max(timedelta(seconds=bucket.window_seconds), call * bucket.limit)
    if not _is_ahead(bucket.resets_at, now):
        return window * (calls // bucket.limit) + call * (calls % bucket.limit)
    left = max(bucket.remaining, 0)
    if calls < left:
        return call * calls
    later = calls - left
    first = max(bucket.resets_at - now, call * left)
    return first + window * (later // bucket.limit) + call * (later % bucket.limit)


def _is_ahead(moment: datetime | None, now: datetime) -> bool:
    """Whether it is still to come. What lies further off than any answer may say comes from a clock since set back."""
    return moment is not None and now < moment <= now + WAIT_AT_MOST


def learn(fingerprint: str, said: RateLimit | None, *, was_limited: bool, now: datetime) -> None:
    """Take over what an answer said of the budget; ``was_limited`` when it was a 429."""
    with transaction.atomic():
        bucket = locked(fingerprint, now)
        if said is None and bucket.ramp is None:
            return
        learn_into(bucket, said or RateLimit(), was_limited=was_limited, now=now)
        bucket.save(update_fields=LEARNED)


def learn_into(bucket: RateBucket, said: RateLimit, *, was_limited: bool, now: datetime) -> None:
    """``learn``, into a bucket in hand."""
    reset = _reset_seconds(said, now)
    if said.limit is not None and said.limit > 0:
        bucket.limit = min(said.limit, MAX_LIMIT)
    if said.remaining is not None and reset is not None and not was_limited:
        _follow_window(bucket, said.remaining, reset, now)
    if not was_limited:
        _ramp_up(bucket, now)
    else:
        waits = [wait for wait in (reset, _clamped(said.retry_after_seconds)) if wait]
        bucket.remaining, bucket.ramp = 0, 1
        bucket.blocked_until = now + timedelta(
            seconds=max(waits) + RESET_MARGIN_SECONDS if waits else bucket.window_seconds
        )
        bucket.resets_at = max(bucket.resets_at, bucket.blocked_until) if waits else bucket.blocked_until


def _ramp_up(bucket: RateBucket, now: datetime) -> None:
    """An answer that was no 429; one to a call from before the last 429 says nothing of the time after it."""
    if bucket.ramp is None or (bucket.ramp and _is_ahead(bucket.blocked_until, now)):
        return
    bucket.ramp, bucket.blocked_until = bucket.ramp + 2, None
    if bucket.ramp >= bucket.limit:
        bucket.ramp = None


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


def _reset_seconds(said: RateLimit, now: datetime) -> float | None:
    reset = said.reset_seconds
    return _clamped(reset - now.timestamp() if reset is not None and reset > EPOCH else reset)


def _clamped(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), MAX_WINDOW_SECONDS)


def locked(fingerprint: str, now: datetime) -> RateBucket:
    """The budget of a key, for this transaction alone."""
    bucket, _ = RateBucket.objects.select_for_update().get_or_create(fingerprint=fingerprint, defaults=first_guess(now))
    return bucket


def first_guess(now: datetime) -> dict[str, Any]:
    """The budget of a key of which nothing is known."""
    return {
        "limit": START_LIMIT,
        "window_seconds": START_WINDOW_SECONDS,
        "remaining": START_LIMIT,
        "resets_at": now,
    }
