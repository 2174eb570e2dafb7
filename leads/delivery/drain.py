"""Bring one key's leads to Breakcold: claim the next, send it, write down what came of it, until budget or leads run
out.

The intent is committed before a byte leaves and the outcome as soon as it is known; a crash between the two leaves a
lease that runs out, and ``sweep`` then calls the outcome unknown. One drain at a time holds a key; the hold is a
convenience for the budget and the order, not what keeps a lead from going out twice: the guarded claim does that.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import Error, close_old_connections, transaction
from django.db.models import Min, Q
from django.utils import timezone

from leads import audit
from leads.audit import SYSTEM
from leads.breakcold.client import BreakcoldClient
from leads.breakcold.errors import BreakcoldError, Created, NotSent, Refused
from leads.crypto import CannotOpen
from leads.models import BreakcoldKey, DeliveryAttempt, RateBucket, Submission
from leads.models.keys import KeyStatus
from leads.models.submissions import Lane
from leads.services import keys, submissions
from leads.states import State

from . import careful, policy, settle, throttle
from .policy import ForKey, Next

log = logging.getLogger(__name__)

RUN_SECONDS = 30.0  # one task keeps at a key this long, then makes way
LOOK_AROUND_SECONDS = 2.0  # leads follow each other this long before look-ups and the key have their turn
HOLD_SECONDS = 60  # renewed while at work; a crashed worker's hold ends by itself
HOLD_AT_MOST = timedelta(minutes=10)  # one that seems to last longer was taken before the clock was set back
#: What others may change of a key while it is drained.
MAY_CHANGE = ("status", "held_at", "probe_at", "probes_failed", "troubles_in_a_row", "last_success_at")
RECORD_AFTER_SECONDS = (0, 1, 4, 15)  # tries to keep an outcome while the database is away, all within the lease


def drain(key_id: UUID) -> datetime | None:
    """Work on one key until it is idle or the time is up. Returns when to come back; None when nothing waits."""
    hold = uuid4()
    is_careful = _was_abandoned(key_id)
    if not _hold(key_id, hold):
        return None  # who holds it looks again after letting go
    try:
        _work(key_id, hold, is_careful)
    finally:
        BreakcoldKey.objects.filter(public_id=key_id, drain_token=hold).update(drain_token=None, drain_until=None)
    return next_time(key_id)


def _was_abandoned(key_id: UUID) -> bool:
    """Whether the drain before this one never let go: its worker died, perhaps of the lead it was about to claim."""
    return BreakcoldKey.objects.filter(public_id=key_id, drain_token__isnull=False).exists()


def _hold(key_id: UUID, hold: UUID) -> bool:
    now = timezone.now()
    with transaction.atomic():
        rows = BreakcoldKey.objects.current().filter(public_id=key_id)
        rows.filter(wake_at__lte=now).update(wake_at=None)
        mine = rows.filter(free_at(now) | Q(drain_token=hold))
        return mine.update(drain_token=hold, drain_until=now + timedelta(seconds=HOLD_SECONDS)) == 1


def free_at(now: datetime) -> Q:
    """Keys that no drain holds."""
    return Q(drain_until=None) | Q(drain_until__lte=now) | Q(drain_until__gt=now + HOLD_AT_MOST)


def _work(key_id: UUID, hold: UUID, is_careful: bool) -> None:
    key = BreakcoldKey.objects.select_related("team").get(public_id=key_id)
    try:
        client_for_key = keys.client_for(key)
    except CannotOpen:
        with transaction.atomic():
            keys.pause_key(key, keys.UNREADABLE, at=timezone.now(), actor=SYSTEM)
        return
    stop_at, renew_at = time.monotonic() + RUN_SECONDS, time.monotonic() + HOLD_SECONDS / 6
    with client_for_key as client:
        while time.monotonic() < stop_at and not throttle.stopping.is_set():
            if not step(key, client, is_careful=is_careful):
                return
            if time.monotonic() >= renew_at:
                if not _hold(key_id, hold):
                    return
                renew_at = time.monotonic() + HOLD_SECONDS / 6


def next_time(key_id: UUID) -> datetime | None:
    """When this key can do something: now or in the past when it could already, None when nothing waits."""
    key = BreakcoldKey.objects.current().select_related("team").filter(public_id=key_id).first()
    if key is None or key.held_at is not None:
        return None
    rows = Submission.objects.for_key(key)
    times: list[datetime | None] = [
        rows.may_leave().aggregate(at=Min("send_after"))["at"],
        rows.filter(state=State.UNKNOWN).aggregate(at=Min("look_up_at"))["at"],
    ]
    work = min((moment for moment in times if moment), default=None)
    if work is None and key.probe_at is None:
        return None
    now = timezone.now()
    is_bulk = times[1] is None and key.probe_at is None and _is_bulk_next(key, max(work or now, now))
    waits_for = (work, key.probe_at, throttle.free_at(key.fingerprint, now=now, is_bulk=is_bulk))
    return max(moment for moment in waits_for if moment)


def step(key: BreakcoldKey, client: BreakcoldClient, *, is_careful: bool = False) -> bool:
    """A probe, a look-up or some leads. False when nothing can be done before ``next_time``."""
    key.refresh_from_db(fields=MAY_CHANGE)
    now = timezone.now()
    try:
        if key.status == KeyStatus.REVOKED or key.held_at is not None:
            return False
        if key.is_waiting:
            return _probe(key, client, now)
        overdue = Submission.objects.for_key(key).to_settle(now).select_related("team").first()
        if overdue is not None:
            settle.settle(key, client, overdue)
            return True
        return _deliver(key, client, now, is_careful=is_careful)
    except throttle.OutOfBudget:
        return False


def _probe(key: BreakcoldKey, client: BreakcoldClient, now: datetime) -> bool:
    if key.probe_at is not None and key.probe_at > now:
        return False
    throttle.spend(key)
    try:
        probe = keys.probe_key(key, client, actor=SYSTEM)
    except BreakcoldError as exc:
        throttle.learn_from(key, exc)
        return False
    throttle.learn_from(key, probe)
    return True


def _deliver(key: BreakcoldKey, client: BreakcoldClient, now: datetime, *, is_careful: bool = False) -> bool:
    """The next due lead, and those after it as long as all goes well: for a moment, then ``step`` looks around."""
    until = time.monotonic() + LOOK_AROUND_SECONDS
    attempt = careful.claim(key, now, _claim) if is_careful else _claim(key, now)
    was_any = attempt is not None
    while attempt is not None:
        outcome = _outcome_of(client, attempt)
        goes_on = not is_careful and time.monotonic() < until and not throttle.stopping.is_set()
        if goes_on and isinstance(outcome, Created):
            attempt = _keep_and_claim(key, attempt, outcome)
        else:
            _keep(key, attempt, outcome)
            break
    return was_any


def _claim(key: BreakcoldKey, now: datetime) -> DeliveryAttempt | None:
    with transaction.atomic():  # budget, claim and intent: all or nothing
        throttle.spend(key, is_bulk=_is_bulk_next(key, now))
        attempt = submissions.claim_next(key=key, now=now)
        if attempt is None:
            transaction.set_rollback(True)
        return attempt


def _is_bulk_next(key: BreakcoldKey, now: datetime) -> bool:
    return Submission.objects.for_key(key).due(now).values_list("lane", flat=True).first() == Lane.BULK


def _outcome_of(client: BreakcoldClient, attempt: DeliveryAttempt) -> Created | BreakcoldError:
    try:
        return _send(client, attempt)
    except BreakcoldError as exc:
        return exc


def _send(client: BreakcoldClient, attempt: DeliveryAttempt) -> Created:
    """The one call. Not made by a worker that was held up so long that the lease could run out under it."""
    spare = timedelta(seconds=submissions.LEASE_SECONDS - settings.BREAKCOLD_TIMEOUT_SECONDS)
    if timezone.now() > attempt.started_at + spare:
        raise NotSent("The portal was held up before it could send this lead.")
    if attempt.submission.approved_digest not in ("", attempt.body_digest):
        raise Refused("It is not what was approved.")
    return client.create_lead(submissions.body_of(attempt.submission))


def _keep(
    key: BreakcoldKey, attempt: DeliveryAttempt, outcome: Created | BreakcoldError, *, is_stale: bool = False
) -> None:
    """``record``, again if the database fails: what is known must not become unknown. In the end the lease does it."""
    for wait in RECORD_AFTER_SECONDS:
        time.sleep(wait)
        try:
            if wait or is_stale:  # what the failed try changed in memory is not so
                attempt = DeliveryAttempt.objects.select_related("submission__team").get(pk=attempt.pk)
            _record_or_note(key, attempt, outcome)
        except Error as exc:  # named only: its text may quote the lead
            log.warning("What came of %s could not be kept yet: %s", attempt.submission.reference, type(exc).__name__)
            close_old_connections()
            continue
        return


def _keep_and_claim(key: BreakcoldKey, attempt: DeliveryAttempt, created: Created) -> DeliveryAttempt | None:
    """What came of one lead and the intent to send the next, in one commit: half the writes, and nothing is promised
    less. Should it fail, what is known is kept by itself, and the next lead is claimed as usual.
    """
    try:
        return _record_and_claim(key, attempt, created)
    except Exception as exc:  # named only: its text may quote the lead
        log.info("What came of %s is kept by itself: %s", attempt.submission.reference, type(exc).__name__)
    _keep(key, attempt, created, is_stale=True)
    return None


@transaction.atomic
def _record_and_claim(key: BreakcoldKey, attempt: DeliveryAttempt, created: Created) -> DeliveryAttempt | None:
    now = timezone.now()
    bucket = throttle.locked(key.fingerprint, now)
    throttle.learn_into(bucket, created.rate_limit, was_limited=False, now=now)
    claimed = None
    with audit.page(key.team) as page:
        submissions.record_created(attempt=attempt, created=created, at=now, page=page)
        if keys.is_success_news(key, at=now):
            keys.record_success(key, at=now)
        if _may_go_on(bucket, key, now):
            claimed = submissions.claim_next(key=key, now=now, page=page)
            if claimed is not None:
                throttle.take_from(bucket, now)
    bucket.save(update_fields=throttle.LEARNED)
    return claimed


def _may_go_on(bucket: RateBucket, key: BreakcoldKey, now: datetime) -> bool:
    if throttle.free_at_of(bucket, now, is_bulk=True) is None:
        return True
    return throttle.free_at_of(bucket, now) is None and not _is_bulk_next(key, now)


def _record_or_note(key: BreakcoldKey, attempt: DeliveryAttempt, outcome: Created | BreakcoldError) -> None:
    try:
        record(key, attempt, outcome)
    except submissions.IllegalTransition:
        log.warning("%s was settled by somebody else while it was being sent", attempt.submission.reference)
        if isinstance(outcome, Created):
            submissions.note_late(attempt=attempt, created=outcome, at=timezone.now())


@transaction.atomic
def record(key: BreakcoldKey, attempt: DeliveryAttempt, outcome: Created | BreakcoldError) -> None:
    """Write down what came of an attempt: on the lead, the key and the budget, in one commit."""
    now = timezone.now()
    since = attempt.submission.not_sent_since
    decision = policy.decide(
        outcome,
        not_sent_count=attempt.submission.not_sent_count,
        not_sent_seconds=(now - since).total_seconds() if since else 0.0,
        last_kind=(attempt.submission.problem or {}).get("kind", ""),
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
