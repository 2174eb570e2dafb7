"""The worker's arrows: claim a lead, then record what came of sending it.

Between claim and outcome the row is leased. Every outcome is fenced by the attempt's token: a worker that was stopped
past its lease and goes on finds another token or state, and changes nothing, except that a late "created" still
settles the very attempt it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from leads import audit
from leads.audit import SYSTEM, Action, Page
from leads.breakcold.errors import BreakcoldError, Created, OutcomeUnknown
from leads.models import BreakcoldKey, DeliveryAttempt, Submission
from leads.models.attempts import AttemptPurpose
from leads.states import State

from .arrows import IllegalTransition, move
from .body import digest_of
from .head import first_due

LEASE_SECONDS = 60  # longer than any call may take, see BREAKCOLD_TIMEOUT_SECONDS


@transaction.atomic
def claim_next(*, key: BreakcoldKey, now: datetime, page: Page | None = None) -> DeliveryAttempt | None:
    """The next due lead of the key's team, leased, with the intent to send it on record; None when none is due.

    None as well when the key was held, stopped or taken out of use a moment ago: whoever does that takes the team's
    chain first, which this has by the time it looks. ``page`` is where the intent is recorded, if among other entries.
    """
    if page is None:
        with audit.page(key.team) as page:
            return claim_next(key=key, now=now, page=page)
    submission = first_due(key, now)
    if submission is None:
        return None
    page.lock()
    if not BreakcoldKey.objects.ready().filter(pk=key.pk).exists():
        return None
    attempt = DeliveryAttempt(
        submission=submission,
        key=key,
        token=uuid4(),
        purpose=AttemptPurpose.CREATE,
        body_digest=digest_of(submission),
        started_at=now,
    )
    attempt.save(force_insert=True)
    move(
        submission,
        {State.QUEUED},
        State.SENDING,
        Action.SUBMISSION_CLAIMED,
        actor=SYSTEM,
        details={"attempt": str(attempt.token), "body": attempt.body_digest, "key": key.fingerprint},
        page=page,
        attempt_token=attempt.token,
        lease_until=now + timedelta(seconds=LEASE_SECONDS),
        suspect_count=0,
    )
    return attempt


def _finish(attempt: DeliveryAttempt, outcome: str, *, at: datetime, status: int | None, excerpt: str = "") -> None:
    changes = {"outcome": outcome, "finished_at": at, "http_status": status, "excerpt": excerpt}
    DeliveryAttempt.objects.filter(pk=attempt.pk).update(**changes)


def _land(
    attempt: DeliveryAttempt,
    to: State,
    action: Action,
    details: dict[str, Any],
    *,
    page: Page | None = None,
    **changes: Any,
) -> Submission:
    """Out of ``sending``, if this attempt still holds the row."""
    return move(
        attempt.submission,
        {State.SENDING, State.UNKNOWN} if to == State.CREATED else {State.SENDING},
        to,
        action,
        actor=SYSTEM,
        details={"attempt": str(attempt.token), **details},
        only={"attempt_token": attempt.token},
        page=page,
        lease_until=None,
        **changes,
    )


def problem_of(kind: str, error: BreakcoldError) -> dict[str, Any]:
    """What ``Submission.problem`` keeps of an outcome, for the pages."""
    issues = [{"field": issue.field, "message": issue.message} for issue in error.issues]
    return {"kind": kind, "message": error.reason, "status": error.status, "issues": issues}


@transaction.atomic
def record_created(*, attempt: DeliveryAttempt, created: Created, at: datetime, page: Page | None = None) -> Submission:
    """Breakcold named the lead's id. Settles the attempt even when its lease ran out meanwhile."""
    _finish(attempt, "created", at=at, status=created.status)
    try:
        return _land_created(attempt, created, at, page)
    except IllegalTransition:
        attempt.submission.state = State.UNKNOWN
        return _land_created(attempt, created, at, page)


def _land_created(attempt: DeliveryAttempt, created: Created, at: datetime, page: Page | None) -> Submission:
    return _land(
        attempt,
        State.CREATED,
        Action.SUBMISSION_CREATED,
        {"breakcold_id": created.id},
        page=page,
        breakcold_id=created.id,
        response=created.body,
        problem=None,
        look_up_at=None,
        finished_at=at,
    )


