"""Tasks in the portal's own database: planned in the same transaction as the rows they serve."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import close_old_connections
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from leads.delivery.throttle import stopping

from . import KeyTask

POLL_SECONDS = 0.2
BEHIND = -10  # priority of what makes way for leads

log = logging.getLogger(__name__)


def plan(task: KeyTask, key_id: str, *, at: datetime, if_lost: Callable[[], Any]) -> None:
    """``if_lost`` is never called: what cannot be planned is not committed either."""
    _planned(task).filter(args_kwargs__args__0=key_id).delete()
    _enqueue(task, key_id, at)


def plan_once(task: KeyTask, key_id: str, *, at: datetime) -> None:
    if not _planned(task).filter(args_kwargs__args__0=key_id).exists():
        _enqueue(task.using(priority=BEHIND), key_id, at)


def planned_or_since(task: KeyTask, moment: datetime) -> set[str]:
    rows = DBTaskResult.objects.filter(Q(enqueued_at__gt=moment) | Q(status="READY"), task_path=task.module_path)
    return {row.args_kwargs["args"][0] for row in rows}


def prune(*, before: datetime, abandoned: datetime, at_most: int) -> None:
    over = Q(finished_at__lte=before) | Q(status="RUNNING", started_at__lte=abandoned)
    rows = DBTaskResult.objects.filter(over).values_list("pk", flat=True)[:at_most]
    DBTaskResult.objects.filter(pk__in=list(rows)).delete()


def _planned(task: KeyTask) -> QuerySet[DBTaskResult[Any, Any]]:
    return DBTaskResult.objects.filter(status="READY", task_path=task.module_path)


def _enqueue(task: KeyTask, key_id: str, at: datetime) -> None:
    (task if at <= timezone.now() else task.using(run_after=at)).enqueue(key_id)


class Pool(Worker):
    """The task engine's worker, but one poller hands tasks to several threads."""

    def __init__(self, *, threads: int) -> None:
        super().__init__(
            queue_names=["default"],
            interval=POLL_SECONDS,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=uuid4().hex,
            excluded_queue_names=[],
        )
        self._spare = threading.Semaphore(threads - 1)  # threads beside the one for the next task
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="task")

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        self._pool.submit(self._run_and_release, db_task_result)
        self._spare.acquire()  # no task is taken from the queue, or from another worker, before a thread is free for it

    def _run_and_release(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        try:
            super().run_task(db_task_result)
        except Exception:  # a pool would swallow it
            log.exception("A task could not be noted as done; the sweep takes care of what it left")
        finally:
            close_old_connections()
            self._spare.release()

    def stop(self) -> None:
        self.running = False
        stopping.set()

    def finish(self) -> None:
        self._pool.shutdown(wait=True)
