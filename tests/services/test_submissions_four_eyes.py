"""Whoever wrote what a lead says does not approve it: who entered it, whose script brought it, who rewrote it."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from leads.audit import OPERATOR, Actor, ActorKind
from leads.models import Submission, Team, User
from leads.models.submissions import Door
from leads.models.teams import Role
from leads.services import members, submissions, tokens
from leads.services.teams import NotPossible
from leads.states import State
from tests.factories import actor_for, lead_values, make_member, make_submission

pytestmark = pytest.mark.django_db

DECISIONS = {
    "approve": submissions.approve,
    "edit and approve": partial(submissions.approve, values=lead_values(city="Galway")),
    "send back": partial(submissions.send_back, comment="Which city?"),
    "reject": partial(submissions.reject, comment="No."),
}


@pytest.fixture
def reviewing(team: Team) -> Team:
    team.reviews = True
    team.save()
    return team


@pytest.fixture
def dave(team: Team) -> User:
    return make_member(team, "dave", Role.ADMIN)


def by_script(team: Team, owner: User) -> Submission:
    token, _ = tokens.issue_token(team=team, name="script", owner=owner, actor=actor_for(owner))
    actor = Actor(kind=ActorKind.TOKEN, door=Door.GATEWAY, token=token)
    return submissions.enter(team=team, values=lead_values(), actor=actor).submission


def read(lead: Submission) -> Submission:
    return Submission.objects.select_related("team").get(pk=lead.pk)


def rewrite(lead: Submission, user: User, **values: str) -> Submission:
    """Taken back, changed and sent to review again."""
    draft = submissions.withdraw(submission=read(lead), actor=actor_for(user))
    submissions.submit(submission=draft, values=lead_values(**values), actor=actor_for(user))
    return read(lead)


def test_it_knows_whose_lead_it_is(reviewing, alice, bob) -> None:
    assert make_submission(reviewing, bob).entered_by == bob
    lead = by_script(reviewing, alice)
    assert (lead.created_by, lead.entered_by) == (None, alice)


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_it_binds_an_admin_who_rewrote_what_a_script_brought(decide, reviewing, alice, carol, dave) -> None:
    lead = rewrite(by_script(reviewing, carol), alice, city="Cork")
    assert lead.rewritten_by == alice
    with pytest.raises(NotPossible, match="nobody reviews what they wrote themselves"):
        decide(submission=lead, actor=actor_for(alice))
    with pytest.raises(NotPossible, match="a lead of their own"):
        decide(submission=lead, actor=actor_for(carol))
    assert read(lead).state == State.PENDING_REVIEW
    decide(submission=lead, actor=actor_for(dave))
    assert read(lead).decided_by == dave


def test_it_binds_everybody_who_rewrote_it_and_not_only_the_last(reviewing, alice, bob, carol, dave) -> None:
    lead = make_submission(reviewing, bob)
    members.remove_member(team=reviewing, user=bob, actor=OPERATOR)
    lead = rewrite(rewrite(lead, alice, city="Cork"), dave, city="Galway")
    assert lead.rewritten_by == dave
    for user in (alice, dave):
        assert not submissions.may_decide(lead, user)
        with pytest.raises(NotPossible, match="wrote themselves"):
            submissions.approve(submission=lead, actor=actor_for(user))
    submissions.approve(submission=lead, actor=actor_for(carol))


def test_it_stays_who_rewrote_it_when_its_own_person_changes_it_again(reviewing, alice, bob) -> None:
    lead = rewrite(rewrite(make_submission(reviewing, bob), alice, city="Cork"), bob, city="Galway")
    assert lead.rewritten_by == alice and not submissions.may_decide(lead, alice)


def test_it_does_not_bind_who_only_passed_it_on(reviewing, alice, carol) -> None:
    lead = rewrite(by_script(reviewing, carol), alice)
    assert lead.rewritten_by is None
    submissions.approve(submission=lead, actor=actor_for(alice))


def test_it_lets_a_reviewer_correct_and_approve_and_look_again_later(reviewing, bob, carol) -> None:
    """Editing while approving is the reviewer's work: whoever entered the lead is the other pair of eyes."""
    lead = make_submission(reviewing, bob)
    submissions.approve(submission=lead, values=lead_values(city="Cork"), actor=actor_for(carol))
    Submission.objects.filter(pk=lead.pk).update(state=State.FAILED)
    draft = submissions.reopen(submission=read(lead), actor=actor_for(bob))
    submissions.submit(submission=draft, actor=actor_for(bob))
    again = read(lead)
    assert again.rewritten_by is None and submissions.may_decide(again, carol)
    submissions.approve(submission=again, actor=actor_for(carol))


def test_it_does_not_bind_who_replaced_an_option_everywhere(reviewing, alice, bob) -> None:
    lead = make_submission(reviewing, bob, tags=["old"])
    submissions.swap_values(submission=read(lead), values=lead.values | {"tags": ["new"]}, actor=actor_for(alice))
    swapped = read(lead)
    assert swapped.revisions.get().by_replacing and swapped.rewritten_by is None
    submissions.approve(submission=swapped, actor=actor_for(alice))


def test_it_binds_nobody_in_a_team_that_does_without(reviewing, alice, carol) -> None:
    lead = rewrite(by_script(reviewing, carol), alice, city="Cork")
    Team.objects.filter(pk=reviewing.pk).update(four_eyes=False)
    submissions.approve(submission=read(lead), actor=actor_for(alice))


@pytest.mark.parametrize("column", ["entered_by", "rewritten_by"])
def test_the_database_itself_refuses_a_decision_on_one_s_own(column, reviewing, alice, carol) -> None:
    lead = by_script(reviewing, carol)
    Submission.objects.filter(pk=lead.pk).update(**{column: alice})
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=lead.pk).update(decided_by=alice)
    Submission.objects.filter(pk=lead.pk).update(decided_by=alice, four_eyes=False)
