from __future__ import annotations

from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from leads.audit import OPERATOR, Actor, ActorKind
from leads.models import AuditEntry, BreakcoldKey, ReviewComment, Submission, Team, User
from leads.models.submissions import Door
from leads.models.teams import Role
from leads.services import members, submissions, tokens
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
    members.add_member(team=team, email=bob.email, role=Role.ADMIN, actor=OPERATOR)
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
    assert ReviewComment.objects.get().text == "Ask Aoife for the city."
    assert "Aoife" not in str(AuditEntry.objects.order_by("-sequence").first().details)


def test_it_keeps_the_thread_with_the_lead(team: Team, bob: User, key: BreakcoldKey, carol: User) -> None:
    lead = bring_to(State.CHANGES_REQUESTED, team, bob, key)
    submissions.submit(submission=lead, comment="It is Cork.", actor=actor_for(bob))
    submissions.comment_on(submission=lead, text="Thank you.", actor=actor_for(carol))
    submissions.approve(submission=lead, comment="Good.", actor=actor_for(carol))
    said = list(lead.comments.values_list("decision", "text"))
    assert said[1:] == [("submit", "It is Cork."), ("", "Thank you."), ("approve", "Good.")]
    assert said[0][0] == "send-back"


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


def test_it_corrects_and_approves_in_one_step(waiting: Submission, as_carol: Actor) -> None:
    before = dict(waiting.values)
    values = before | {"city": "Cork", "attributes": {"a1": "x"}}
    submissions.approve(submission=waiting, values=values, actor=as_carol)
    lead = Submission.objects.get()
    assert (lead.state, lead.values["city"]) == (State.QUEUED, "Cork")
    revision = lead.revisions.get()
    assert revision.is_correction and revision.author == as_carol.user
    assert revision.changes == {"city": [None, "Cork"], "attributes.a1": [None, "x"]}
    assert entries_about(waiting) == ["submission.submitted", "submission.corrected", "submission.approved"]
    corrected = AuditEntry.objects.get(action="submission.corrected")
    assert corrected.details["fields"] == ["attributes.a1", "city"] and "Cork" not in str(corrected.details)


def test_it_corrects_nothing_when_the_decision_comes_too_late(waiting: Submission, as_carol: Actor, bob: User) -> None:
    stale = Submission.objects.select_related("team").get()
    submissions.withdraw(submission=waiting, actor=actor_for(bob))
    with pytest.raises(submissions.IllegalTransition):
        submissions.approve(submission=stale, values={"email": "new@example.com"}, actor=as_carol)
    assert Submission.objects.get().values["email"] != "new@example.com"
    assert not Submission.objects.get().revisions.exists()


def test_it_fixes_what_is_sent_when_it_is_approved(waiting: Submission, as_carol: Actor) -> None:
    submissions.approve(submission=waiting, actor=as_carol)
    lead = Submission.objects.get()
    assert lead.approved_digest == submissions.digest_of(lead) != ""


def test_it_lets_a_team_do_without_four_eyes(team: Team, waiting: Submission, bob: User) -> None:
    members.add_member(team=team, email=bob.email, role=Role.ADMIN, actor=OPERATOR)
    Team.objects.filter(pk=team.pk).update(four_eyes=False)
    submissions.approve(submission=Submission.objects.select_related("team").get(), actor=actor_for(bob))
    assert Submission.objects.get().decided_by == bob


def test_the_database_itself_wants_four_eyes(waiting: Submission, bob: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.update(decided_by=bob)


def test_it_lets_nobody_decide_on_what_their_own_token_entered(team: Team, alice: User) -> None:
    token, _ = tokens.issue_token(team=team, name="script", actor=actor_for(alice))
    by_token = Actor(kind=ActorKind.TOKEN, door=Door.GATEWAY, token=token)
    lead = submissions.enter(team=team, values={"email": "x@example.com"}, actor=by_token).submission
    with pytest.raises(NotPossible, match="Somebody else"):
        submissions.approve(submission=lead, actor=actor_for(alice))


def test_it_marks_who_has_a_lead_open(waiting: Submission, as_carol: Actor) -> None:
    count = AuditEntry.objects.count()
    submissions.look_at(submission=waiting, actor=as_carol)
    submissions.look_at(submission=waiting, actor=as_carol)
    look = waiting.looks.get()
    assert look.reviewer == as_carol.user and look.seen_at > submissions.looked_since(timezone.now())
    assert AuditEntry.objects.count() == count


def test_it_brings_a_rejected_lead_back_to_review_although_the_team_reviews_no_more(
    team: Team, bob: User, key: BreakcoldKey
) -> None:
    lead = bring_to(State.REJECTED, team, bob, key)
    Team.objects.filter(pk=team.pk).update(reviews=False)
    lead = submissions.reopen(submission=Submission.objects.select_related("team").get(), actor=actor_for(bob))
    submissions.submit(submission=lead, values={"email": "other@example.com"}, actor=actor_for(bob))
    assert Submission.objects.get().state == State.PENDING_REVIEW


def test_it_sends_nothing_again_that_nobody_approved_in_a_team_that_reviews(
    team: Team, bob: User, key: BreakcoldKey
) -> None:
    lead = bring_to(State.FAILED, team, bob, key)
    Team.objects.filter(pk=team.pk).update(reviews=True)
    lead = Submission.objects.select_related("team").get()
    with pytest.raises(NotPossible, match="nobody approved this one"):
        submissions.retry(submission=lead, actor=actor_for(bob))
    assert Submission.objects.get().state == State.FAILED
