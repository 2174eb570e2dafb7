"""Leads leave in order, each once, as budget and undo time allow; a bad one does not hold up the others."""

from __future__ import annotations

import pytest
from django.db import Error, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import audit
from leads.delivery import drain, throttle
from leads.models import AuditEntry, BreakcoldKey, DeliveryAttempt, RateBucket, Submission
from leads.models.submissions import Lane
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_submission

from .kit import actions, check_books, fresh, key_of, said, state_of
from .queueing import names, queueing

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(clock, key, team, bob):
    return queueing(team, key, bob)


def test_it_brings_every_lead_once(enter, run, sandbox, team):
    enter(*"abcde")
    run()
    run()
    assert names(sandbox) == list("abcde")
    check_books(sandbox, team)


def test_it_asks_the_database_little_for_each_lead(enter, run, sandbox, team, monkeypatch):
    """Two rows and two entries for each of outcome and intent, in one transaction; the rest is done once a drain."""
    monkeypatch.setattr(drain, "LOOK_AROUND_SECONDS", 600)
    counts = []
    for batch in ("abcd", "efghijklmnop"):
        enter(*batch)
        with CaptureQueriesContext(connection) as asked:
            run()
        statements = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
        counts.append(len([sql for sql in statements if sql not in ("BEGIN", "BEGIN IMMEDIATE", "COMMIT")]))
    few, many = counts
    assert names(sandbox) == list("abcdefghijklmnop")
    assert (many - few) / 8 < 13.5
    check_books(sandbox, team)


def test_it_commits_the_intent_before_a_byte_leaves(lead, run, sandbox, monkeypatch):
    seen = []

    def send(client, attempt):
        seen.append((state_of(lead), actions(lead.team)[-1]))
        return client.create_lead({"email": "aoife@example.com"})

    monkeypatch.setattr(drain, "_send", send)
    run()
    assert seen == [("sending", "submission.claimed")]


def test_it_refuses_what_it_cannot_audit(lead, run, sandbox, monkeypatch):
    def refuse(*args, **kwargs):
        raise Error("no room")

    monkeypatch.setattr(audit, "record", refuse)
    with pytest.raises(Error):
        run()
    assert sandbox.calls() == []
    assert state_of(lead) == State.QUEUED


def test_it_sends_typed_leads_before_bulk(enter, run, sandbox):
    sandbox.limit(2)
    enter("bulk-1", "bulk-2", "bulk-3", lane=Lane.BULK)
    run()
    enter("typed")
    run(70)
    assert names(sandbox) == ["bulk-1", "bulk-2", "typed", "bulk-3"]


def test_it_waits_for_the_end_of_the_undo_time(enter, run, sandbox, team):
    team.__class__.objects.update(undo_seconds=10)
    team.refresh_from_db()
    enter("a")
    run(9)
    assert names(sandbox) == []
    run(1)
    assert names(sandbox) == ["a"]


def test_it_never_sends_what_was_undone(enter, run, sandbox, team, bob):
    team.__class__.objects.update(undo_seconds=10)
    team.refresh_from_db()
    [lead] = enter("a")
    submissions.cancel(submission=lead, actor=actor_for(bob))
    run(20)
    assert (names(sandbox), state_of(lead)) == ([], State.CANCELLED)


def test_it_stops_between_two_leads(enter, run, sandbox, key, monkeypatch):
    enter(*"abc")
    send = drain._send
    monkeypatch.setattr(drain, "_send", lambda *args: throttle.stopping.set() or send(*args))
    run()
    assert names(sandbox) == ["a"]
    assert drain.next_time(key.public_id) <= timezone.now()
    assert key_of(BreakcoldKey.objects.get().team).drain_token is None


def test_it_notes_every_try(lead, run, sandbox):
    sandbox.fault("cut")
    run()
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.purpose, attempt.outcome, attempt.http_status) == ("create", "unknown", None)
    assert len(attempt.body_digest) == 64
    claimed = AuditEntry.objects.get(action="submission.claimed")
    assert claimed.details["body"] == attempt.body_digest


# The budget


def test_it_comes_back_when_the_budget_does(enter, run, sandbox, key):
    sandbox.limit(3)
    enter(*"abcde")
    run()
    assert names(sandbox) == list("abc")
    at = drain.next_time(key.public_id)
    assert 55 <= (at - timezone.now()).total_seconds() <= 62
    run(62)
    assert names(sandbox) == list("abcde")
    assert [call["status"] for call in sandbox.calls()] == [200] * 5


def test_it_counts_no_attempt_against_a_lead_that_was_asked_to_wait(lead, run, sandbox):
    sandbox.fault("status", status=429, times=30)
    for _ in range(30):
        run(3700)
    found = fresh(lead)
    assert (found.state, found.not_sent_count, found.resend_count) == (State.QUEUED, 0, 0)
    run(3700)
    assert state_of(lead) == State.CREATED


def test_it_spends_nothing_when_there_is_nothing_to_send(run, sandbox, key):
    run()
    assert not RateBucket.objects.exists()
    assert drain.next_time(key.public_id) is None


# One bad lead


@pytest.mark.parametrize("values", [{"attributes": "broken"}, {"attributes": ["x"]}, ["not", "even", "an object"]])
def test_it_fails_a_lead_that_cannot_be_written_and_goes_on(enter, run, sandbox, values):
    bad, good = enter("bad", "good")
    Submission.objects.filter(pk=bad.pk).update(values=values)
    run()
    assert (state_of(bad), state_of(good)) == (State.FAILED, State.CREATED)
    assert "holds something that cannot be sent" in said(bad)
    assert names(sandbox) == ["good"]


def test_it_takes_no_heart_from_a_lead_that_never_left(enter, run, key):
    [bad] = enter("bad")
    Submission.objects.filter(pk=bad.pk).update(values={"attributes": "broken"})
    BreakcoldKey.objects.update(troubles_in_a_row=2)
    run()
    assert (state_of(bad), key_of(bad.team).troubles_in_a_row) == (State.FAILED, 2)


def test_it_lets_others_go_before_a_lead_that_is_turned_away_twice(lead, run, sandbox, bob, team):
    """The key works, as the probe shows, so one lead that draws a refusal must not hold up the rest for ever."""
    other = make_submission(team, bob, email="other@example.com")
    sandbox.fault("status", status=403, times=2)
    run()
    assert state_of(lead) == State.QUEUED
    run(300)
    run(900)
    assert (state_of(lead), state_of(other)) == (State.QUEUED, State.CREATED)
    run(3600)
    assert state_of(lead) == State.CREATED
