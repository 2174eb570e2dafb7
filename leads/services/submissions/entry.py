"""Entering a lead, changing it while that is still possible, undoing it, trying again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import Submission, Team
from leads.models.submissions import Door, Lane
from leads.normalise import promoted
from leads.services.teams import NotPossible
from leads.states import EDITABLE, State

from .arrows import IllegalTransition, announce, current_state, digest, move

#: What a lead that sets out again forgets of the time before.
AFRESH: Mapping[str, Any] = MappingProxyType(
    {"problem": None, "settled_by": None, "finished_at": None, "not_sent_count": 0, "not_sent_since": None}
)


class AlreadySent(NotPossible):
    """The same form was sent before with other values. ``submission`` is what came of it then."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(f"This form was already sent as {submission.reference}, with other values.")
        self.submission = submission


@dataclass(frozen=True, slots=True)
class Entered:
    """A submission, and whether it is new or the one the same form made before."""

    submission: Submission
    is_new: bool


@transaction.atomic
def enter(
    *,
    team: Team,
    values: Mapping[str, Any],
    actor: Actor,
    one_time_key: UUID | None = None,
    lane: int = Lane.INTERACTIVE,
) -> Entered:
    """A new lead, straight into review or the queue. ``values`` are valid and in normal form.

    The same ``one_time_key`` from the same person gives the same submission; with other values it raises
    ``AlreadySent``.
    """
    now = timezone.now()
    submission = Submission(
        team=team,
        environment=team.environment,
        created_by=actor.user,
        token=actor.token,
        door=actor.door,
        one_time_key=one_time_key or uuid4(),
        lane=lane,
        values=dict(values),
        state=State.PENDING_REVIEW if team.reviews else State.QUEUED,
        **({} if team.reviews else _queue_times(team, actor, now)),
        **promoted(values),
    )
    try:
        with transaction.atomic():
            submission.save(force_insert=True)
    except IntegrityError:
        return _entered_before(submission)
    _record_submitted(submission, actor)
    return Entered(submission, is_new=True)


def _entered_before(wanted: Submission) -> Entered:
    earlier = Submission.objects.get(team=wanted.team, created_by=wanted.created_by, one_time_key=wanted.one_time_key)
    if earlier.values != wanted.values:
        raise AlreadySent(earlier)
    return Entered(earlier, is_new=False)


def _queue_times(team: Team, actor: Actor, now: datetime) -> dict[str, Any]:
    """Into the queue now; what a person typed stays long enough to be undone."""
    undo = timedelta(seconds=team.undo_seconds if actor.door == Door.FORM else 0)
    return {"queued_at": now, "send_after": now + undo}


def _record_submitted(submission: Submission, actor: Actor) -> None:
    is_queued = submission.state == State.QUEUED
    audit.record(
        Action.SUBMISSION_QUEUED if is_queued else Action.SUBMISSION_SUBMITTED,
        team=submission.team,
        actor=actor,
        subject=submission,
        details={"values": digest(submission), "door": submission.door},
    )
    if is_queued:
        announce(submission)


@transaction.atomic
def save_values(*, submission: Submission, values: Mapping[str, Any], actor: Actor) -> Submission:
    """Change what a draft, or a lead that was sent back, says."""
    if submission.state not in EDITABLE:
        raise IllegalTransition(submission.state)
    changes = {"values": dict(values), "updated_at": timezone.now(), **promoted(values)}
    rows = Submission.objects.filter(pk=submission.pk, state=submission.state)
    if rows.update(**changes) != 1:
        raise IllegalTransition(current_state(submission))
    before = submission.values
    changed = sorted(name for name in {*before, *values} if values.get(name) != before.get(name))
    for name, value in changes.items():
        setattr(submission, name, value)
    details = {"values": digest(submission), "fields": changed}
    audit.record(Action.SUBMISSION_EDITED, team=submission.team, actor=actor, subject=submission, details=details)
    return submission


@transaction.atomic
def submit(*, submission: Submission, values: Mapping[str, Any] | None = None, actor: Actor) -> Submission:
    """A draft, or a lead that was sent back, into review or (a draft of a team without review) into the queue.

    With ``values`` it is changed first, in the same transaction.
    """
    if values is not None:
        submission = save_values(submission=submission, values=values, actor=actor)
    details = {"values": digest(submission), "door": actor.door.value}
    if submission.team.reviews or submission.state == State.CHANGES_REQUESTED:
        action = Action.SUBMISSION_SUBMITTED
        return move(submission, EDITABLE, State.PENDING_REVIEW, action, actor=actor, details=details)
    times = _queue_times(submission.team, actor, timezone.now())
    return move(
        submission, {State.DRAFT}, State.QUEUED, Action.SUBMISSION_QUEUED, actor=actor, details=details, **times
    )


@transaction.atomic
def cancel(*, submission: Submission, actor: Actor) -> Submission:
    """A lead that waits in the queue never leaves it. One that is being sent is out of reach."""
    return move(
        submission,
        {State.QUEUED},
        State.CANCELLED,
        Action.SUBMISSION_CANCELLED,
        actor=actor,
        finished_at=timezone.now(),
    )


@transaction.atomic
def reopen(*, submission: Submission, actor: Actor) -> Submission:
    """A failed or rejected lead becomes a draft again."""
    return move(
        submission,
        {State.FAILED, State.REJECTED},
        State.DRAFT,
        Action.SUBMISSION_REOPENED,
        actor=actor,
        **AFRESH,
    )


@transaction.atomic
def retry(*, submission: Submission, actor: Actor) -> Submission:
    """A failed lead goes into the queue again, as it is."""
    now = timezone.now()
    return move(
        submission,
        {State.FAILED},
        State.QUEUED,
        Action.SUBMISSION_RETRIED,
        actor=actor,
        queued_at=now,
        send_after=now,
        **AFRESH,
    )
