"""A reviewer decides. What was approved is what is sent: its digest is fixed here and compared before sending."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import ReviewComment, ReviewLook, Submission, User
from leads.models.review import Decision
from leads.normalise import has_unshowable
from leads.services.teams import NotPossible
from leads.states import State

from .arrows import IllegalTransition, digest, move
from .body import digest_of
from .editing import correct, has_written

MAX_COMMENT_CHARACTERS = 2_000
LOOK_SECONDS = 60  # a page that shows a lead says so three times in this time


def may_decide(submission: Submission, user: User) -> bool:
    """Four eyes: whether the rule of the team leaves the decision to this person."""
    return not (submission.team.four_eyes and has_written(submission, user))


def refuse_own(submission: Submission, actor: Actor) -> None:
    """Raises ``NotPossible`` when somebody else has to decide."""
    if actor.user is None:
        raise NotPossible("Only a person can decide on a lead.")
    if may_decide(submission, actor.user):
        return
    why = "reviews a lead of their own" if actor.user == submission.entered_by else "reviews what they wrote themselves"
    raise NotPossible(f"Somebody else has to decide: nobody {why}.")


class Overtaken(IllegalTransition):
    """Somebody else decided, withdrew or changed the lead since the reviewer looked; says who and what."""

    def __init__(self, submission: Submission, actor: Actor) -> None:
        super().__init__(submission.state)
        label = State(submission.state).label
        if submission.state == State.PENDING_REVIEW:
            text = "It was changed since you looked. This is how it stands now: look again, then decide."
        elif submission.state == State.DRAFT:
            text = "It was taken back before you decided. Nothing of yours was done."
        elif submission.decided_by_id is not None and submission.decided_by == actor.user:
            text = f"You decided on it already: this lead is “{label}” now."
        else:
            who = str(submission.decided_by or "Somebody")
            text = f"{who} was faster: this lead is “{label}” now. Nothing of yours was done."
        self.args = (text,)


def _check_version(submission: Submission, seen: str, actor: Actor) -> None:
    if seen and seen != version_of(submission):
        raise Overtaken(submission, actor)


def version_of(submission: Submission) -> str:
    """Names what a lead says at this moment; a page posts it back with the reader's decision."""
    return submission.updated_at.isoformat()


def checked_comment(comment: str) -> str:
    """A comment as it is kept: plain text, bounded. Raises ``NotPossible``."""
    comment = comment.replace("\r\n", "\n").strip()
    if len(comment) > MAX_COMMENT_CHARACTERS or has_unshowable(comment):
        raise NotPossible(f"The comment must be plain text of at most {MAX_COMMENT_CHARACTERS} characters.")
    return comment


def required_comment(comment: str) -> str:
    """A comment that a decision cannot do without. Raises ``NotPossible``."""
    if not checked_comment(comment):
        raise NotPossible("Say why, so that the person who entered the lead knows what to do.")
    return checked_comment(comment)


def say(submission: Submission, text: str, decision: str, actor: Actor) -> None:
    """Add to the thread, if there is anything to say."""
    if text and actor.user:
        ReviewComment.objects.create(submission=submission, author=actor.user, decision=decision, text=text)


def _decide(
    submission: Submission, to: State, action: Action, decision: Decision, comment: str, actor: Actor, **changes: Any
) -> Submission:
    try:
        moved = move(
            submission,
            {State.PENDING_REVIEW},
            to,
            action,
            actor=actor,
            details={"values": digest(submission)} | ({"comment": True} if comment else {}),
            only={"updated_at": submission.updated_at},
            decided_by=actor.user,
            decided_at=timezone.now(),
            four_eyes=submission.team.four_eyes,
            **changes,
        )
    except IllegalTransition:
        raise Overtaken(Submission.objects.select_related("decided_by").get(pk=submission.pk), actor) from None
    say(submission, comment, decision, actor)
    return moved


@transaction.atomic
def approve(
    *,
    submission: Submission,
    values: Mapping[str, Any] | None = None,
    comment: str = "",
    seen: str = "",
    actor: Actor,
) -> Submission:
    """A reviewer lets the lead go out; with ``values``, after changing it to them."""
    refuse_own(submission, actor)
    _check_version(submission, seen, actor)
    comment = checked_comment(comment)
    if values is not None and dict(values) != submission.values:
        submission = correct(submission=submission, values=values, actor=actor)
    now = timezone.now()
    return _decide(
        submission,
        State.QUEUED,
        Action.SUBMISSION_APPROVED,
        Decision.APPROVE,
        comment,
        actor,
        approved_digest=digest_of(submission),
        queued_at=now,
        send_after=now,
    )


@transaction.atomic
def send_back(*, submission: Submission, comment: str, seen: str = "", actor: Actor) -> Submission:
    """A reviewer asks the submitter for changes."""
    refuse_own(submission, actor)
    _check_version(submission, seen, actor)
    comment = required_comment(comment)
    action = Action.SUBMISSION_SENT_BACK
    return _decide(submission, State.CHANGES_REQUESTED, action, Decision.SEND_BACK, comment, actor)


@transaction.atomic
def reject(*, submission: Submission, comment: str, seen: str = "", actor: Actor) -> Submission:
    """A reviewer decides that the lead does not go out."""
    refuse_own(submission, actor)
    _check_version(submission, seen, actor)
    comment = required_comment(comment)
    return _decide(
        submission,
        State.REJECTED,
        Action.SUBMISSION_REJECTED,
        Decision.REJECT,
        comment,
        actor,
        finished_at=timezone.now(),
    )


@transaction.atomic
def comment_on(*, submission: Submission, text: str, actor: Actor) -> Submission:
    """Add to the thread of a lead that is under review or was sent back."""
    open_states = (State.PENDING_REVIEW, State.CHANGES_REQUESTED)
    state = Submission.objects.select_for_update().values_list("state", flat=True).get(pk=submission.pk)
    if submission.state not in open_states or state != submission.state:
        raise IllegalTransition(state)
    text = checked_comment(text)
    if not text:
        raise NotPossible("Write something first.")
    say(submission, text, "", actor)
    audit.record(Action.SUBMISSION_COMMENTED, team=submission.team, actor=actor, subject=submission)
    return submission


def look_at(*, submission: Submission, actor: Actor) -> None:
    """Note that a reviewer has the lead open now. No decision and no secret: it is not in the log."""
    now = timezone.now()
    ReviewLook.objects.update_or_create(submission=submission, reviewer=actor.user, defaults={"seen_at": now})


def looked_since(now: datetime) -> datetime:
    """A look later than this counts as having the lead open."""
    return now - timedelta(seconds=LOOK_SECONDS)
