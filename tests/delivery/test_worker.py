"""The parts of ``manage.py worker`` that need no process of their own."""

from __future__ import annotations

import threading

import pytest
from django.db import Error, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from leadportal.redaction import RedactingFormatter
from leads.delivery import drain, tasks, throttle, wakeup
from leads.delivery.engine import on_database
from leads.management.commands import worker
from leads.states import State
from tests.factories import make_submission
from tests.fakes import SANDBOX_KEY

from .kit import key_of, state_of

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30


@pytest.fixture
def pool():
    made = on_database.Pool(threads=2)
    yield made
    made.stop()
    made.finish()


def in_the_background(run):
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def polled(pool):
    try:
        pool.run()
    finally:
        connection.close()


@pytest.mark.parametrize("trouble", [Error("away"), ZeroDivisionError("a bug")], ids=["database", "bug"])
def test_it_goes_on_sweeping_whatever_happens(monkeypatch, trouble):
    rounds, stopping = [], threading.Event()

    def sweep():
        rounds.append(1)
        if len(rounds) == 3:
            stopping.set()
        raise trouble

    monkeypatch.setattr(worker, "sweep", sweep)
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.001)
    worker.sweep_until(stopping)
    assert len(rounds) == 3


def test_it_takes_no_task_before_a_thread_is_free(pool, key, monkeypatch):
    """Another worker may have one."""
    DBTaskResult.objects.all().delete()
    started, go_on = threading.Semaphore(0), threading.Event()

    def hold(key_id):
        started.release()
        assert go_on.wait(PATIENCE)

    monkeypatch.setattr(drain, "drain", hold)
    for _ in range(5):
        tasks.drain_key.enqueue(str(key.public_id))
    poller = in_the_background(lambda: polled(pool))
    try:
        assert started.acquire(timeout=PATIENCE)
        assert started.acquire(timeout=PATIENCE)
        assert DBTaskResult.objects.filter(status="READY").count() == 3
    finally:
        go_on.set()
        pool.stop()
        poller.join(PATIENCE)
    assert not poller.is_alive()


def test_it_survives_a_drain_that_breaks_off(pool, key, team, bob, monkeypatch, caplog):
    work = drain._work

    def stumble(*args):
        monkeypatch.setattr(drain, "_work", work)
        raise ZeroDivisionError(f"with the key {SANDBOX_KEY}")

    monkeypatch.setattr(drain, "_work", stumble)
    lead = make_submission(team, bob)
    poller = in_the_background(lambda: polled(pool))
    try:
        wait_until(lambda: DBTaskResult.objects.filter(status="FAILED").exists())
        assert key_of(team).drain_token is None
        wakeup.wake(key_of(team), at=timezone.now())
        wait_until(lambda: state_of(lead) == State.CREATED)
    finally:
        pool.stop()
        poller.join(PATIENCE)
    logged = "".join(RedactingFormatter().format(record) for record in caplog.records)
    assert "ZeroDivisionError" in logged
    assert SANDBOX_KEY not in logged


def wait_until(holds):
    waiter = threading.Event()
    for _ in range(PATIENCE * 50):
        if holds():
            return
        waiter.wait(0.02)
    raise AssertionError("it never came about")


def test_it_tells_every_thread_to_stop(pool):
    pool.stop()
    assert throttle.stopping.is_set()
    assert not pool.running
