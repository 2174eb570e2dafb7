"""Bring one key's leads to Breakcold: claim the next, send it, write down what came of it, until budget or leads run
out.

The intent is committed before a byte leaves and the outcome as soon as it is known; a crash between the two leaves a
lease that runs out, and ``sweep`` then calls the outcome unknown. One drain at a time holds a key; the hold is a
convenience for the budget and the order, not what keeps a lead from going out twice: the guarded claim does that.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from leads.audit import SYSTEM
from leads.breakcold import payload
from leads.breakcold.client import BreakcoldClient
from leads.breakcold.errors import BreakcoldError, Created
from leads.crypto import CannotOpen
from leads.models import BreakcoldKey, DeliveryAttempt, Submission
from leads.models.keys import KeyStatus
from leads.services import keys, submissions
from leads.states import State

from . import policy, settle, throttle
from .body import body_of
from .policy import ForKey, Next

log = logging.getLogger(__name__)

RUN_SECONDS = 30.0  # one task keeps at a key this long, then makes way
HOLD_SECONDS = 60  # renewed while at work; a crashed worker's hold ends by itself

#: Set when the worker is asked to stop: the lead under way is finished, no other is begun.
stopping = threading.Event()


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing can be done for this key before ``until``; None: not before something new arrives."""

    until: datetime | None


def drain(key_id: UUID) -> datetime | None:
    """Work on one key until it is idle or the time is up. Returns when to come back; None when nothing waits."""
    hold = uuid4()
    if not _hold(key_id, hold):
        return None  # who holds it looks again after letting go
    try:
        _work(key_id, hold)
    finally:
        BreakcoldKey.objects.filter(public_id=key_id, drain_token=hold).update(drain_token=None, drain_until=None)
    return next_time(key_id)


def _hold(key_id: UUID, hold: UUID) -> bool:
    now = timezone.now()
    with transaction.atomic():
        rows = BreakcoldKey.objects.current().filter(public_id=key_id)
        rows.filter(wake_at__lte=now).update(wake_at=None)
        is_free = Q(drain_until=None) | Q(drain_until__lte=now) | Q(drain_token=hold)
        return rows.filter(is_free).update(drain_token=hold, drain_until=now + timedelta(seconds=HOLD_SECONDS)) == 1


def _work(key_id: UUID, hold: UUID) -> None:
    key = BreakcoldKey.objects.select_related("team").get(public_id=key_id)
    try:
        client_for_key = keys.client_for(key)
    except CannotOpen as exc:
        with transaction.atomic():
            keys.pause_key(key, str(exc), at=timezone.now(), actor=SYSTEM)
        return
    stop_at, renew_at = time.monotonic() + RUN_SECONDS, time.monotonic() + HOLD_SECONDS / 6
    with client_for_key as client:
        while time.monotonic() < stop_at and not stopping.is_set():
            if isinstance(step(key, client), Idle):
                return
            if time.monotonic() >= renew_at:
                if not _hold(key_id, hold):
                    return
                renew_at = time.monotonic() + HOLD_SECONDS / 6


def next_time(key_id: UUID) -> datetime | None:
    """When this key has something to do: now or in the past when work waits, None when nothing does."""
    key = BreakcoldKey.objects.current().select_related("team").filter(public_id=key_id).first()
    if key is None:
        return None
    rows = Submission.objects.for_team(key.team)
    times: list[datetime | None] = [
        rows.queued().aggregate(at=Min("send_after"))["at"],
        rows.filter(state=State.UNKNOWN).aggregate(at=Min("look_up_at"))["at"],
    ]
    work = min((moment for moment in times if moment), default=None)
    if work is None or key.probe_at is None:
        return key.probe_at or work
    return max(work, key.probe_at)


def step(key: BreakcoldKey, client: BreakcoldClient) -> Idle | None:
    """One call at most: a probe, a look-up or a lead."""
    key.refresh_from_db()
    now = timezone.now()
    try:
        if key.status == KeyStatus.REVOKED:
            return Idle(None)
        if key.is_waiting:
            return _probe(key, client, now)
        overdue = Submission.objects.for_team(key.team).to_settle(now).select_related("team").first()
        if overdue is not None:
            settle.settle(key, client, overdue)
            return None
        return _deliver(key, client, now)
    except throttle.OutOfBudget as exc:
        return Idle(exc.until)


def _probe(key: BreakcoldKey, client: BreakcoldClient, now: datetime) -> Idle | None:
    if key.probe_at is not None and key.probe_at > now:
        return Idle(key.probe_at)
    throttle.spend(key)
    try:
        probe = keys.probe_key(key, client, actor=SYSTEM)
    except BreakcoldError as exc:
        throttle.learn_from(key, exc)
        return Idle(None)
    throttle.learn_from(key, probe)
    return None


def _deliver(key: BreakcoldKey, client: BreakcoldClient, now: datetime) -> Idle | None:
    with transaction.atomic():  # budget, claim and intent: all or nothing
        if not Submission.objects.for_team(key.team).due(now).exists():
            return Idle(None)
        throttle.spend(key)
        attempt = submissions.claim_next(key=key, body_digest_of=lambda lead: payload.digest(body_of(lead)), now=now)
        if attempt is None:
            transaction.set_rollback(True)
            return Idle(None)
    outcome: Created | BreakcoldError
    try:
        outcome = client.create_lead(body_of(attempt.submission))
    except BreakcoldError as exc:
        outcome = exc
    try:
        record(key, attempt, outcome)
    except submissions.IllegalTransition:
        log.warning("%s was settled by somebody else while it was being sent", attempt.submission.reference)
    return None


@transaction.atomic
def record(key: BreakcoldKey, attempt: DeliveryAttempt, outcome: Created | BreakcoldError) -> None:
    """Write down what came of an attempt: on the lead, the key and the budget, in one commit."""
    now = timezone.now()
    since = attempt.submission.not_sent_since
    decision = policy.decide(
        outcome,
        not_sent_count=attempt.submission.not_sent_count,
        not_sent_seconds=(now - since).total_seconds() if since else 0.0,
        jitter=random.random,
    )
    later = now + timedelta(seconds=decision.wait_seconds)
    throttle.learn_from(key, outcome)
    if isinstance(outcome, Created):
        submissions.record_created(attempt=attempt, created=outcome, at=now)
    elif decision.next is Next.FAILED:
        submissions.record_failed(attempt=attempt, error=outcome, kind=decision.kind, at=now)
    elif decision.next is Next.UNKNOWN:
        submissions.record_unknown(attempt=attempt, error=outcome, look_up_at=later, at=now)
    else:
        submissions.postpone(attempt=attempt, error=outcome, kind=decision.kind, send_after=later, at=now)
    _tell_key(key, decision.for_key, outcome, now)


def _tell_key(key: BreakcoldKey, what: ForKey, outcome: Created | BreakcoldError, now: datetime) -> None:
    if what is ForKey.SUCCESS:
        keys.record_success(key, at=now)
    elif isinstance(outcome, BreakcoldError) and what is ForKey.TROUBLE:
        keys.record_trouble(key, outcome.reason, at=now, actor=SYSTEM)
    elif isinstance(outcome, BreakcoldError) and what is ForKey.PAUSE:
        keys.pause_key(key, outcome.reason, at=now, actor=SYSTEM)
