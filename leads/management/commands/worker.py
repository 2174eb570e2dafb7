"""``manage.py worker``: runs tasks in a pool of threads and sweeps every few seconds."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.db.utils import Error

from leads.delivery import engine, imports, notices, webhooks
from leads.delivery.sweep import sweep
from leads.delivery.throttle import stopping
from leads.monitoring import heartbeat

MAX_THREADS = 24  # each may need a database connection, beside those of what runs beside the tasks
SWEEP_SECONDS = 5.0
DATABASE_AWAY_SECONDS = 2.0
STOP_SECONDS = 15.0  # for what runs beside the tasks; a call of theirs ends before that

log = logging.getLogger(__name__)


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
        worker = engine.current().Pool(threads=threads)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: worker.stop())
        beside = [
            threading.Thread(target=each, args=(stopping,), name=each.__name__, daemon=True)
            for each in (sweep_until, webhooks.send_until, notices.mail_until, imports.work_until, heartbeat.beat_until)
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
