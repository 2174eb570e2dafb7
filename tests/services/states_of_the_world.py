"""A submission in any state, reached the way life reaches it: through the services."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from leads.breakcold.errors import Created, Issue, OutcomeUnknown, RateLimit, Refused
from leads.models import AuditEntry, BreakcoldKey, DeliveryAttempt, Submission, Team, User
from leads.models.attempts import AttemptPurpose
from leads.models.teams import Role
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, lead_values, make_member

NOTHING_SAID = RateLimit()
REFUSED = Refused("Invalid email", status=400, issues=(Issue("email", "Invalid email"),))
UNCLEAR = OutcomeUnknown("Breakcold did not answer in time.", status=None)


def created(lead_id: str = "bc-1") -> Created:
    return Created(id=lead_id, body={"id": lead_id}, status=200, rate_limit=NOTHING_SAID)


def reviewer_of(team: Team) -> User:
    row = team.memberships.filter(role=Role.REVIEWER).first()
    return row.user if row else make_member(team, f"reviewer-{team.slug}", Role.REVIEWER)


def set_reviews(team: Team, reviews: bool) -> None:
    Team.objects.filter(pk=team.pk).update(reviews=reviews)
    team.reviews = reviews


def enter(team: Team, user: User, *, reviews: bool = False, **values: Any) -> Submission:
    set_reviews(team, reviews)
    return submissions.enter(team=team, values=lead_values(**values), actor=actor_for(user)).submission


def claim(key: BreakcoldKey, *, now: datetime | None = None) -> DeliveryAttempt:
    now = now or timezone.now() + timedelta(seconds=1)
    attempt = submissions.claim_next(key=key, now=now)
    assert attempt is not None
    return attempt


def attempt_for(submission: Submission, key: BreakcoldKey) -> DeliveryAttempt:
    """The attempt that holds the submission, or one that holds nothing."""
    held = DeliveryAttempt.objects.filter(submission=submission, token=submission.attempt_token).first()
    if held is not None:
        held.submission = submission
        return held
    return DeliveryAttempt.objects.create(
        submission=submission, key=key, token=uuid4(), purpose=AttemptPurpose.CREATE, started_at=timezone.now()
    )


def bring_to(state: State, team: Team, user: User, key: BreakcoldKey, **values: Any) -> Submission:
    """A submission of ``user`` in ``state``; the only queued one of its team. Read anew from the database."""
    made = PATHS[state](team, user, key, values)
    found = Submission.objects.select_related("team").get(pk=made.pk)
    assert found.state == state
    return found


def _pending(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    return enter(team, user, reviews=True, **values)


def _queued(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    return enter(team, user, **values)


def _sending(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    enter(team, user, **values)
    return claim(key).submission


def _rejected(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    lead = _pending(team, user, key, values)
    return submissions.reject(submission=lead, comment="No.", actor=actor_for(reviewer_of(team)))


def _changes_requested(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    lead = _pending(team, user, key, values)
    return submissions.send_back(submission=lead, comment="Which city?", actor=actor_for(reviewer_of(team)))


def _draft(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    return submissions.withdraw(submission=_pending(team, user, key, values), actor=actor_for(user))


def _created(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    enter(team, user, **values)
    return submissions.record_created(attempt=claim(key), created=created(), at=timezone.now())


def _failed(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    enter(team, user, **values)
    return submissions.record_failed(attempt=claim(key), error=REFUSED, kind="refused", at=timezone.now())


def _unknown(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    enter(team, user, **values)
    now = timezone.now()
    return submissions.record_unknown(attempt=claim(key), error=UNCLEAR, look_up_at=now, at=now)


def _cancelled(team: Team, user: User, key: BreakcoldKey, values: dict[str, Any]) -> Submission:
    lead = enter(team, user, **values)
    Submission.objects.filter(pk=lead.pk).update(send_after=timezone.now() + timedelta(minutes=1))
    return submissions.cancel(submission=lead, actor=actor_for(user))


PATHS = {
    State.DRAFT: _draft,
    State.PENDING_REVIEW: _pending,
    State.CHANGES_REQUESTED: _changes_requested,
    State.QUEUED: _queued,
    State.SENDING: _sending,
    State.CREATED: _created,
    State.FAILED: _failed,
    State.UNKNOWN: _unknown,
    State.REJECTED: _rejected,
    State.CANCELLED: _cancelled,
}


def entries_about(submission: Submission) -> list[str]:
    """The actions on record about a submission, oldest first."""
    rows = AuditEntry.objects.filter(team=submission.team, subject_id=submission.public_id).order_by("sequence")
    return list(rows.values_list("action", flat=True))


def row_of(submission: Submission) -> dict[str, Any]:
    """The row as the database has it, to see that nothing changed."""
    return Submission.objects.filter(pk=submission.pk).values().get()
