"""Tasks in Redis, through django-tasks' RQ backend. Redis may be emptied, stopped or cut off at any time.

A wake-up leaves for Redis after the commit, within a short time-out, and is best effort: a lead is in the database by
then, and the sweep wakes its key again. While Redis is away, each worker runs by itself what its own sweep finds due.

A job is one wake-up: it is taken off Redis as it begins, and whether it worked is not kept, because the rows say it.
Arguments travel as JSON, never pickled, so whoever can write to Redis cannot make a worker run code of theirs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, cast

import django_rq
from django.db import close_old_connections, transaction
from django.utils import timezone
from django_tasks_rq import Job
from redis import Redis
from redis.exceptions import RedisError
from rq.queue import Queue
from rq.registry import ScheduledJobRegistry
from rq.serializers import JSONSerializer
from rq.utils import as_text

from leads.delivery.throttle import stopping

from . import KeyTask

FRONT, BEHIND = "default", "behind"  # queues, the first one first
PLANNED = "portal:planned"  # hash: "<task> <key>" -> id of the one job that is to come
ASKED = "portal:asked:"  # and a task: sorted set of keys, by when it was last planned
POLL_SECONDS = 0.2
AWAY_SECONDS = 2.0

log = logging.getLogger(__name__)

#: What this worker runs by itself because Redis did not take it; None where no worker runs.
_own_hands: deque[tuple[KeyTask, str]] | None = None


def connect() -> Redis:
    return django_rq.get_connection(FRONT)


def plan(task: KeyTask, key_id: str, *, at: datetime, if_lost: Callable[[], Any]) -> None:
    transaction.on_commit(partial(_plan, task, key_id, at, if_lost), robust=True)


def plan_once(task: KeyTask, key_id: str, *, at: datetime) -> None:
    transaction.on_commit(partial(_plan_once, task, key_id, at), robust=True)


def planned_or_since(task: KeyTask, moment: datetime) -> set[str] | None:
    try:
        redis = connect()
        since = redis.zrangebyscore(ASKED + task.module_path, moment.timestamp(), "+inf")
        planned = {_text(field).partition(" "): _text(job_id) for field, job_id in redis.hgetall(PLANNED).items()}
        there = {
            key_id
            for (path, _, key_id), job_id in planned.items()
            if path == task.module_path and _is_there(redis, job_id)
        }
    except RedisError as exc:
        _say_away(exc)
        return None
    return {_text(name) for name in since} | there


def prune(*, before: datetime, abandoned: datetime, at_most: int) -> None:
    """Jobs leave no trace; this drops when they were planned."""
    try:
        redis = connect()
        for name in redis.scan_iter(f"{ASKED}*"):
            redis.zremrangebyscore(name, "-inf", before.timestamp())
    except RedisError as exc:
        _say_away(exc)


def _plan(task: KeyTask, key_id: str, at: datetime, if_lost: Callable[[], Any]) -> None:
    try:
        redis = connect()
        earlier = redis.hget(PLANNED, f"{task.module_path} {key_id}")
        if earlier:
            _drop(redis, _text(earlier))
        _enqueue(redis, task, key_id, at)
    except RedisError as exc:
        _say_away(exc)
        if _own_hands is not None and at <= timezone.now():
            _own_hands.append((task, key_id))
        else:
            if_lost()


def _plan_once(task: KeyTask, key_id: str, at: datetime) -> None:
    try:
        redis = connect()
        job_id = redis.hget(PLANNED, f"{task.module_path} {key_id}")
        if not (job_id and _is_there(redis, _text(job_id))):
            _enqueue(redis, task.using(queue_name=BEHIND), key_id, at)
    except RedisError as exc:
        _say_away(exc)  # the sweep asks again when the options are old or somebody waits for them


def _enqueue(redis: Redis, task: KeyTask, key_id: str, at: datetime) -> None:
    result = (task if at <= timezone.now() else task.using(run_after=at)).enqueue(key_id)
    later = _later(_queue(redis, task.queue_name))
    redis.zadd(later, {result.id: at.timestamp()}, xx=True)  # it counts whole seconds, and would come too early
    redis.hset(PLANNED, f"{task.module_path} {key_id}", result.id)
    redis.zadd(ASKED + task.module_path, {key_id: time.time()})


def _is_there(redis: Redis, job_id: str) -> bool:
    return bool(redis.exists(Job.key_for(job_id)))


def _queue(redis: Redis, name: str) -> Queue:
    return Queue(name, connection=redis, job_class=Job, serializer=JSONSerializer)


def _text(value: Any) -> str:
    """Redis answers in bytes."""
    return str(as_text(value))


def _later(queue: Queue) -> str:
    """The name of the list of jobs that are to come to this queue, by their time."""
    return str(ScheduledJobRegistry(queue=queue).key)  # type: ignore[no-untyped-call]


def _drop(redis: Redis, job_id: str) -> None:
    """A run that is no longer wanted. One that has begun meanwhile goes on."""
    for name in (FRONT, BEHIND):
        queue = _queue(redis, name)
        redis.zrem(_later(queue), job_id)
        redis.lrem(queue.key, 1, job_id)
    redis.delete(Job.key_for(job_id))


_is_away = threading.Event()


def _say_away(exc: RedisError) -> None:
    """Once an outage, and only its name: the text may quote the address."""
    if not _is_away.is_set():
        _is_away.set()
        log.warning("Redis does not answer (%s); leads go on, a little later each", type(exc).__name__)


class Pool:
    """Polls Redis and hands each wake-up to a thread."""

    def __init__(self, *, threads: int) -> None:
        global _own_hands
        self.running = True
        self._redis = connect()
        self._spare = threading.Semaphore(threads - 1)  # threads beside the one for the next task
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="task")
        self._retry_at = 0.0
        self._own = _own_hands = deque()

    def run(self) -> None:
        while self.running:
            taken = self._next()
            if taken is None:
                stopping.wait(POLL_SECONDS)
                continue
            self._pool.submit(self._run_and_release, *taken)
            self._spare.acquire()  # no wake-up is taken from another worker before a thread is free for it

    def stop(self) -> None:
        self.running = False
        stopping.set()

    def finish(self) -> None:
        global _own_hands
        self._pool.shutdown(wait=True)
        _own_hands = None

    def _next(self) -> tuple[KeyTask, str] | None:
        if self._own:
            return self._own.popleft()
        if time.monotonic() < self._retry_at:
            return None
        try:
            self._move_due()
            taken = self._take()
        except RedisError as exc:
            _say_away(exc)
            self._retry_at = time.monotonic() + AWAY_SECONDS
            return None
        if _is_away.is_set():
            _is_away.clear()
            log.warning("Redis answers again")
        return taken

    def _move_due(self) -> None:
        """Queue the jobs whose time has come. Whoever takes one off the list queues it, so no lock is needed."""
        for name in (FRONT, BEHIND):
            queue = _queue(self._redis, name)
            later = _later(queue)
            for job_id in self._redis.zrangebyscore(later, 0, timezone.now().timestamp(), start=0, num=100):
                if self._redis.zrem(later, _text(job_id)):
                    self._redis.rpush(queue.key, _text(job_id))

    def _take(self) -> tuple[KeyTask, str] | None:
        queues = [_queue(self._redis, name) for name in (FRONT, BEHIND)]
        try:
            found = Queue.dequeue_any(queues, None, self._redis, job_class=Job, serializer=JSONSerializer)
            if found is None:
                return None
            job = cast(Job, found[0])
            task, key_id = job.func, str(job.args[0])
        except RedisError:
            raise
        except Exception as exc:  # somebody else's, or of another version
            log.error("A task in Redis cannot be read (%s) and was dropped", type(exc).__name__)
            return None
        self._forget(job, f"{task.module_path} {key_id}")
        return task, key_id

    def _forget(self, job: Job, field: str) -> None:
        self._redis.delete(job.key)
        planned = self._redis.hget(PLANNED, field)
        if planned and _text(planned) == job.id:
            self._redis.hdel(PLANNED, field)

    def _run_and_release(self, task: KeyTask, key_id: str) -> None:
        try:
            task.call(key_id)
        except Exception:  # a pool would swallow it
            log.exception("A task broke off; the sweep takes care of what it left")
        finally:
            close_old_connections()
            self._spare.release()
