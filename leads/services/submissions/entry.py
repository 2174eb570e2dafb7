"""Entering a lead, changing it while that is still possible, undoing it, trying again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import FormPreset, Submission, Team
from leads.models.review import Decision
from leads.models.submissions import Door, HoldReason, Lane
from leads.models.teams import DuplicatePolicy
from leads.normalise import promoted
from leads.services import drafts, duplicates
from leads.services.teams import NotPossible
from leads.states import EDITABLE, State

from .arrows import announce, digest, move
from .editing import save_values
from .review import checked_comment, say

#: What a lead that sets out again forgets of the time before.
AFRESH: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(("problem", "settled_by", "finished_at", "not_sent_since"))
    | dict.fromkeys(("not_sent_count", "crash_count", "suspect_count"), 0)
)


class AlreadySent(NotPossible):
    """The same form was sent before with other values. ``submission`` is what came of it then."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(f"This form was already sent as {submission.reference}, with other values.")
        self.submission = submission


class SwitchedMeanwhile(NotPossible):
    """The form was opened for practice and the team is live now, or the other way round."""

    def __init__(self, team: Team) -> None:
        now, before = ("practises", "was live") if team.is_practice else ("is live", "practised")
        where = "the practice sandbox" if team.is_practice else "Breakcold itself"
        super().__init__(
            f"The team {before} when you opened this form and {now} now: leads go to {where}. "
            "Nothing was sent. If that is what you want, send it once more."
        )


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
    preset: FormPreset | None = None,
    accepted: Collection[UUID] = (),
    environment: str = "",
) -> Entered:
    """A new lead, straight into review or the queue. ``values`` are valid and in normal form.

    ``environment`` is where the page that was filled in said it goes; where that is not so any more,
    ``SwitchedMeanwhile`` is raised.

    The same ``one_time_key`` from the same person or token gives the same submission; with other values it raises
    ``AlreadySent``. Where the team warns of duplicates it may raise ``LooksLikeAnother``: ``accepted`` are the leads
    the person was shown and sent it in spite of.
    """
    if environment:
        audit.lock(team)  # a switch takes it too
        team.refresh_from_db(fields=["environment"])
        if environment != team.environment:
            raise SwitchedMeanwhile(team)
    entered = _enter(team, values, actor, one_time_key, lane, preset, accepted)
    if entered.is_new and entered.submission.state == State.QUEUED:
        announce(entered.submission)
    return entered


@transaction.atomic
def enter_many(
    *,
    team: Team,
    leads: Sequence[tuple[Mapping[str, Any], UUID | None]],
    actor: Actor,
    lane: int = Lane.BULK,
    preset: FormPreset | None = None,
) -> list[Entered | NotPossible]:
    """Each of ``leads`` (values and one-time key) as ``enter()`` would, in one transaction and with one wake-up."""
    results: list[Entered | NotPossible] = []
    for values, one_time_key in leads:
        try:
            with transaction.atomic():
                results.append(_enter(team, values, actor, one_time_key, lane, preset))
        except NotPossible as exc:
            results.append(exc)
    entered = [each.submission for each in results if isinstance(each, Entered) and each.is_new]
    if first := next((each for each in entered if each.state == State.QUEUED), None):
        announce(first)
    return results


def _enter(
    team: Team,
    values: Mapping[str, Any],
    actor: Actor,
    one_time_key: UUID | None,
    lane: int,
    preset: FormPreset | None,
    accepted: Collection[UUID] = (),
) -> Entered:
    """The row and its audit entry; whoever calls announces what is queued."""
    now = timezone.now()
    submission = Submission(
        team=team,
        environment=team.environment,
        created_by=actor.user,
        token=actor.token,
        entered_by=actor.user or (actor.token.owner if actor.token else None),
        door=actor.door,
        one_time_key=one_time_key or uuid4(),
        lane=lane,
        preset=preset,
        values=dict(values),
        **promoted(values),
    )
    submission.public_id = drafts.public_id_for(submission)
    details = _note_duplicates(submission, accepted, actor)
    is_reviewed = team.reviews or submission.held_for
    submission.state = State.PENDING_REVIEW if is_reviewed else State.QUEUED
    for name, value in ({"review_since": now} if is_reviewed else _queue_times(team, actor, now)).items():
        setattr(submission, name, value)
    try:
        with transaction.atomic():
            submission.save(force_insert=True)
    except IntegrityError:
        return _entered_before(submission)
    record_submitted(submission, details, actor=actor)
    drafts.end_draft(submission)
    return Entered(submission, is_new=True)


def _entered_before(wanted: Submission) -> Entered:
    earlier = Submission.objects.get(
        team=wanted.team, created_by=wanted.created_by, token=wanted.token, one_time_key=wanted.one_time_key
    )
    if earlier.values != wanted.values:
        raise AlreadySent(earlier)
    return Entered(earlier, is_new=False)


