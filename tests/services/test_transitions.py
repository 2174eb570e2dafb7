"""The whole grid: every state through every service function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from leads.audit import SYSTEM, Action
from leads.breakcold.errors import NotSent
from leads.models import AuditEntry, BreakcoldKey, Submission, Team, User
from leads.services import submissions
from leads.states import TRANSITIONS, State, is_allowed
from tests.factories import actor_for

from .states_of_the_world import (
    REFUSED,
    UNCLEAR,
    attempt_for,
    bring_to,
    created,
    entries_about,
    reviewer_of,
    row_of,
    set_reviews,
)

pytestmark = pytest.mark.django_db

UNDO_TIME = timedelta(minutes=1)


@dataclass(frozen=True)
class Situation:
    submission: Submission
    team: Team
    user: User
    key: BreakcoldKey

    @property
    def mine(self) -> dict[str, Any]:
        return {"submission": self.submission, "actor": actor_for(self.user)}

    @property
    def theirs(self) -> dict[str, Any]:
        return {"submission": self.submission, "actor": actor_for(reviewer_of(self.team))}

    @property
    def worker(self) -> dict[str, Any]:
        return {"attempt": attempt_for(self.submission, self.key), "at": timezone.now()}


def _submit(reviews: bool) -> Callable[[Situation], Any]:
    def act(now: Situation) -> Any:
        set_reviews(now.submission.team, reviews)
        return submissions.submit(**now.mine)

    return act


def _save_values(now: Situation) -> Any:
    return submissions.save_values(values={"email": "new@example.com"}, **now.mine)


def _postpone(now: Situation) -> Any:
    error = NotSent("Breakcold could not be reached.")
    return submissions.postpone(error=error, kind="not_sent", send_after=timezone.now(), **now.worker)


def _plan_look_up(now: Situation) -> Any:
    return submissions.plan_look_up(submission=now.submission, at=None, found="unsure", actor=SYSTEM)


def _claim(now: Situation) -> Any:
    claimed = submissions.claim_next(key=now.key, now=timezone.now() + UNDO_TIME)
    if claimed is None:
        raise submissions.IllegalTransition(now.submission.state)
    return claimed


def _expire(now: Situation) -> Any:
    if not submissions.expire_lease(submission=now.submission, look_up_at=timezone.now()):
        raise submissions.IllegalTransition(now.submission.state)


def _park(now: Situation) -> Any:
    if not submissions.park(submission=now.submission):
        raise submissions.IllegalTransition(now.submission.state)


S, A = State, Action

#: Each service function, the states it starts from, and where it ends with which entry.
ARROWS: dict[str, tuple[Callable[[Situation], Any], dict[State, tuple[State, Action]]]] = {
    "submit without review": (
        _submit(False),
        {
            S.DRAFT: (S.QUEUED, A.SUBMISSION_QUEUED),
            S.CHANGES_REQUESTED: (S.PENDING_REVIEW, A.SUBMISSION_SUBMITTED),
        },
    ),
    "submit into review": (
        _submit(True),
        {
            S.DRAFT: (S.PENDING_REVIEW, A.SUBMISSION_SUBMITTED),
            S.CHANGES_REQUESTED: (S.PENDING_REVIEW, A.SUBMISSION_SUBMITTED),
        },
    ),
    "save_values": (
        _save_values,
        {
            S.DRAFT: (S.DRAFT, A.SUBMISSION_EDITED),
            S.CHANGES_REQUESTED: (S.CHANGES_REQUESTED, A.SUBMISSION_EDITED),
        },
    ),
    "correct": (
        lambda now: submissions.correct(values={"email": "new@example.com"}, **now.theirs),
        {S.PENDING_REVIEW: (S.PENDING_REVIEW, A.SUBMISSION_CORRECTED)},
    ),
    "comment_on": (
        lambda now: submissions.comment_on(text="Which city?", **now.theirs),
        {
            S.PENDING_REVIEW: (S.PENDING_REVIEW, A.SUBMISSION_COMMENTED),
            S.CHANGES_REQUESTED: (S.CHANGES_REQUESTED, A.SUBMISSION_COMMENTED),
        },
    ),
    "withdraw": (lambda now: submissions.withdraw(**now.mine), {S.PENDING_REVIEW: (S.DRAFT, A.SUBMISSION_WITHDRAWN)}),
    "cancel": (
        lambda now: submissions.cancel(**now.mine),
        dict.fromkeys((S.DRAFT, S.CHANGES_REQUESTED, S.QUEUED), (S.CANCELLED, A.SUBMISSION_CANCELLED)),
    ),
    "reopen": (
        lambda now: submissions.reopen(**now.mine),
        {S.FAILED: (S.DRAFT, A.SUBMISSION_REOPENED), S.REJECTED: (S.DRAFT, A.SUBMISSION_REOPENED)},
    ),
    "retry": (lambda now: submissions.retry(**now.mine), {S.FAILED: (S.QUEUED, A.SUBMISSION_RETRIED)}),
    "approve": (
        lambda now: submissions.approve(**now.theirs),
        {S.PENDING_REVIEW: (S.QUEUED, A.SUBMISSION_APPROVED)},
    ),
    "send_back": (
        lambda now: submissions.send_back(comment="Which city?", **now.theirs),
        {S.PENDING_REVIEW: (S.CHANGES_REQUESTED, A.SUBMISSION_SENT_BACK)},
    ),
    "reject": (
        lambda now: submissions.reject(comment="No.", **now.theirs),
        {S.PENDING_REVIEW: (S.REJECTED, A.SUBMISSION_REJECTED)},
    ),
    "claim_next": (_claim, {S.QUEUED: (S.SENDING, A.SUBMISSION_CLAIMED)}),
    "record_created": (
        lambda now: submissions.record_created(created=created(), **now.worker),
        {S.SENDING: (S.CREATED, A.SUBMISSION_CREATED), S.UNKNOWN: (S.CREATED, A.SUBMISSION_CREATED)},
    ),
    "record_failed": (
        lambda now: submissions.record_failed(error=REFUSED, kind="refused", **now.worker),
        {S.SENDING: (S.FAILED, A.SUBMISSION_FAILED)},
    ),
    "postpone": (_postpone, {S.SENDING: (S.QUEUED, A.SUBMISSION_POSTPONED)}),
    "record_unknown": (
        lambda now: submissions.record_unknown(error=UNCLEAR, look_up_at=timezone.now(), **now.worker),
        {S.SENDING: (S.UNKNOWN, A.SUBMISSION_BECAME_UNKNOWN)},
    ),
    "expire_lease": (_expire, {S.SENDING: (S.UNKNOWN, A.SUBMISSION_BECAME_UNKNOWN)}),
    "park": (_park, {S.QUEUED: (S.FAILED, A.SUBMISSION_FAILED)}),
    "leave": (lambda now: submissions.leave(**now.mine), {S.FAILED: (S.FAILED, A.SUBMISSION_RESOLVED)}),
    "plan_look_up": (_plan_look_up, {S.UNKNOWN: (S.UNKNOWN, A.SUBMISSION_LOOKED_UP)}),
    "resolve_there": (
        lambda now: submissions.resolve_there(breakcold_id="bc-9", **now.mine),
        {S.UNKNOWN: (S.CREATED, A.SUBMISSION_RESOLVED)},
    ),
    "resolve_missing": (
        lambda now: submissions.resolve_missing(**now.mine),
        {S.UNKNOWN: (S.QUEUED, A.SUBMISSION_RESOLVED)},
    ),
    "resolve_given_up": (
        lambda now: submissions.resolve_given_up(**now.mine),
        {S.UNKNOWN: (S.FAILED, A.SUBMISSION_RESOLVED)},
    ),
    "resolve_found": (
        lambda now: submissions.resolve_found(submission=now.submission, lead={"id": "bc-9"}, actor=SYSTEM),
        {S.UNKNOWN: (S.CREATED, A.SUBMISSION_RESOLVED)},
    ),
}
CELLS = [(name, state) for name in ARROWS for state in State]


@pytest.fixture
def situation(team: Team, bob: User, key: BreakcoldKey) -> Callable[[State], Situation]:
    def make(state: State) -> Situation:
        reviewer_of(team)  # whoever acts is there before anything is counted
        made = bring_to(state, team, bob, key)
        attempt_for(made, key)
        Submission.objects.filter(pk=made.pk).update(send_after=timezone.now() + UNDO_TIME)
        return Situation(made, team, bob, key)

    return make


@pytest.mark.parametrize(("name", "state"), [cell for cell in CELLS if cell[1] in ARROWS[cell[0]][1]])
def test_it_follows_a_legal_arrow_with_one_entry(name: str, state: State, situation) -> None:
    now = situation(state)
    act, arrows = ARROWS[name]
    before = entries_about(now.submission)
    act(now)
    end, action = arrows[state]
    assert row_of(now.submission)["state"] == end
    assert entries_about(now.submission) == [*before, action]


@pytest.mark.parametrize(("name", "state"), [cell for cell in CELLS if cell[1] not in ARROWS[cell[0]][1]])
def test_it_refuses_an_illegal_arrow_and_changes_nothing(name: str, state: State, situation) -> None:
    now = situation(state)
    row, count = row_of(now.submission), AuditEntry.objects.count()
    with pytest.raises(submissions.IllegalTransition):
        ARROWS[name][0](now)
    assert row_of(now.submission) == row
    assert AuditEntry.objects.count() == count


def test_it_has_a_service_function_for_every_arrow_of_the_table() -> None:
    walked = {(start, end) for _, arrows in ARROWS.values() for start, (end, _) in arrows.items() if start != end}
    entered = {(State.DRAFT, State.PENDING_REVIEW), (State.DRAFT, State.QUEUED)}
    assert walked | entered == {(old, new) for old, ends in TRANSITIONS.items() for new in ends}


def test_it_covers_every_public_arrow() -> None:
    public = {name for name in submissions.__all__ if name.islower()}
    elsewhere = {
        "begin_look_up",
        "body_of",
        "clear",
        "difference",
        "digest_of",
        "enter",
        "enter_imported",
        "enter_many",
        "finish_look_up",
        "has_crashed_too_often",
        "look_at",
        "has_written",
        "look_ups_died_in",
        "looked_since",
        "may_decide",
        "note_late",
        "required_comment",
        "suspect",
        "swap_values",
        "version_of",
    }
    assert {name.split()[0] for name in ARROWS} == public - elsewhere


@pytest.mark.parametrize(
    ("name", "state"), [cell for cell in CELLS if cell[1] in ARROWS[cell[0]][1] and cell[0] != "claim_next"]
)
def test_it_refuses_a_row_somebody_else_moved_meanwhile(name: str, state: State, situation) -> None:
    """Read in a legal state, but no longer in it when the update comes."""
    now = situation(state)
    Submission.objects.filter(pk=now.submission.pk).update(state=State.CANCELLED)
    row, count = row_of(now.submission), AuditEntry.objects.count()
    with pytest.raises(submissions.IllegalTransition):
        ARROWS[name][0](now)
    assert row_of(now.submission) == row
    assert AuditEntry.objects.count() == count


@pytest.mark.parametrize("old", State)
def test_it_allows_exactly_what_the_table_says(old: State) -> None:
    assert {new for new in State if is_allowed(old, new)} == TRANSITIONS[old]


def test_it_says_in_a_sentence_what_the_lead_is_now(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.CREATED, team, bob, key)
    with pytest.raises(
        submissions.IllegalTransition, match="Nothing was changed: meanwhile this lead is “In Breakcold”"
    ):
        submissions.retry(submission=lead, actor=actor_for(bob))
