"""The Redis engine against a real Redis: never none, never many, and nothing depends on it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from rq.registry import ScheduledJobRegistry

from leads.delivery import engine, sweep, tasks, wakeup
from leads.delivery.engine import on_redis
from leads.models import BreakcoldKey, Submission
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, lead_values, make_submission
from tests.redis_server import RedisServer, need_redis, running_redis

from .kit import check_books, emails, key_of, state_of
from .processes import Workers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def _redis_server(tmp_path_factory) -> Iterator[RedisServer]:
    need_redis()
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(_redis_server, settings) -> Iterator[RedisServer]:
    server = _redis_server
    server.client.flushall()
    use_redis_at(server.port, settings)
    yield server
    if server.is_down:
        server.start()


def use_redis_at(port: int, settings) -> None:
    client = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "retry": None}
    queue = {"HOST": "127.0.0.1", "PORT": port, "REDIS_CLIENT_KWARGS": client}
    queue["SERIALIZER"] = "rq.serializers.JSONSerializer"
    settings.PORTAL_QUEUE = "redis"
    settings.RQ_QUEUES = {"default": queue, "behind": queue}
    settings.TASKS = {"default": {"BACKEND": "django_tasks_rq.RQBackend", "QUEUES": ["default", "behind"]}}


@pytest.fixture
def pool(redis) -> Iterator[on_redis.Pool]:
    made = on_redis.Pool(threads=2)
    yield made
    made.finish()


@pytest.fixture
def work_off(pool):
    """What a worker would do now, one wake-up after the other; returns the tasks there were."""

    def run(*, at_most: int = 20) -> list[str]:
        done: list[str] = []
        while (taken := pool._next()) is not None:
            task, key_id = taken
            task.call(key_id)
            done.append(task.func.__name__)
            assert len(done) < at_most, "the tasks never end"
        return done

    return run


@pytest.fixture
def quiet_key(clock, redis, key, work_off) -> BreakcoldKey:
    work_off()
    assert planned(redis) == {}
    return key


def planned(redis: RedisServer) -> dict[str, float | None]:
    """Every job in Redis: its task, and when it is to run (None: now)."""
    jobs: dict[str, float | None] = {}
    client = redis.client
    for name in ("default", "behind"):
        queue = on_redis._queue(client, name)
        later = ScheduledJobRegistry(queue=queue)
        for job_id in [*queue.job_ids, *(each.decode() for each in client.zrange(later.key, 0, -1))]:
            job = queue.fetch_job(job_id)
            jobs[f"{job.func.func.__name__} {job_id}"] = client.zscore(later.key, job_id)
    return jobs


def test_it_brings_a_lead_and_leaves_no_trace_in_redis(quiet_key, redis, team, bob, work_off):
    lead = make_submission(team, bob)
    assert work_off() == ["drain_key"]
    assert state_of(lead) == State.CREATED
    assert redis.client.keys("rq:job:*") == []
    assert redis.client.hgetall(on_redis.PLANNED) == {}


def test_it_keeps_nothing_of_a_lead_in_redis(quiet_key, redis, team, bob):
    make_submission(team, bob)
    [job] = redis.client.keys("rq:job:*")
    kept = repr(redis.client.hgetall(job))
    assert str(quiet_key.public_id) in kept
    assert "aoife" not in kept.lower()


def test_it_leaves_one_job_for_a_hundred_leads_while_no_worker_runs(quiet_key, redis, team, bob):
    for number in range(100):
        submissions.enter(team=team, values=lead_values(email=f"{number}@example.com"), actor=actor_for(bob))
    assert len(planned(redis)) == 1


def test_it_wakes_nobody_when_the_lead_is_not_kept(quiet_key, redis, team, bob):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        make_submission(team, bob)
        assert planned(redis) == {}
        raise ZeroDivisionError
    assert planned(redis) == {}


def test_it_comes_when_the_undo_time_is_over_and_not_before(quiet_key, redis, team, bob, clock, work_off):
    clock.shift(0.7)  # between two seconds
    team.__class__.objects.update(undo_seconds=10)
    team.refresh_from_db()
    lead = make_submission(team, bob)
    [at] = planned(redis).values()
    assert at == (timezone.now() + timedelta(seconds=10)).timestamp()
    clock.shift(9.9)
    assert work_off() == []
    clock.shift(0.2)
    assert work_off() == ["drain_key"]
    assert state_of(lead) == State.CREATED


def test_it_has_one_job_planned_when_an_earlier_one_is_needed(quiet_key, redis):
    now = timezone.now()
    for seconds in (20, 10, 30, 5):
        wakeup.wake(quiet_key, at=now + timedelta(seconds=seconds))
    assert list(planned(redis).values()) == [(now + timedelta(seconds=5)).timestamp()]


def test_it_reads_options_after_the_leads_and_once(quiet_key, redis, team, bob, work_off):
    for _ in range(3):
        tasks.plan_sync(str(quiet_key.public_id), at=timezone.now())
    make_submission(team, bob)
    assert work_off() == ["drain_key", "sync_pickers"]
    asked = engine.current().planned_or_since(tasks.sync_pickers, timezone.now() - timedelta(minutes=1))
    assert asked == {str(quiet_key.public_id)}


def test_it_finds_a_lead_again_when_redis_lost_everything(quiet_key, redis, team, bob, clock, work_off):
    lead = make_submission(team, bob)
    redis.client.flushall()
    sweep.sweep()
    clock.shift(25)
    sweep.sweep()
    assert work_off().count("drain_key") == 1
    assert state_of(lead) == State.CREATED


def test_it_takes_leads_while_redis_is_away_and_brings_them_by_the_sweep(quiet_key, redis, team, bob, pool, work_off):
    redis.stop()
    lead = make_submission(team, bob)
    assert [key_id for _, key_id in pool._own] == [str(quiet_key.public_id)]
    sweep.sweep()
    assert work_off() == ["drain_key"]
    assert state_of(lead) == State.CREATED


def test_a_page_is_served_while_redis_is_away(quiet_key, redis, pool, team, bob, sign_in):
    pool.finish()  # no worker in this process
    redis.stop()
    answer = sign_in(bob).post(f"/t/{team.slug}/submissions/new/", {"email": "aoife@example.com", "first_name": "A"})
    assert answer.status_code == 303
    assert Submission.objects.get().state == State.QUEUED
    assert key_of(team).wake_at is None  # so that the next sweep plans it


def test_it_does_not_wait_long_for_a_redis_that_says_nothing(quiet_key, redis, pool, team, bob, settings):
    pool.finish()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        use_redis_at(deaf.getsockname()[1], settings)
        lead = make_submission(team, bob)
        assert engine.current().planned_or_since(tasks.sync_pickers, timezone.now()) is None
        sweep.sweep()
    assert state_of(lead) == State.QUEUED
    assert key_of(team).wake_at is None


@pytest.mark.parametrize("text", ["os.system", "leads.delivery.drain.drain", "no.such.thing", ""])
def test_it_drops_what_is_no_task_of_ours(quiet_key, redis, pool, team, bob, work_off, text, caplog):
    queue = on_redis._queue(redis.client, "default")
    queue.enqueue_call(text or "leads.delivery.tasks.drain_key", args=("true",) if text else ())
    lead = make_submission(team, bob)
    for _ in range(2):
        work_off()
    assert "was dropped" in caplog.text
    assert state_of(lead) == State.CREATED


@pytest.mark.slow
def test_workers_bring_every_lead_while_redis_comes_and_goes(tmp_path, redis, sandbox, key, team, bob):
    workers = Workers(tmp_path, sandbox)
    workers.environ |= {"PORTAL_QUEUE": "redis", "REDIS_URL": redis.url}

    def enter(name: str) -> None:
        make_submission(team, bob, email=f"{name}@example.com")

    def arrived(count: int) -> None:
        workers.wait_until(lambda: Submission.objects.filter(state=State.CREATED).count() == count)

    try:
        first, second = workers.start(), workers.start()
        enter("with redis")
        arrived(1)
        redis.stop()
        enter("without redis")
        arrived(2)
        redis.start()
        workers.wait_until(lambda: key_of(team).drain_token is None)  # else the dead worker's hold is waited for
        first.kill()
        enter("with an empty redis")
        arrived(3)
        second.terminate()
        assert second.wait(timeout=60) == 0
    finally:
        workers.close()
    assert len(set(emails(sandbox))) == 3
    check_books(sandbox, team)
