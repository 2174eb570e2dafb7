"""When a lead that waits may be in Breakcold: a guess for people and programs, never what anything is decided by."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from leads.delivery import throttle
from leads.models import BreakcoldKey, RateBucket, Submission
from leads.services import keys
from leads.states import State

CALL = timedelta(seconds=0.5)  # what one call takes


def expected_at(submission: Submission, *, now: datetime) -> datetime | None:
    """When it should be there; None when that is up to a person, the key or the network."""
    if submission.state == State.SENDING:
        return now + CALL
    if submission.state == State.UNKNOWN:
        return submission.look_up_at
    key = keys.find_key_for(submission) if submission.state == State.QUEUED else None
    if key is None or key.is_waiting or key.held_at is not None:
        return None
    begin = max(now, submission.send_after or now, throttle.free_at(key.fingerprint, now=now) or now)
    return begin + pace(key) * ahead_of(submission, key) + CALL


def ahead_of(submission: Submission, key: BreakcoldKey) -> int:
    """How many leads of the key go out before this one."""
    earlier = Q(queued_at__lt=submission.queued_at) | Q(queued_at=submission.queued_at, pk__lt=submission.pk)
    first = Q(lane__lt=submission.lane) | Q(lane=submission.lane) & earlier
    return Submission.objects.for_key(key).queued().filter(first).count()


def pace(key: BreakcoldKey) -> timedelta:
    """Between two calls in the long run."""
    bucket = RateBucket.objects.filter(fingerprint=key.fingerprint).first()
    if bucket is None:
        return timedelta(seconds=throttle.START_WINDOW_SECONDS / throttle.START_LIMIT)
    return max(timedelta(seconds=bucket.window_seconds / bucket.limit), CALL)
