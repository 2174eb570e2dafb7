from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from leads.audit import OPERATOR, Actor
from leads.models import AuditEntry, BreakcoldKey, Submission, Team, User
from leads.models.teams import Role
from leads.services import submissions, teams
from leads.services.teams import NotPossible
from leads.states import State
from tests.factories import actor_for

from .states_of_the_world import bring_to, enter, entries_about
from .threads import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(team: Team, bob: User) -> Submission:
    return enter(team, bob, reviews=True)


def test_it_queues_what_a_reviewer_approved(waiting: Submission, carol: User) -> None:
    submissions.approve(submission=waiting, actor=actor_for(carol))
    lead = Submission.objects.get()
    assert (lead.state, lead.decided_by, lead.send_after) == (State.QUEUED, carol, lead.queued_at)


def test_it_records_what_the_reviewer_saw(waiting: Submission, carol: User) -> None:
    submissions.approve(submission=waiting, actor=actor_for(carol))
    submitted, approved = AuditEntry.objects.filter(subject_id=waiting.public_id).order_by("sequence")
    assert approved.details["values"] == submitted.details["values"]
    assert approved.actor_id == carol.public_id


@pytest.mark.parametrize("decide", [submissions.approve, submissions.send_back, submissions.reject])
def test_it_lets_nobody_decide_on_a_lead_of_their_own(decide, team: Team, waiting: Submission, bob: User) -> None:
    teams.add_member(team=team, email=bob.email, role=Role.ADMIN, actor=OPERATOR)
    more = {} if decide is submissions.approve else {"comment": "Why not."}
    with pytest.raises(NotPossible, match="Somebody else has to decide"):
        decide(submission=waiting, actor=actor_for(bob), **more)
    assert Submission.objects.get().state == State.PENDING_REVIEW


@pytest.mark.parametrize("decide", [submissions.approve, submissions.send_back, submissions.reject])
def test_it_lets_only_people_decide(decide, waiting: Submission) -> None:
    more = {} if decide is submissions.approve else {"comment": "Why not."}
    with pytest.raises(NotPossible):
        decide(submission=waiting, actor=OPERATOR, **more)


@pytest.mark.parametrize("decide", [submissions.send_back, submissions.reject])
@pytest.mark.parametrize("comment", ["", "  \n", "x" * 2_001, "a\0b"])
def test_it_wants_a_comment_one_can_read(decide, comment: str, waiting: Submission, as_carol: Actor) -> None:
    with pytest.raises(NotPossible):
        decide(submission=waiting, comment=comment, actor=as_carol)
    assert Submission.objects.get().state == State.PENDING_REVIEW
    assert entries_about(waiting) == ["submission.submitted"]


@pytest.mark.parametrize("decide", [submissions.send_back, submissions.reject])
def test_it_keeps_the_comment_out_of_the_log(decide, waiting: Submission, as_carol: Actor) -> None:
    decide(submission=waiting, comment="  Ask Aoife for the city.  ", actor=as_carol)
    assert Submission.objects.get().review_comment == "Ask Aoife for the city."
    assert AuditEntry.objects.order_by("-sequence").first().details == {}


def test_it_forgets_the_old_comment_when_approved(team: Team, bob: User, key: BreakcoldKey, carol: User) -> None:
    lead = bring_to(State.CHANGES_REQUESTED, team, bob, key)
    submissions.submit(submission=lead, actor=actor_for(bob))
    submissions.approve(submission=lead, actor=actor_for(carol))
    assert Submission.objects.get().review_comment == ""


def test_it_approves_nothing_that_changed_since_the_reviewer_looked(
    team: Team, bob: User, key: BreakcoldKey, carol: User, alice: User
) -> None:
    """Sent back by one reviewer, changed, submitted again, approved by another from the page of before."""
    lead = bring_to(State.PENDING_REVIEW, team, bob, key)
    seen = submissions.version_of(lead)
    submissions.send_back(submission=lead, comment="More", actor=actor_for(alice))
    submissions.submit(submission=lead, values={"email": "other@example.com"}, actor=actor_for(bob))
    lead = Submission.objects.select_related("team").get(pk=lead.pk)
    for decide in (submissions.approve, partial(submissions.reject, comment="No")):
        with pytest.raises(NotPossible, match="changed since you looked"):
            decide(submission=lead, seen=seen, actor=actor_for(carol))
    submissions.approve(submission=lead, seen=submissions.version_of(lead), actor=actor_for(carol))
    assert Submission.objects.get().state == State.QUEUED


def test_it_approves_nothing_that_changed_while_it_was_decided(
    team: Team, bob: User, key: BreakcoldKey, carol: User
) -> None:
    lead = bring_to(State.PENDING_REVIEW, team, bob, key)
    Submission.objects.filter(pk=lead.pk).update(updated_at=timezone.now())
    with pytest.raises(submissions.IllegalTransition):
        submissions.approve(submission=lead, actor=actor_for(carol))
    assert Submission.objects.get().state == State.PENDING_REVIEW


@pytest.mark.parametrize("do", [submissions.retry, submissions.resolve_missing, submissions.submit])
def test_it_offers_no_way_around_the_review(do, team: Team, waiting: Submission, bob: User) -> None:
    waiting.team.reviews = False
    with pytest.raises(submissions.IllegalTransition):
        do(submission=waiting, actor=actor_for(bob))
    assert Submission.objects.get().state == State.PENDING_REVIEW


@pytest.mark.django_db(transaction=True)
def test_it_takes_one_of_two_decisions_made_at_once(waiting: Submission, alice: User, carol: User) -> None:
    copies = [Submission.objects.select_related("team").get() for _ in range(2)]

    def decide(number: int) -> bool:
        try:
            if number:
                submissions.approve(submission=copies[1], actor=actor_for(alice))
            else:
                submissions.reject(submission=copies[0], comment="No.", actor=actor_for(carol))
        except submissions.IllegalTransition:
            return False
        return True

    assert sorted(all_at_once(decide, 2)) == [False, True]
    assert len(entries_about(waiting)) == 2
