from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import AuditEntry, BreakcoldKey, DeliveryAttempt, Submission, Team, User
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, lead_values

from .states_of_the_world import bring_to, claim, enter, entries_about, set_reviews
from .threads import all_at_once

pytestmark = pytest.mark.django_db


def test_it_changes_the_values_and_what_search_uses(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.DRAFT, team, bob, key)
    submissions.save_values(submission=lead, values={"email": "new@example.com"}, actor=actor_for(bob))
    stored = Submission.objects.get()
    assert (stored.values, stored.email_key, stored.title) == (
        {"email": "new@example.com"},
        "new@example.com",
        "new@example.com",
    )


def test_it_records_which_fields_changed_and_not_to_what(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.DRAFT, team, bob, key, city="Dublin")
    values = {**lead.values, "city": "Cork", "company": "Acme"}
    submissions.save_values(submission=lead, values=values, actor=actor_for(bob))
    entry = AuditEntry.objects.filter(action="submission.edited").get()
    assert entry.details["fields"] == ["city", "company"]
    assert set(entry.details) == {"values", "fields"}


def test_it_records_a_field_that_was_emptied(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.DRAFT, team, bob, key, city="Dublin")
    values = {name: value for name, value in lead.values.items() if name != "city"}
    submissions.save_values(submission=lead, values=values, actor=actor_for(bob))
    assert AuditEntry.objects.filter(action="submission.edited").get().details["fields"] == ["city"]


def test_it_sends_a_draft_of_a_reviewing_team_to_review(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.DRAFT, team, bob, key)
    set_reviews(lead.team, True)
    assert submissions.submit(submission=lead, actor=actor_for(bob)).state == State.PENDING_REVIEW


def test_it_sends_what_was_sent_back_to_review_even_when_the_team_no_longer_reviews(
    team: Team, bob: User, key: BreakcoldKey
) -> None:
    lead = bring_to(State.CHANGES_REQUESTED, team, bob, key)
    set_reviews(lead.team, False)
    assert submissions.submit(submission=lead, actor=actor_for(bob)).state == State.PENDING_REVIEW


def test_it_undoes_a_lead_that_may_not_leave_yet(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.CANCELLED, team, bob, key)
    assert lead.finished_at is not None
    assert submissions.claim_next(key=key, now=timezone.now() + timedelta(days=1)) is None


def test_it_takes_a_lead_back_that_waits_in_the_queue(team: Team, bob: User, key: BreakcoldKey) -> None:
    """It may have to wait for days, for a key or an outage."""
    lead = bring_to(State.QUEUED, team, bob, key)
    submissions.cancel(submission=lead, actor=actor_for(bob))
    assert Submission.objects.get().state == State.CANCELLED


def test_it_does_not_take_a_lead_back_that_is_being_sent(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.SENDING, team, bob, key)
    with pytest.raises(submissions.IllegalTransition):
        submissions.cancel(submission=lead, actor=actor_for(bob))
    assert Submission.objects.get().state == State.SENDING


def test_it_changes_and_submits_in_one_go_or_not_at_all(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.CHANGES_REQUESTED, team, bob, key)
    stale = Submission.objects.get(pk=lead.pk)
    submissions.submit(submission=lead, values=lead_values(city="Cork"), actor=actor_for(bob))
    with pytest.raises(submissions.IllegalTransition):
        submissions.submit(submission=stale, values=lead_values(city="Lost"), actor=actor_for(bob))
    stored = Submission.objects.get()
    assert (stored.state, stored.values["city"]) == (State.PENDING_REVIEW, "Cork")


def test_it_makes_a_failed_lead_a_clean_draft(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.FAILED, team, bob, key)
    submissions.reopen(submission=lead, actor=actor_for(bob))
    stored = Submission.objects.get()
    assert (stored.problem, stored.finished_at, stored.not_sent_count) == (None, None, 0)


def test_it_puts_a_failed_lead_into_the_queue_as_it_is(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.FAILED, team, bob, key)
    submissions.retry(submission=lead, actor=actor_for(bob))
    stored = Submission.objects.get()
    assert (stored.problem, stored.finished_at, stored.values) == (None, None, lead.values)
    assert claim(key).submission == lead


def test_it_sends_a_retried_lead_after_the_ones_that_wait(team: Team, bob: User, key: BreakcoldKey) -> None:
    failed = bring_to(State.FAILED, team, bob, key)
    waiting = enter(team, bob)
    submissions.retry(submission=failed, actor=actor_for(bob))
    assert [claim(key).submission, claim(key).submission] == [waiting, failed]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["cancel", "claim"])
@pytest.mark.parametrize("tries", range(5))
def test_it_lets_either_the_undo_or_the_worker_have_the_lead(
    first: str, tries: int, team: Team, bob: User, key: BreakcoldKey
) -> None:
    """The undo time ends this very moment: one of the two gets the lead, never both, never none."""
    lead = enter(team, bob)
    Submission.objects.filter(pk=lead.pk).update(send_after=timezone.now() + timedelta(seconds=30))
    late = timezone.now() + timedelta(seconds=60)

    def race(number: int) -> bool:
        if (number == 0) == (first == "cancel"):
            try:
                submissions.cancel(submission=Submission.objects.get(pk=lead.pk), actor=actor_for(bob))
            except submissions.IllegalTransition:
                return False
            return True
        try:
            return submissions.claim_next(key=key, now=late) is not None
        except submissions.IllegalTransition:
            return False

    assert sorted(all_at_once(race, 2)) == [False, True]
    state = Submission.objects.get().state
    won = {State.CANCELLED: "submission.cancelled", State.SENDING: "submission.claimed"}
    assert entries_about(lead) == ["submission.queued", won[State(state)]]
    assert DeliveryAttempt.objects.count() == (state == State.SENDING)


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_of_eight_people_retry(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.FAILED, team, bob, key)
    copies = [Submission.objects.select_related("team").get(pk=lead.pk) for _ in range(8)]

    def retry(number: int) -> bool:
        try:
            submissions.retry(submission=copies[number], actor=actor_for(bob))
        except submissions.IllegalTransition:
            return False
        return True

    assert sorted(all_at_once(retry, 8)) == [False] * 7 + [True]
    assert entries_about(lead).count("submission.retried") == 1
