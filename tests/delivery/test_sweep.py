from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import Error
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from leads.delivery import drain, sweep, tasks
from leads.models import BreakcoldKey, PickerOption, Submission
from leads.models.keys import KeyStatus
from leads.services import submissions
from leads.states import State
from tests.factories import make_submission
from tests.fakes import SANDBOX_KEY

from .kit import fresh, key_of, outcomes, paths, said, state_of
from .test_wakeup import planned, work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def sending(lead, key):
    """A lead whose worker died while it sent."""
    now = timezone.now()
    assert submissions.claim_next(key=key, now=now)
    work_off()
    assert state_of(lead) == State.SENDING
    return fresh(lead)


def test_it_calls_the_outcome_unknown_when_a_lease_ran_out(sending, clock):
    clock.shift(59)
    sweep.sweep()
    assert state_of(sending) == State.SENDING
    clock.shift(1)
    sweep.sweep()
    found = fresh(sending)
    assert found.state == State.UNKNOWN
    assert found.unknown_since == sending.lease_until - timedelta(seconds=60)
    assert found.look_up_at == timezone.now() + timedelta(seconds=15)
    assert "interrupted" in said(sending)
    assert outcomes(sending) == [""]


def test_it_has_an_interrupted_lead_looked_up_and_sent_again(sending, clock, sandbox):
    for seconds in (60, 15, 105, 780):
        clock.shift(seconds)
        sweep.sweep()
        work_off()
    assert state_of(sending) == State.CREATED
    assert paths(sandbox).count("/lead") == 1


def test_it_expires_a_lease_once_when_two_workers_sweep(sending, clock):
    clock.shift(61)
    stale = fresh(sending)
    assert sweep.expire_leases() == 1
    assert not submissions.expire_lease(submission=stale, look_up_at=timezone.now())


def test_it_finds_a_key_whose_task_was_lost(lead, key, clock):
    DBTaskResult.objects.all().delete()
    sweep.sweep()
    assert planned(key) == []
    clock.shift(31)
    sweep.sweep()
    assert len(planned(key)) == 1
    work_off()
    assert state_of(lead) == State.CREATED


def test_it_finds_a_key_whose_drain_broke_off(lead, key, monkeypatch):
    def stumble(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(drain, "_work", stumble)
    with pytest.raises(ZeroDivisionError):
        drain.drain(key.public_id)
    monkeypatch.undo()
    DBTaskResult.objects.all().delete()
    sweep.sweep()
    assert len(planned(key)) == 1


def test_it_finds_a_key_whose_worker_was_killed(lead, key, clock):
    drain._hold(key.public_id, lead.public_id)
    DBTaskResult.objects.all().delete()
    sweep.sweep()
    assert planned(key) == []
    clock.shift(61)
    sweep.sweep()
    work_off()
    assert state_of(lead) == State.CREATED


def test_it_leaves_a_key_alone_that_is_cared_for(lead, key):
    for _ in range(3):
        sweep.sweep()
    assert len(planned(key)) == 1


def test_it_does_not_wake_a_key_before_its_budget_returns(lead, key, team, bob, sandbox, clock):
    sandbox.limit(1)
    make_submission(team, bob, email="brian@example.com")
    work_off()
    [task] = planned(key)
    for _ in range(5):
        clock.shift(5)
        sweep.sweep()
    assert [row.run_after for row in planned(key)] == [task.run_after]
    assert len(sandbox.ledger()) == 1


def test_it_never_wakes_a_revoked_key(lead, key, clock):
    BreakcoldKey.objects.update(status=KeyStatus.REVOKED, sealed="")
    DBTaskResult.objects.all().delete()
    clock.shift(60)
    sweep.sweep()
    assert planned(key) == []


def test_it_goes_on_when_one_part_breaks_off(lead, key, clock, monkeypatch, caplog):
    def stumble():
        raise ZeroDivisionError

    monkeypatch.setattr(sweep, "expire_leases", stumble)
    DBTaskResult.objects.all().delete()
    clock.shift(31)
    sweep.sweep()
    assert len(planned(key)) == 1
    assert "broke off" in caplog.text


def test_it_leaves_a_database_that_is_away_to_its_caller(key, monkeypatch):
    def lose():
        raise Error("away")

    monkeypatch.setattr(sweep, "expire_leases", lose)
    with pytest.raises(Error):
        sweep.sweep()


def test_it_drops_tasks_that_are_long_over(lead, key, clock):
    work_off()
    done = DBTaskResult.objects.filter(status="SUCCESSFUL").count()
    assert done >= 1
    DBTaskResult.objects.filter(task_path=tasks.sync_pickers.module_path).update(
        status="RUNNING", started_at=timezone.now()
    )
    sweep.prune_tasks()
    assert DBTaskResult.objects.filter(status="SUCCESSFUL").count() == done
    clock.shift(6 * 3600 + 61)
    sweep.prune_tasks()
    assert not DBTaskResult.objects.exists()


def syncs() -> int:
    return DBTaskResult.objects.filter(status="READY", task_path=tasks.sync_pickers.module_path).count()


def test_it_reads_the_options_again_when_they_are_old(key, team, clock):
    DBTaskResult.objects.all().delete()
    tasks.sync_pickers.call(str(key.public_id))
    assert PickerOption.objects.filter(team=team).exists()
    sweep.sweep()
    assert syncs() == 0
    clock.shift(6 * 3600 + 1)
    sweep.sweep()
    sweep.sweep()
    assert syncs() == 1


def test_it_pauses_a_key_that_the_options_are_refused_to(key, team, sandbox, clock):
    sandbox.revoke(SANDBOX_KEY)
    tasks.sync_pickers.call(str(key.public_id))
    assert key_of(team).status == KeyStatus.PAUSED
    DBTaskResult.objects.all().delete()
    clock.shift(600)
    sweep.sweep()
    assert syncs() == 0


def test_it_learns_from_a_429_to_the_options(key, team, sandbox):
    sandbox.fault("status", method="GET", path="/rest/lists", status=429, headers={"Retry-After": "50"})
    tasks.sync_pickers.call(str(key.public_id))
    tasks.sync_pickers.call(str(key.public_id))
    assert paths(sandbox) == ["/lists"]
    assert key_of(team).pickers_synced_at is None


def test_it_finds_nothing_to_do_in_an_empty_portal(db):
    sweep.sweep()
    assert not DBTaskResult.objects.exists()
    assert not Submission.objects.exists()
