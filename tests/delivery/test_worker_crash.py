"""Worker processes that are killed, stopped and cut off from their database: nothing is lost, nothing is made twice."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from leads.delivery import wakeup
from leads.models import BreakcoldKey, Submission, WorkerBeat
from leads.monitoring import heartbeat, readiness
from leads.states import State
from tests.factories import make_submission

from .kit import check_books, emails, fresh, outcomes, paths, state_of
from .processes import APPLICATION

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def run_out_of_lease() -> None:
    """As if its minute had passed: the row's lease, and the hold of whoever drained."""
    now = timezone.now()
    Submission.objects.filter(state=State.SENDING).update(lease_until=now)
    BreakcoldKey.objects.update(drain_until=now, wake_at=None)


def hurry_look_up(lead: Submission) -> None:
    Submission.objects.filter(pk=lead.pk, state=State.UNKNOWN).update(look_up_at=timezone.now())
    wakeup.wake(BreakcoldKey.objects.get(), at=timezone.now())


@pytest.mark.parametrize("made", [True, False], ids=["created", "not created"])
def test_it_settles_a_lead_whose_worker_was_killed_in_mid_call(workers, sandbox, key, team, bob, made):
    sandbox.fault("create_then_stall" if made else "stall", seconds=30)
    lead = make_submission(team, bob)
    doomed = workers.start()
    workers.wait_until(lambda: "/lead" in paths(sandbox))
    doomed.kill()
    doomed.wait()
    assert state_of(lead) == State.SENDING
    run_out_of_lease()
    workers.start()
    workers.wait_until(lambda: state_of(lead) == State.UNKNOWN)
    for done in range(1 if made else 3):  # what a look-up saw is kept a moment before the next one is planned
        workers.wait_until(lambda done=done: fresh(lead).look_up_count == done)
        hurry_look_up(lead)
    workers.wait_until(lambda: state_of(lead) == State.CREATED)
    assert outcomes(lead) == (["", "one"] if made else ["", "none", "none", "none", "created"])
    check_books(sandbox, team)


def test_it_finishes_the_call_under_way_when_told_to_stop(workers, sandbox, key, team, bob):
    first, second = make_submission(team, bob), make_submission(team, bob, email="brian@example.com")
    sandbox.fault("delay", seconds=1.5)
    worker = workers.start()
    workers.wait_until(lambda: state_of(first) == State.SENDING)
    worker.terminate()
    assert worker.wait(timeout=20) == 0
    assert (state_of(first), state_of(second)) == (State.CREATED, State.QUEUED)
    assert BreakcoldKey.objects.get().drain_token is None
    workers.start()
    workers.wait_until(lambda: state_of(second) == State.CREATED)
    check_books(sandbox, team)


def test_it_fences_a_worker_that_was_stopped_past_its_lease(workers, sandbox, key, team, bob):
    """Somebody else settles the lead meanwhile; the one that wakes up must neither send nor overwrite."""
    sandbox.fault("create_then_stall", seconds=30)
    lead = make_submission(team, bob)
    zombie = workers.start("--threads", "1")
    workers.wait_until(lambda: "/lead" in paths(sandbox))
    os.kill(zombie.pid, signal.SIGSTOP)
    run_out_of_lease()
    workers.start()
    workers.wait_until(lambda: state_of(lead) == State.UNKNOWN)
    hurry_look_up(lead)
    workers.wait_until(lambda: state_of(lead) == State.CREATED)
    os.kill(zombie.pid, signal.SIGCONT)
    workers.wait_until(lambda: "settled by somebody else" in workers.log(0).read_text())
    assert fresh(lead).breakcold_id == sandbox.ledger()[0]["id"]
    check_books(sandbox, team)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file does not go away")
def test_it_recovers_when_the_database_cut_its_connections(workers, sandbox, key, team, bob):
    worker = workers.start()
    make_submission(team, bob, email="0@example.com")
    workers.wait_until(lambda: len(emails(sandbox)) == 1)
    sandbox.fault("delay", seconds=0.5)
    make_submission(team, bob, email="1@example.com")
    workers.wait_until(lambda: Submission.objects.filter(state=State.SENDING).exists())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [APPLICATION],
        )
        assert cursor.rowcount > 0
    make_submission(team, bob, email="2@example.com")
    workers.wait_until(lambda: Submission.objects.filter(state=State.CREATED).count() == 3)
    assert worker.poll() is None
    check_books(sandbox, team)


def test_a_worker_is_heard_of_until_it_stops_and_falls_silent_when_it_is_killed(workers):
    one, other = workers.start(), workers.start()
    workers.wait_until(lambda: heartbeat.alive().count() == 2)
    assert not readiness.look().reason
    other.kill()
    one.terminate()
    one.wait()
    (left,) = WorkerBeat.objects.all()  # of the killed one: it could not say goodbye
    with time_machine.travel(left.beat_at + timedelta(seconds=25), tick=False):
        assert "no worker" in readiness.look().reason
