"""A drain that dies, is held up, or loses its hold or its lease: still every lead once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import Error
from django.utils import timezone

from leads import audit
from leads.delivery import drain, sweep, throttle
from leads.models import BreakcoldKey
from leads.services import submissions
from leads.states import State

from .kit import actions, check_books, fresh, outcomes, state_of
from .queueing import queueing

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(clock, key, team, bob):
    return queueing(team, key, bob)


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
    (drain, "_keep_and_claim"),
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
    def stumble(*args, **more):
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
