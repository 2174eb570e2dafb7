from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import Error
from django.utils import timezone

from leads import audit
from leads.breakcold.errors import Answer, RateLimit
from leads.delivery import drain, sweep, throttle
from leads.models import AuditEntry, BreakcoldKey, DeliveryAttempt, RateBucket, Submission
from leads.models.keys import KeyStatus
from leads.models.submissions import Lane
from leads.models.teams import Environment
from leads.services import keys, submissions
from leads.states import State
from tests.factories import OPERATOR, actor_for, lead_values, make_submission
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from .kit import actions, check_books, emails, fresh, key_of, outcomes, paths, said, state_of, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(clock, key, team, bob):
    plenty = Answer(status=200, body={}, rate_limit=RateLimit(1000, 1000, 60.0))
    throttle.learn_from(key, plenty)  # else calls are spread over time until an answer told of the budget

    def enter(*names, lane=Lane.INTERACTIVE):
        return [
            submissions.enter(
                team=team, values=lead_values(email=f"{name}@example.com"), lane=lane, actor=actor_for(bob)
            ).submission
            for name in names
        ]

    return enter


def names(sandbox):
    return [email.removesuffix("@example.com") for email in emails(sandbox)]


def test_it_brings_every_lead_once(enter, run, sandbox, team):
    enter(*"abcde")
    run()
    run()
    assert names(sandbox) == list("abcde")
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


# The circuit


def test_it_stops_sending_after_three_troubles_in_a_row(enter, run, sandbox, team):
    enter(*map(str, range(50)))
    sandbox.fault("cut", times=None)
    sandbox.fault("status", path="/rest/me", method="GET", status=503, times=None)
    run()
    for _ in range(20):
        run(60)
    assert states(team) == {"queued": 47, "unknown": 3}
    assert set(paths(sandbox)[3:]) == {"/me"}
    assert "Breakcold is not answering properly" in said(Submission.objects.filter(state="queued").first())


def test_it_loses_nothing_in_an_outage(enter, run, sandbox, team):
    enter(*map(str, range(50)))
    sandbox.fault("create_then_cut", times=3)
    run()
    sandbox.down()
    for _ in range(30):
        run(120)
    sandbox.up()
    for _ in range(10):
        run(300)
    assert states(team) == {"created": 50}
    check_books(sandbox, team)


def test_it_needs_one_more_trouble_to_open_the_circuit_again(enter, run, sandbox):
    enter(*"abcdefgh")
    sandbox.fault("cut", times=4)
    run()
    assert paths(sandbox) == ["/lead"] * 3
    run(16)
    assert paths(sandbox)[3:5] == ["/me", "/leads/list"]
    assert paths(sandbox).count("/lead") == 4
    assert key_of(BreakcoldKey.objects.get().team).is_waiting
    assert actions(BreakcoldKey.objects.get().team).count("key.circuit_opened") == 2


def test_it_probes_less_and_less_often(enter, run, sandbox, key):
    enter(*"abc")
    sandbox.down()
    run()
    waits = []
    for _ in range(7):
        at = drain.next_time(key.public_id)
        waits.append(round((at - timezone.now()).total_seconds()))
        run(waits[-1])
    assert waits == [15, 30, 60, 120, 300, 300, 300]


def test_it_pauses_a_key_whose_probe_is_refused(enter, run, sandbox, team):
    enter(*"abc")
    sandbox.fault("cut", times=3)
    run()
    sandbox.revoke(SANDBOX_KEY)
    run(16)
    assert key_of(team).status == KeyStatus.PAUSED
    assert actions(team)[-1] == "key.paused"


# A paused key


def test_it_sends_nothing_with_a_paused_key_until_a_probe_answers(enter, run, sandbox, team):
    enter(*"abc")
    sandbox.revoke(SANDBOX_KEY)
    run()
    run(299)
    assert paths(sandbox) == ["/lead"]
    run(1)
    assert paths(sandbox) == ["/lead", "/me"]
    sandbox.restore(SANDBOX_KEY)
    run(900)
    assert names(sandbox) == list("abc")
    assert states(team) == {"created": 3}
    assert actions(team).count("key.paused") == actions(team).count("key.reopened") == 1


def test_it_sends_everything_with_the_key_that_replaces_a_refused_one(enter, run, sandbox, team):
    enter(*"abc")
    sandbox.revoke(SANDBOX_KEY)
    run()
    new = keys.set_key(team=team, plain=OTHER_SANDBOX_KEY, environment=Environment.SANDBOX, check=True, actor=OPERATOR)
    drain.drain(new.public_id)
    assert names(sandbox) == list("abc")
    assert drain.drain(BreakcoldKey.objects.get(status=KeyStatus.REVOKED).public_id) is None


