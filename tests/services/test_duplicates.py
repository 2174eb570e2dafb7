from __future__ import annotations

import pytest
from django.db import connection

from leads.audit import Actor, ActorKind
from leads.models import AuditEntry, Submission, Team, User
from leads.models.submissions import Door, HoldReason
from leads.models.teams import DuplicatePolicy, Environment
from leads.services import duplicates, submissions, tokens
from leads.states import State
from tests.factories import OPERATOR, actor_for, lead_values, make_submission

from .threads import all_at_once

pytestmark = pytest.mark.django_db

AOIFE = {
    "first_name": "Aoife",
    "last_name": "Byrne",
    "company": "Grúdlann Theo",
    "email": "aoife@example.com",
    "phone": "+35312345678",
    "linkedin_url": "https://www.linkedin.com/in/aoifeb",
}


def enter(team: Team, user: User, **values):
    return submissions.enter(team=team, values=values, actor=actor_for(user)).submission


def set_policy(team: Team, policy: str) -> None:
    team.duplicate_policy = policy
    team.save(update_fields=["duplicate_policy"])


def details_of(lead: Submission) -> dict:
    return AuditEntry.objects.filter(subject_id=lead.public_id).order_by("sequence").first().details


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        ({"email": "AOIFE@Example.com"}, True),
        ({"phone": "+35312345678"}, True),
        ({"linkedin_url": "http://linkedin.com/in/AoifeB/?trk=x"}, True),
        ({"first_name": "aoife", "last_name": "BYRNE", "company": "Grudlann  Theo"}, True),
        ({"first_name": "Aoife", "last_name": "Byrne"}, False),
        ({"company": "Grúdlann Theo"}, False),
        ({"first_name": "Brian", "company": "Grúdlann Theo"}, False),
        ({"email": "other@example.com", "city": "Cork"}, False),
        ({"city": "Cork"}, False),
    ],
    ids=repr,
)
def test_it_finds_what_is_probably_the_same(team: Team, bob: User, values, is_found) -> None:
    first = enter(team, bob, **AOIFE)
    second = enter(team, bob, **values)
    assert duplicates.find_like(second) == ([first] if is_found else [])


def test_it_finds_each_once_newest_first(team: Team, bob: User) -> None:
    found = [enter(team, bob, **AOIFE) for _ in range(3)]
    assert duplicates.find_like(found[0]) == [found[2], found[1]]


def test_it_looks_in_the_same_team_and_account_only(team: Team, other_team: Team, bob: User, charlie: User) -> None:
    enter(other_team, charlie, **AOIFE)
    practised = enter(team, bob, **AOIFE)
    Submission.objects.filter(pk=practised.pk).update(environment=Environment.SANDBOX)
    assert duplicates.find_like(enter(team, bob, **AOIFE)) == []


@pytest.mark.parametrize("state", State)
def test_it_counts_all_but_what_was_dropped(team: Team, bob: User, state: State) -> None:
    first = make_submission(team, bob)
    now = first.queued_at
    Submission.objects.filter(pk=first.pk).update(
        state=state, breakcold_id="x", review_since=now, attempt_token=first.public_id, lease_until=now
    )
    found = duplicates.find_like(make_submission(team, bob))
    assert bool(found) is (state not in (State.REJECTED, State.CANCELLED))


def test_it_asks_once_and_by_the_indexes(team: Team, bob: User, django_assert_num_queries) -> None:
    lead = enter(team, bob, **AOIFE)
    with django_assert_num_queries(1) as captured:
        duplicates.find_like(lead)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + captured.captured_queries[0]["sql"].replace("%", "%%"))
            plan = " ".join(str(row) for row in cursor.fetchall())
        for name in ("email", "phone", "linkedin", "company"):
            assert f"submission_by_{name}" in plan


def test_it_warns_a_person_and_enters_it_once_they_accept(team: Team, bob: User) -> None:
    set_policy(team, DuplicatePolicy.WARN)
    first = enter(team, bob, **AOIFE)
    with pytest.raises(duplicates.LooksLikeAnother) as caught:
        enter(team, bob, **AOIFE)
    assert caught.value.found == [first]
    assert Submission.objects.count() == 1
    seen = {first.public_id}
    second = submissions.enter(team=team, values=AOIFE, actor=actor_for(bob), accepted=seen).submission
    assert second.state == State.QUEUED
    assert details_of(second) | {"duplicates": 1, "accepted": True} == details_of(second)
    with pytest.raises(duplicates.LooksLikeAnother):  # there is one more now, which nobody saw
        submissions.enter(team=team, values=AOIFE, actor=actor_for(bob), accepted=seen)


