"""The web server: Granian in front of Django, one process, a few threads."""

import os
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from leadportal import lifeline

THREADS = 16
STOP_SECONDS = 5
IDLE_SECONDS = 600  # a thread keeps its database connection this long, Granian's maximum


class Command(BaseCommand):
    help = "Serve the portal's pages and its gateway."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")

    def handle(self, *args: Any, port: int, host: str, **options: Any) -> None:
        server = Server(
            "leadportal.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=THREADS,
            blocking_threads_idle_timeout=IDLE_SECONDS,
            websockets=False,
            log_level=LogLevels.error,
            workers_kill_timeout=STOP_SECONDS,
        )
        # Granian's worker process must not outlive this one, however this one ends.
        os.environ[lifeline.VARIABLE] = lifeline.ticket(STOP_SECONDS)
        server.serve(target_loader=load_application, wrap_loader=False)


def load_application() -> Callable[..., Any]:
    from leadportal.wsgi import application

    return application