def test_it_does_not_spin_on_a_key_that_cannot_be_opened(enter, run, sandbox, key, team):
    enter("a")
    BreakcoldKey.objects.update(sealed="damaged")
    for _ in range(4):
        run()
        at = drain.next_time(key.public_id)
        assert at > timezone.now() + timedelta(seconds=100)
        run((at - timezone.now()).total_seconds())
    assert sandbox.calls() == []
    assert actions(team).count("key.paused") == 1


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


class Killed(BaseException):
    """The process ends here."""


def dies_before(work):
    def die(*args, **kwargs):
        raise Killed

    return die


def dies_after(work):
    def die(*args, **kwargs):
        work(*args, **kwargs)
        raise Killed

    return die


STEPS = [
    (throttle, "spend"),
    (submissions, "claim_next"),
    (drain, "_send"),
    (submissions, "record_created"),
    (drain, "_keep"),
]


@pytest.mark.parametrize(("module", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize("dies", [dies_before, dies_after])
def test_it_makes_a_lead_once_wherever_it_dies(enter, run, sandbox, key, monkeypatch, module, step, dies):
    [lead] = enter("a")
    monkeypatch.setattr(module, step, dies(getattr(module, step)))
    with pytest.raises(Killed):
        run()
    monkeypatch.undo()
    assert (state_of(lead) == State.SENDING) == (lead.attempts.exists() and not fresh(lead).breakcold_id)
    for seconds in (61, 15, 105, 780):
        run(seconds)
        sweep.sweep()
    assert state_of(lead) == State.CREATED
    check_books(sandbox, lead.team)


def test_it_lets_go_of_the_key_when_something_unexpected_happens(lead, run, sandbox, key, monkeypatch):
    def stumble(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(drain, "_deliver", stumble)
    with pytest.raises(ZeroDivisionError):
        run()
    monkeypatch.undo()
    run()
    assert state_of(lead) == State.CREATED


# The hold, the lease and the clock


def test_it_leaves_a_key_alone_that_another_drain_holds(lead, run, sandbox, key):
    BreakcoldKey.objects.update(drain_token=lead.public_id, drain_until=timezone.now() + timedelta(seconds=60))
    run(59)
    assert sandbox.calls() == []
    run(1)
    assert state_of(lead) == State.CREATED


def test_it_takes_a_hold_from_before_the_clock_was_set_back(lead, run, sandbox):
    BreakcoldKey.objects.update(drain_token=lead.public_id, drain_until=timezone.now() + timedelta(days=1))
    run()
    assert state_of(lead) == State.CREATED


def test_it_does_not_send_after_it_was_held_up(lead, run, sandbox, clock, monkeypatch):
    """A worker that was stopped between claim and call may have lost the lead to another one."""
    send = drain._send

    def stop_then_send(*args):
        clock.shift(61)
        return send(*args)

    monkeypatch.setattr(drain, "_send", stop_then_send)
    run()
    monkeypatch.undo()
    assert sandbox.calls() == []
    assert (state_of(lead), outcomes(lead)) == (State.QUEUED, ["not_sent"])
    run(10)
    assert state_of(lead) == State.CREATED


@pytest.mark.parametrize("fault", ["create_then_cut", None], ids=["unknown", "created"])
def test_it_is_fenced_when_its_lease_ran_out(lead, run, sandbox, monkeypatch, fault):
    send = drain._send

    def send_while_the_lease_runs_out(*args):
        submissions.expire_lease(submission=fresh(lead), look_up_at=timezone.now() + timedelta(seconds=15))
        return send(*args)

    monkeypatch.setattr(drain, "_send", send_while_the_lease_runs_out)
    if fault:
        sandbox.fault(fault)
    run()
    monkeypatch.undo()
    assert state_of(lead) == (State.UNKNOWN if fault else State.CREATED)
    run(15)
    assert state_of(lead) == State.CREATED
    check_books(sandbox, lead.team)


@pytest.mark.django_db(transaction=True)
def test_it_keeps_an_outcome_although_the_database_failed_twice(lead, run, sandbox, monkeypatch):
    record, failures = submissions.record_created, [Error("away"), Error("away")]

    def fail_twice(**kwargs):
        result = record(**kwargs)
        if failures:
            raise failures.pop()
        return result

    monkeypatch.setattr(submissions, "record_created", fail_twice)
    monkeypatch.setattr(drain, "RECORD_AFTER_SECONDS", (0, 0.001, 0.001))
    run()
    assert state_of(lead) == State.CREATED
    assert actions(lead.team).count("submission.created") == 1
    assert list(audit.verify(lead.team)) == []


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
