"""Runs the Breakcold sandbox until it is told to stop."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leads.breakcold.sandbox import SandboxServer


class Command(BaseCommand):
    help = "Run a Breakcold of our own on 127.0.0.1, for trying things out. Nothing in it is real."
    requires_system_checks: list[str] = []  # it needs no database and no secrets

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
        parser.add_argument("--ledger", metavar="FILE", help="keep created leads here, and read them back at start")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        try:
            server = SandboxServer(options["port"], ledger=options["ledger"]).start()
        except (OSError, OverflowError) as error:
            raise CommandError(f"The sandbox cannot start: {error}") from None
        self.stdout.write(f"Breakcold sandbox at {server.root} (API at {server.url})")
        self.stdout.flush()
        stopped.wait()
        server.stop()
