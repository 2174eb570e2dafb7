"""A drain comes when there is work: never none, never many."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from leads.delivery import drain, tasks, throttle, wakeup
from leads.models import BreakcoldKey, Submission
from leads.models.submissions import Door
from leads.models.teams import Environment
from leads.services import keys, submissions
from leads.states import State
from tests.factories import OPERATOR, actor_for, lead_values, make_member, make_submission, make_team
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from .kit import emails, key_of, state_of

pytestmark = pytest.mark.django_db


def planned(key: BreakcoldKey) -> list[DBTaskResult]:
    """The drains that are to come for this key."""
    rows = DBTaskResult.objects.filter(status="READY", task_path=tasks.drain_key.module_path)
    return [row for row in rows if row.args_kwargs["args"] == [str(key.public_id)]]


def work_off(*, at_most: int = 50) -> int:
    """What a worker would do now, one task after the other; returns how many there were."""
    for count in range(at_most):
        row = DBTaskResult.objects.ready().filter(task_path=tasks.drain_key.module_path).first()
        if row is None:
            return count
        row.claim("test")
        tasks.drain_key.call(*row.args_kwargs["args"])
        row.set_successful(None)
    raise AssertionError("the tasks never end")


@pytest.fixture
def quiet_key(clock, key):
    """A key whose first drain has been and gone."""
    work_off()
    assert planned(key) == []
    return key


def test_it_wakes_a_drain_for_a_new_lead(quiet_key, team, bob):
    lead = make_submission(team, bob)
    assert work_off() == 1
    assert state_of(lead) == State.CREATED
    assert planned(quiet_key) == []


def test_it_leaves_one_task_for_a_thousand_leads_while_no_worker_runs(quiet_key, team, bob):
    actor = actor_for(bob)
    with transaction.atomic():
        for number in range(1000):
            submissions.enter(team=team, values=lead_values(email=f"{number}@example.com"), actor=actor)
    assert len(planned(quiet_key)) == 1


def test_it_comes_at_the_end_of_the_undo_time(quiet_key, team, bob, clock):
    team.__class__.objects.update(undo_seconds=10)
    team.refresh_from_db()
    lead = make_submission(team, bob)
    [task] = planned(quiet_key)
    assert task.run_after == timezone.now() + timedelta(seconds=10)
    clock.shift(9)
    assert work_off() == 0
    clock.shift(1)
    assert work_off() == 1
    assert state_of(lead) == State.CREATED


def test_it_has_one_task_planned_when_an_earlier_one_is_needed(quiet_key, team, bob, clock):
    team.__class__.objects.update(undo_seconds=10)
    team.refresh_from_db()
    for number in range(5):
        make_submission(team, bob, email=f"form-{number}@example.com")
        actor = actor_for(bob)
        at_once = actor.__class__(kind=actor.kind, door=Door.GATEWAY, user=bob)
        submissions.enter(team=team, values=lead_values(email=f"script-{number}@example.com"), actor=at_once)
        assert len(planned(quiet_key)) == 1
        work_off()
        assert len(planned(quiet_key)) == 1
    clock.shift(10)
    work_off()
    assert planned(quiet_key) == []
    assert set(Submission.objects.values_list("state", flat=True)) == {State.CREATED}


def test_it_plans_one_drain_for_the_moment_the_budget_returns(quiet_key, team, bob, sandbox, clock):
    sandbox.limit(2)
    for number in range(5):
        make_submission(team, bob, email=f"{number}@example.com")
        work_off()
    assert len(emails(sandbox)) == 2
    [task] = planned(quiet_key)
    assert 55 < (task.run_after - timezone.now()).total_seconds() < 63
    clock.shift(63)
    work_off()
    assert len(emails(sandbox)) == 4


def test_it_plans_the_probe_of_a_paused_key(quiet_key, team, bob, sandbox):
    make_submission(team, bob)
    sandbox.revoke(SANDBOX_KEY)
    work_off()
    [task] = planned(quiet_key)
    assert task.run_after == key_of(team).probe_at


def test_it_loses_no_lead_that_arrives_while_a_drain_ends(quiet_key, team, bob, monkeypatch):
    """Between the last look for work and letting go of the key."""
    step, late = drain.step, []

    def step_then_enter(key, client, **more):
        goes_on = step(key, client, **more)
        if not goes_on and not late:
            late.append(make_submission(team, bob, email="late@example.com"))
        return goes_on

    monkeypatch.setattr(drain, "step", step_then_enter)
    make_submission(team, bob)
    work_off()
    assert [state_of(lead) for lead in late] == [State.CREATED]


def test_it_loses_no_lead_whose_task_comes_while_the_key_is_held(quiet_key, team, bob, monkeypatch):
    """That task finds the key taken and goes; the drain that holds it has to look again after letting go."""
    step, late = drain.step, []

    def step_while_another_comes(key, client, **more):
        goes_on = step(key, client, **more)
        if not goes_on and not late:
            late.append(make_submission(team, bob, email="late@example.com"))
            assert drain.drain(key.public_id) is None
            assert key_of(team).wake_at is None
        return goes_on

    monkeypatch.setattr(drain, "step", step_while_another_comes)
    make_submission(team, bob)
    work_off()
    assert [state_of(lead) for lead in late] == [State.CREATED]


def test_it_wakes_nobody_when_the_lead_is_not_kept(quiet_key, team, bob):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        make_submission(team, bob)
        raise ZeroDivisionError
    assert planned(quiet_key) == []
    assert key_of(team).wake_at is None


def test_it_wakes_each_of_two_teams_that_share_a_key(quiet_key, team, bob, sandbox):
    other = make_team("twins")
    theirs = keys.set_key(team=other, plain=SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    work_off()
    make_submission(team, bob)
    make_submission(other, make_member(other, "dora"), email="dora@example.com")
    assert (len(planned(quiet_key)), len(planned(theirs))) == (1, 1)
    work_off()
    assert sorted(emails(sandbox)) == ["aoife@example.com", "dora@example.com"]


def test_it_wakes_the_key_that_replaces_another(quiet_key, team, bob):
    Submission.objects.all().delete()
    lead = make_submission(team, bob)
    DBTaskResult.objects.all().delete()
    keys.set_key(team=team, plain=OTHER_SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    work_off()
    assert state_of(lead) == State.CREATED


def test_it_needs_no_key_to_take_a_lead(clock, team, bob, sandbox):
    team.environment = Environment.SANDBOX
    team.save()
    lead = make_submission(team, bob)
    assert not DBTaskResult.objects.exists()
    keys.set_key(team=team, plain=SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    work_off()
    assert state_of(lead) == State.CREATED


def test_it_leaves_the_work_to_another_worker_when_it_stops(quiet_key, team, bob):
    lead = make_submission(team, bob)
    throttle.stopping.set()
    row = DBTaskResult.objects.ready().get(task_path=tasks.drain_key.module_path)
    row.claim("test")
    tasks.drain_key.call(*row.args_kwargs["args"])
    assert state_of(lead) == State.QUEUED
    assert len(planned(quiet_key)) == 1
    throttle.stopping.clear()
    work_off()
    assert state_of(lead) == State.CREATED


def test_it_does_not_wake_later_than_already_planned(quiet_key):
    now = timezone.now()
    assert wakeup.wake(quiet_key, at=now + timedelta(seconds=10))
    assert not wakeup.wake(quiet_key, at=now + timedelta(seconds=20))
    assert wakeup.wake(quiet_key, at=now + timedelta(seconds=5))
    [task] = planned(quiet_key)
    assert task.run_after == now + timedelta(seconds=5)
