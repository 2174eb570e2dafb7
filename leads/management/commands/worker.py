"""``manage.py worker``: runs tasks in a pool of threads and sweeps every few seconds."""

from __future__ import annotations

import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.db.utils import Error
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from leads.delivery import imports, notices, webhooks
from leads.delivery.sweep import sweep
from leads.delivery.throttle import stopping

MAX_THREADS = 24  # each may need a database connection, beside those of what runs beside the tasks
POLL_SECONDS = 0.2
SWEEP_SECONDS = 5.0
DATABASE_AWAY_SECONDS = 2.0
STOP_SECONDS = 15.0  # for what runs beside the tasks; a call of theirs ends before that

log = logging.getLogger(__name__)


class PooledWorker(Worker):
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
        """Wait for the calls under way; each is bounded by its deadline."""
        self._pool.shutdown(wait=True)


class Command(BaseCommand):
    help = "Bring queued leads to Breakcold. Run as many as you like; stop with SIGTERM."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--threads",
            type=int,
            choices=range(1, MAX_THREADS + 1),
            metavar="N",
            default=8,
            help=f"keys worked on at once, 1 to {MAX_THREADS} (default: 8)",
        )

    def handle(self, *args: Any, threads: int, **options: Any) -> None:
        worker = PooledWorker(threads=threads)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: worker.stop())
        beside = [
            threading.Thread(target=each, args=(stopping,), name=each.__name__, daemon=True)
            for each in (sweep_until, webhooks.send_until, notices.mail_until, imports.work_until)
        ]
        for thread in beside:
            thread.start()
        while worker.running:
            try:
                worker.run()
            except Error:
                log.warning("The database does not answer; trying again")
                close_old_connections()
                stopping.wait(DATABASE_AWAY_SECONDS)
        worker.finish()
        for thread in beside:
            thread.join(STOP_SECONDS)


def sweep_until(stopping: threading.Event) -> None:
    """Sweep now and every few seconds, whatever happens."""
    while True:
        try:
            sweep()
        except Error:
            log.warning("The sweep could not reach the database; trying again")
        except Exception:  # a worker without a sweep would leave leads lying
            log.exception("The sweep broke off; trying again")
        finally:
            close_old_connections()
        if stopping.wait(SWEEP_SECONDS):
            return