def test_it_does_not_take_the_second_send_of_one_form_for_a_duplicate(team: Team, bob: User) -> None:
    set_policy(team, DuplicatePolicy.WARN)
    first = enter(team, bob, **AOIFE)
    again = submissions.enter(team=team, values=AOIFE, actor=actor_for(bob), one_time_key=first.one_time_key)
    assert (again.submission, again.is_new) == (first, False)


def test_it_asks_no_script(team: Team, bob: User) -> None:
    set_policy(team, DuplicatePolicy.WARN)
    enter(team, bob, **AOIFE)
    token, _ = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    actor = Actor(kind=ActorKind.TOKEN, door=Door.GATEWAY, token=token)
    lead = submissions.enter(team=team, values=AOIFE, actor=actor).submission
    assert lead.state == State.QUEUED
    assert details_of(lead)["duplicates"] == 1 and "accepted" not in details_of(lead)


@pytest.mark.parametrize("door", [Door.FORM, Door.GATEWAY])
def test_it_holds_a_duplicate_for_review(team: Team, bob: User, carol: User, door: Door) -> None:
    set_policy(team, DuplicatePolicy.HOLD)
    first = enter(team, bob, **AOIFE)
    assert (first.state, first.held_for) == (State.QUEUED, "")
    token, _ = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    actor = actor_for(bob) if door == Door.FORM else Actor(kind=ActorKind.TOKEN, door=door, token=token)
    held = submissions.enter(team=team, values=AOIFE, actor=actor).submission
    held.refresh_from_db()
    assert (held.state, held.held_for, held.queued_at) == (State.PENDING_REVIEW, HoldReason.DUPLICATE, None)
    assert details_of(held)["duplicates"] == 1
    submissions.approve(submission=held, actor=actor_for(carol))
    assert held.state == State.QUEUED


def test_it_lets_duplicates_go_where_the_team_wants_that(team: Team, bob: User) -> None:
    set_policy(team, DuplicatePolicy.ALLOW)
    leads = [enter(team, bob, **AOIFE) for _ in range(2)]
    assert [lead.state for lead in leads] == [State.QUEUED] * 2
    assert "duplicates" not in details_of(leads[1])


def make_draft(team: Team, user: User) -> Submission:
    lead = make_submission(team, user)
    Submission.objects.filter(pk=lead.pk).update(state=State.DRAFT)
    lead.refresh_from_db()
    return lead


def test_it_holds_a_draft_like_a_new_lead(team: Team, bob: User) -> None:
    make_submission(team, bob)
    draft = make_draft(team, bob)
    set_policy(team, DuplicatePolicy.HOLD)
    draft.team = team
    submissions.submit(submission=draft, actor=actor_for(bob))
    draft.refresh_from_db()
    assert (draft.state, draft.held_for) == (State.PENDING_REVIEW, HoldReason.DUPLICATE)


def test_it_warns_of_a_draft_and_lets_it_go_when_it_is_no_duplicate_any_more(team: Team, bob: User) -> None:
    first = make_submission(team, bob)
    draft = make_draft(team, bob)
    set_policy(team, DuplicatePolicy.WARN)
    draft.team = team
    with pytest.raises(duplicates.LooksLikeAnother):
        submissions.submit(submission=draft, actor=actor_for(bob))
    submissions.cancel(submission=first, actor=actor_for(bob))
    submissions.submit(submission=draft, actor=actor_for(bob))
    assert draft.state == State.QUEUED


def test_it_does_not_ask_about_a_lead_that_goes_back_to_its_reviewer(team: Team, bob: User) -> None:
    make_submission(team, bob)
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(state=State.CHANGES_REQUESTED)
    lead.refresh_from_db()
    set_policy(team, DuplicatePolicy.WARN)
    lead.team = team
    submissions.submit(submission=lead, actor=actor_for(bob))
    assert lead.state == State.PENDING_REVIEW


@pytest.mark.django_db(transaction=True)
def test_it_holds_all_but_one_of_eight_that_come_at_once(team: Team, bob: User) -> None:
    set_policy(team, DuplicatePolicy.HOLD)

    def send(_: int) -> str:
        return submissions.enter(team=team, values=lead_values(), actor=actor_for(bob)).submission.state

    assert sorted(all_at_once(send, 8)) == [State.PENDING_REVIEW] * 7 + [State.QUEUED]
