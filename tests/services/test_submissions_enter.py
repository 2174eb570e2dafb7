from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from leads.audit import Actor, ActorKind, values_digest
from leads.models import AuditEntry, Submission, Team, User
from leads.models.submissions import Door, Lane
from leads.services import submissions, tokens
from leads.states import State
from tests.factories import OPERATOR, actor_for, lead_values, make_member, make_team

from .states_of_the_world import entries_about
from .threads import all_at_once

pytestmark = pytest.mark.django_db


def test_it_queues_a_lead_of_a_team_without_review(team: Team, bob: User) -> None:
    entered = submissions.enter(team=team, values=lead_values(), actor=actor_for(bob))
    lead = Submission.objects.get()
    assert entered.is_new
    assert (lead.state, lead.created_by, lead.door, lead.lane) == (State.QUEUED, bob, Door.FORM, Lane.INTERACTIVE)
    assert entries_about(lead) == ["submission.queued"]


def test_it_puts_a_lead_of_a_reviewing_team_into_review(bob: User) -> None:
    team = make_team("careful", reviews=True)
    lead = submissions.enter(team=team, values=lead_values(), actor=actor_for(bob)).submission
    assert (lead.state, lead.queued_at, lead.send_after) == (State.PENDING_REVIEW, None, None)
    assert entries_about(lead) == ["submission.submitted"]


def test_it_leaves_time_to_undo_what_a_person_typed(team: Team, bob: User) -> None:
    team.undo_seconds = 5
    lead = submissions.enter(team=team, values=lead_values(), actor=actor_for(bob)).submission
    assert (lead.send_after - lead.queued_at).total_seconds() == 5


def test_it_sends_what_a_script_entered_at_once(team: Team) -> None:
    team.undo_seconds = 5
    token, _ = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    actor = Actor(kind=ActorKind.TOKEN, door=Door.GATEWAY, token=token)
    lead = submissions.enter(team=team, values=lead_values(), actor=actor).submission
    assert lead.send_after == lead.queued_at
    assert (lead.token, lead.created_by) == (token, None)


def test_it_keeps_the_columns_that_search_uses(team: Team, bob: User) -> None:
    values = {"email": "Aoife@Example.com", "company": "Bräu  AG", "linkedin_url": "https://linkedin.com/in/AoifeB/"}
    submissions.enter(team=team, values=values, actor=actor_for(bob))
    lead = Submission.objects.get()
    assert (lead.email_key, lead.company_key, lead.linkedin_key) == ("aoife@example.com", "brau ag", "aoifeb")


def test_it_records_a_digest_instead_of_the_values(team: Team, bob: User) -> None:
    lead = submissions.enter(team=team, values=lead_values(), actor=actor_for(bob)).submission
    entry = AuditEntry.objects.get(subject_id=lead.public_id)
    assert entry.details == {"values": values_digest(lead.values, lead.salt), "door": "form"}


def test_it_gives_the_same_lead_for_the_same_form(team: Team, bob: User) -> None:
    key = uuid4()
    first = submissions.enter(team=team, values=lead_values(), actor=actor_for(bob), one_time_key=key)
    again = submissions.enter(team=team, values=lead_values(), actor=actor_for(bob), one_time_key=key)
    assert (first.is_new, again.is_new) == (True, False)
    assert first.submission == again.submission
    assert entries_about(first.submission) == ["submission.queued"]


def test_it_refuses_the_same_form_with_other_values(team: Team, bob: User) -> None:
    key = uuid4()
    first = submissions.enter(team=team, values=lead_values(), actor=actor_for(bob), one_time_key=key).submission
    with pytest.raises(submissions.AlreadySent, match=first.reference) as caught:
        submissions.enter(team=team, values=lead_values(city="Cork"), actor=actor_for(bob), one_time_key=key)
    assert caught.value.submission == first
    assert Submission.objects.get().values == lead_values()


def test_it_keeps_the_same_key_of_two_people_apart(team: Team, bob: User, alice: User) -> None:
    key = uuid4()
    for user in (bob, alice):
        assert submissions.enter(team=team, values=lead_values(), actor=actor_for(user), one_time_key=key).is_new
    assert Submission.objects.count() == 2


def test_it_keeps_the_same_key_in_two_teams_apart(team: Team, other_team: Team, bob: User) -> None:
    key = uuid4()
    for each in (team, other_team):
        assert submissions.enter(team=each, values=lead_values(), actor=actor_for(bob), one_time_key=key).is_new


def test_it_keeps_lists_and_unicode_as_they_are(team: Team, bob: User) -> None:
    values = {"first_name": "Zoë 👩🏽‍🌾", "tags": ["a", "b"], "attributes": {"x": {"latitude": 1.5}, "y": False}}
    key = uuid4()
    submissions.enter(team=team, values=values, actor=actor_for(bob), one_time_key=key)
    assert Submission.objects.get().values == values
    assert not submissions.enter(team=team, values=values, actor=actor_for(bob), one_time_key=key).is_new


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_lead_of_a_form_sent_eight_times_at_once(team: Team, bob: User) -> None:
    key = uuid4()

    def send(_: int) -> bool:
        actor = actor_for(bob)
        return submissions.enter(team=team, values=lead_values(), actor=actor, one_time_key=key).is_new

    answers = all_at_once(send, 8)
    assert sorted(answers) == [False] * 7 + [True]
    assert entries_about(Submission.objects.get()) == ["submission.queued"]


@pytest.mark.django_db(transaction=True)
def test_it_takes_the_leads_of_eight_people_at_once(team: Team) -> None:
    people = [make_member(team, f"person-{number}") for number in range(8)]

    def send(number: int) -> bool:
        values = lead_values(email=f"{number}@example.com")
        return submissions.enter(team=team, values=values, actor=actor_for(people[number])).is_new

    assert all_at_once(send, 8) == [True] * 8
    assert Submission.objects.filter(queued_at__lte=timezone.now()).count() == 8