def _queue_times(team: Team, actor: Actor, now: datetime) -> dict[str, Any]:
    """Into the queue now; what a person typed stays long enough to be undone."""
    undo = timedelta(seconds=team.undo_seconds if actor.door == Door.FORM else 0)
    return {"queued_at": now, "send_after": now + undo}


def _note_duplicates(submission: Submission, accepted: Collection[UUID], actor: Actor) -> dict[str, Any]:
    """Hold the lead where the team wants that of duplicates; what the log says of them. May raise."""
    holds = submission.team.duplicate_policy == DuplicatePolicy.HOLD
    if holds:  # two of the same at once take turns
        audit.lock(submission.team)
    found = duplicates.check(submission, accepted=accepted, actor=actor)
    submission.held_for = HoldReason.DUPLICATE if holds and found else ""
    details: dict[str, Any] = {"duplicates": len(found)} if found else {}
    if any(row.public_id in accepted for row in found):
        details["accepted"] = True
    return details


def record_submitted(submission: Submission, details: Mapping[str, Any], *, actor: Actor) -> None:
    """A new lead is in review, or in the queue; whoever calls announces what is queued."""
    is_queued = submission.state == State.QUEUED
    audit.record(
        Action.SUBMISSION_QUEUED if is_queued else Action.SUBMISSION_SUBMITTED,
        team=submission.team,
        actor=actor,
        subject=submission,
        details={"values": digest(submission), "door": submission.door, **details},
    )


@transaction.atomic
def submit(
    *,
    submission: Submission,
    values: Mapping[str, Any] | None = None,
    comment: str = "",
    accepted: Collection[UUID] = (),
    actor: Actor,
) -> Submission:
    """A draft, or a lead that was sent back, into review or (a draft of a team without review) into the queue.

    With ``values`` it is changed first, in the same transaction; ``comment`` answers the reviewer. ``accepted`` as in
    ``enter()``, for a draft: one that was sent back is looked at by a reviewer again.
    """
    Submission.objects.select_for_update().filter(pk=submission.pk).first()  # before the chain
    if submission.state == State.CHANGES_REQUESTED:
        say(submission, checked_comment(comment), Decision.SUBMIT, actor)
    if values is not None:
        submission = save_values(submission=submission, values=values, actor=actor)
    details = {"values": digest(submission), "door": actor.door.value}
    # A reviewer who looked once looks again.
    was_decided = submission.state == State.CHANGES_REQUESTED or submission.decided_by_id is not None
    details |= _note_duplicates(submission, accepted, actor) if submission.state == State.DRAFT else {}
    if submission.team.reviews or was_decided or submission.held_for:
        action = Action.SUBMISSION_SUBMITTED
        changes: dict[str, Any] = {
            "review_since": timezone.now(),
            "approved_digest": "",
            "held_for": submission.held_for,
        }
        moved = move(submission, EDITABLE, State.PENDING_REVIEW, action, actor=actor, details=details, **changes)
    else:
        action, changes = Action.SUBMISSION_QUEUED, _queue_times(submission.team, actor, timezone.now())
        changes["held_for"] = ""
        moved = move(submission, {State.DRAFT}, State.QUEUED, action, actor=actor, details=details, **changes)
    drafts.end_changes(moved, actor)
    return moved


@transaction.atomic
def cancel(*, submission: Submission, actor: Actor) -> Submission:
    """A lead that waits in the queue never leaves it, a draft is thrown away. One being sent is out of reach."""
    return move(
        submission,
        {State.QUEUED, *EDITABLE},
        State.CANCELLED,
        Action.SUBMISSION_CANCELLED,
        actor=actor,
        finished_at=timezone.now(),
    )


@transaction.atomic
def withdraw(*, submission: Submission, actor: Actor) -> Submission:
    """A lead that waits for review becomes a draft again, before anybody decided."""
    action = Action.SUBMISSION_WITHDRAWN
    return move(submission, {State.PENDING_REVIEW}, State.DRAFT, action, actor=actor, review_since=None)


@transaction.atomic
def reopen(*, submission: Submission, actor: Actor) -> Submission:
    """A failed or rejected lead becomes a draft again."""
    return move(
        submission,
        {State.FAILED, State.REJECTED},
        State.DRAFT,
        Action.SUBMISSION_REOPENED,
        actor=actor,
        approved_digest="",
        **AFRESH,
    )


@transaction.atomic
def retry(*, submission: Submission, actor: Actor) -> Submission:
    """A failed lead goes into the queue again, as it is; where the team reviews, only one that was approved."""
    if submission.state == State.FAILED and submission.team.reviews and not submission.approved_digest:
        raise NotPossible("The team reviews leads, and nobody approved this one. Correct it, then send it to review.")
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
