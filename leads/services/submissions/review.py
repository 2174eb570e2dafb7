"""A reviewer decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leads.audit import Action, Actor
from leads.models import Submission
from leads.normalise import has_unshowable
from leads.services.teams import NotPossible
from leads.states import State

from .arrows import digest, move

MAX_COMMENT_CHARACTERS = 2_000


def _refuse_own(submission: Submission, actor: Actor) -> None:
    if actor.user is None or submission.created_by_id == actor.user.pk:
        raise NotPossible("Somebody else has to decide: nobody reviews a lead of their own.")


def _version(submission: Submission, seen: str) -> dict[str, datetime]:
    """The condition that the lead is still as it was read; where ``seen`` says so, also as the reviewer saw it."""
    if seen and seen != version_of(submission):
        raise NotPossible("It was changed since you looked. This is how it stands now: look again, then decide.")
    return {"updated_at": submission.updated_at}


def version_of(submission: Submission) -> str:
    """Names what a lead says at this moment; a page posts it back with the reader's decision."""
    return submission.updated_at.isoformat()


def _checked_comment(comment: str) -> str:
    comment = comment.strip()
    if not comment:
        raise NotPossible("Say why, so that the person who entered the lead knows what to do.")
    if len(comment) > MAX_COMMENT_CHARACTERS or has_unshowable(comment):
        raise NotPossible(f"The comment must be plain text of at most {MAX_COMMENT_CHARACTERS} characters.")
    return comment


@transaction.atomic
def approve(*, submission: Submission, seen: str = "", actor: Actor) -> Submission:
    """A reviewer lets the lead go out."""
    _refuse_own(submission, actor)
    now = timezone.now()
    return move(
        submission,
        {State.PENDING_REVIEW},
        State.QUEUED,
        Action.SUBMISSION_APPROVED,
        actor=actor,
        details={"values": digest(submission)},
        only=_version(submission, seen),
        decided_by=actor.user,
        review_comment="",
        queued_at=now,
        send_after=now,
    )


@transaction.atomic
def send_back(*, submission: Submission, comment: str, seen: str = "", actor: Actor) -> Submission:
    """A reviewer asks the submitter for changes."""
    _refuse_own(submission, actor)
    return move(
        submission,
        {State.PENDING_REVIEW},
        State.CHANGES_REQUESTED,
        Action.SUBMISSION_SENT_BACK,
        actor=actor,
        only=_version(submission, seen),
        decided_by=actor.user,
        review_comment=_checked_comment(comment),
    )


@transaction.atomic
def reject(*, submission: Submission, comment: str, seen: str = "", actor: Actor) -> Submission:
    """A reviewer decides that the lead does not go out."""
    _refuse_own(submission, actor)
    return move(
        submission,
        {State.PENDING_REVIEW},
        State.REJECTED,
        Action.SUBMISSION_REJECTED,
        actor=actor,
        only=_version(submission, seen),
        decided_by=actor.user,
        review_comment=_checked_comment(comment),
        finished_at=timezone.now(),
    )