@transaction.atomic
def note_late(*, attempt: DeliveryAttempt, created: Created, at: datetime) -> None:
    """Breakcold had created the lead after all, but it was settled otherwise meanwhile: put on record, nothing else."""
    _finish(attempt, "created", at=at, status=created.status)
    submission = attempt.submission
    details = {"attempt": str(attempt.token), "breakcold_id": created.id}
    audit.record(
        Action.SUBMISSION_ARRIVED_LATE, team=submission.team, actor=SYSTEM, subject=submission, details=details
    )


@transaction.atomic
def record_failed(*, attempt: DeliveryAttempt, error: BreakcoldError, kind: str, at: datetime) -> Submission:
    """Final until a person acts: Breakcold refused the lead, or it could not be sent for too long."""
    _finish(attempt, kind, at=at, status=error.status, excerpt=error.excerpt)
    details = {"kind": kind, "status": error.status, "fields": [issue.field for issue in error.issues]}
    return _land(
        attempt, State.FAILED, Action.SUBMISSION_FAILED, details, problem=problem_of(kind, error), finished_at=at
    )


@transaction.atomic
def postpone(
    *, attempt: DeliveryAttempt, error: BreakcoldError, kind: str, send_after: datetime, at: datetime
) -> Submission:
    """Nothing was created: back into the queue, at its old place, not before ``send_after``."""
    _finish(attempt, kind, at=at, status=error.status, excerpt=error.excerpt)
    submission = attempt.submission
    counted: dict[str, Any] = {}
    if kind == "not_sent":
        counted = {
            "not_sent_count": submission.not_sent_count + 1,
            "not_sent_since": submission.not_sent_since or attempt.started_at,
        }
    return _land(
        attempt,
        State.QUEUED,
        Action.SUBMISSION_POSTPONED,
        {"kind": kind, "status": error.status},
        problem=problem_of(kind, error),
        send_after=send_after,
        **counted,
    )


@transaction.atomic
def record_unknown(
    *, attempt: DeliveryAttempt, error: BreakcoldError, look_up_at: datetime, at: datetime
) -> Submission:
    """The request may have arrived: never resent blindly, looked up instead."""
    _finish(attempt, "unknown", at=at, status=error.status, excerpt=error.excerpt)
    return _land(
        attempt,
        State.UNKNOWN,
        Action.SUBMISSION_BECAME_UNKNOWN,
        {"status": error.status},
        problem=problem_of("unknown", error),
        unknown_since=attempt.started_at,
        look_up_at=look_up_at,
        look_up_count=0,
    )


@transaction.atomic
def expire_lease(*, submission: Submission, look_up_at: datetime) -> bool:
    """A lead whose worker is gone: the request may have left. False when the worker was only slow and recorded it."""
    interrupted = OutcomeUnknown("The portal was interrupted while it sent this lead.")
    try:
        move(
            submission,
            {State.SENDING},
            State.UNKNOWN,
            Action.SUBMISSION_BECAME_UNKNOWN,
            actor=SYSTEM,
            details={"attempt": str(submission.attempt_token), "lease": "expired"},
            only={"attempt_token": submission.attempt_token},
            problem=problem_of("unknown", interrupted),
            unknown_since=submission.lease_until - timedelta(seconds=LEASE_SECONDS) if submission.lease_until else None,
            lease_until=None,
            look_up_at=look_up_at,
            look_up_count=0,
            crash_count=submission.crash_count + 1,
        )
    except IllegalTransition:
        return False
    return True


@transaction.atomic
def begin_look_up(*, submission: Submission, key: BreakcoldKey, now: datetime, again_at: datetime) -> DeliveryAttempt:
    """Note that a look-up is about to be made, and that the next one is ``again_at`` if a worker dies in this one: its
    outcome then stays empty.
    """
    Submission.objects.filter(pk=submission.pk, state=State.UNKNOWN).update(look_up_at=again_at)
    return DeliveryAttempt.objects.create(
        submission=submission, key=key, token=uuid4(), purpose=AttemptPurpose.LOOK_UP, started_at=now
    )


@transaction.atomic
def finish_look_up(
    *,
    attempt: DeliveryAttempt,
    outcome: str,
    at: datetime,
    similar: Sequence[Mapping[str, str]] = (),
    error: BreakcoldError | None = None,
) -> None:
    """Note what a look-up saw, and which leads were ``similar``; whether it settles anything is decided elsewhere."""
    _finish(attempt, outcome, at=at, status=error.status if error else 200, excerpt=error.excerpt if error else "")
    if similar:
        DeliveryAttempt.objects.filter(pk=attempt.pk).update(similar=[dict(lead) for lead in similar])
