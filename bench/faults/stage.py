"""What every scenario plays on: a folder, a database, a Breakcold that keeps a ledger, a clock, and real processes."""

from __future__ import annotations

import logging
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from leadportal import bootstrap
from tests.nursery import Nursery

from .clock import Clock

PATIENCE = 90.0  # seconds until something that should happen counts as missing
SENDING_SECONDS = 10.0  # a lead is in a worker's hands at most this long, or nobody holds it
PLENTY = 100_000  # calls a minute, where the budget is not what is looked at
SECRETS = "secrets.env"


class Missing(Exception):
    """Something that should have happened did not."""


def wait_until(holds: Callable[[], object], what: str, *, seconds: float = PATIENCE) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise Missing(what)
        time.sleep(0.02)


@dataclass
class Process:
    """One forked portal process; it leads a process group of its own."""

    nursery: Nursery
    pid: int
    log: Path

    @property
    def is_gone(self) -> bool:
        return not self.nursery.signal(self.pid, 0)

    def signal(self, number: int) -> None:
        self.nursery.signal(self.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        wait_until(lambda: self.is_gone, f"process {self.pid} survived SIGKILL")

    def stop(self) -> int:
        """By SIGTERM; the exit code, negative for a signal that came before the process listened to it."""
        self.signal(signal.SIGCONT)
        self.nursery.signal(self.pid, signal.SIGTERM, to_group=False)
        wait_until(lambda: self.is_gone, f"process {self.pid} does not stop")
        code = Path(f"{self.log}.exit")
        return int(code.read_text()) if code.exists() else -signal.SIGTERM

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass
class Stage:
    """One for a whole campaign; each scenario has a ``Play`` of its own on it."""

    folder: Path
    seed: int
    cluster: Any = None  # a PostgreSQL that may be stopped
    redis: Any = None
    random: random.Random = field(init=False)
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        clock_file = self.folder / "clock"
        self.clock = Clock(clock_file)
        bootstrap.make_secrets(self.folder / SECRETS)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "leadportal.settings",
            "PORTAL_DATA_DIR": str(self.folder),
            "PORTAL_FAULTS_CLOCK": str(clock_file),
            "BREAKCOLD_TIMEOUT_SECONDS": "3",
            "PORTAL_URL": "http://localhost:8000",
        }
        self._set_up_sandbox()
        import django

        django.setup()
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it is to be away
        self.clock.install()
        self._make_tables()
        self._nursery = Nursery(dict(os.environ), "bench.faults.nursery")

    def _set_up_sandbox(self) -> None:
        from leads.breakcold.sandbox import SandboxServer

        self.sandbox = SandboxServer(ledger=self.folder / "ledger.jsonl", clock=self.clock.time).start()
        self.sandbox.limit(PLENTY)
        os.environ["BREAKCOLD_SANDBOX_URL"] = self.sandbox.url

    def _make_tables(self) -> None:
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        connections.close_all()

    def start(self, *arguments: str, point: str = "", passes: int = 1) -> Process:
        log = self.folder / f"process-{len(self.processes)}.log"
        process = Process(self._nursery, self._nursery.start(arguments, log, point=point, passes=passes), log)
        self.processes.append(process)
        return process

    def worker(self, *, threads: int = 2, point: str = "", passes: int = 1) -> Process:
        return self.start("worker", "--threads", str(threads), point=point, passes=passes)

    def end_processes(self) -> None:
        for process in self.processes:
            process.kill()

    def close(self) -> None:
        self.end_processes()
        self._nursery.close()
        self.sandbox.stop()


class Play:
    """One scenario: a team of its own with a key of its own, and everything it was ever promised to bring."""

    def __init__(self, stage: Stage, name: str) -> None:
        from leads.audit import OPERATOR
        from leads.breakcold.sandbox.state import account_name
        from leads.models import Team
        from leads.models.teams import Environment
        from leads.services import keys, teams

        self.stage, self.sandbox, self.clock, self.random = stage, stage.sandbox, stage.clock, stage.random
        self.accepted: dict[str, str] = {}  # public id -> email
        self.notes: list[str] = []  # what there is to say of the run beside the books
        slug = f"{name.replace('_', '-')}-{os.urandom(2).hex()}"
        self.team = teams.create_team(slug=slug, name=name, actor=OPERATOR)
        Team.objects.filter(pk=self.team.pk).update(undo_seconds=0, duplicate_policy="allow")
        self.team.refresh_from_db()
        self.plain = keys.new_sandbox_key()
        self.account = account_name(self.plain)
        self.key = keys.set_key(
            team=self.team, plain=self.plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR
        )
        self.team.refresh_from_db()
        self.sandbox.clear()
        self.sandbox.up()
        self.be_generous()

    def be_generous(self) -> None:
        """The key's budget is none to think of."""
        from leads.breakcold.errors import Answer, RateLimit
        from leads.delivery import throttle

        throttle.learn_from(self.key, Answer(status=200, body={}, rate_limit=RateLimit(PLENTY, PLENTY, 60.0)))

    # What is accepted

    def enter(self, count: int = 1, **more: Any) -> list[Any]:
        from django.db import transaction

        from leads.audit import OPERATOR
        from leads.services import submissions

        made = []
        for start in range(0, count, 50):
            with transaction.atomic():
                for _ in range(min(50, count - start)):
                    email = f"{len(self.accepted) + len(made)}@{self.team.slug}.example"
                    values = {"first_name": "Sam", "email": email}
                    made.append(submissions.enter(team=self.team, values=values, actor=OPERATOR, **more).submission)
        self.accepted |= {str(each.public_id): each.values["email"] for each in made}
        return made

    # What there is to see

    @property
    def rows(self) -> Any:
        from leads.models import Submission

        return Submission.objects.filter(team=self.team)

    def count(self, *states: str) -> int:
        return int(self.rows.filter(state__in=states).count())

    def ledger(self) -> list[dict[str, Any]]:
        return [entry for entry in self.sandbox.ledger() if entry["account"] == self.account]

    def calls(self) -> list[dict[str, Any]]:
        return [call for call in self.sandbox.calls() if call["account"] == self.account]

    # How it ends

    def finish(self, *, rounds: int = 400) -> None:
        """Let healthy workers bring everything to its end, moving the clock to whatever is next. Bounded."""
        worker = self.stage.worker()
        try:
            for _ in range(rounds):
                self.wait_while_something_is_due()
                if not self.is_something_under_way():
                    return
                self.clock.move_to(self._due() or self.clock.now())
            raise Missing(f"not at an end after {rounds} moves of the clock: {self.states()}")
        finally:
            worker.stop()

    def is_something_under_way(self) -> bool:
        """Asked at once: a lead that is sent again between two questions would be missed by both."""
        from django.db.models import Q

        return bool(self.rows.filter(Q(state__in=("queued", "sending")) | Q(look_up_at__isnull=False)).exists())

    def states(self) -> dict[str, int]:
        from collections import Counter

        return dict(Counter(self.rows.values_list("state", flat=True)))

    def _due(self) -> datetime | None:
        """When the next thing can happen that the worker has not done yet."""
        from django.db.models import Min

        from leads.delivery import drain

        leases = self.rows.filter(state="sending").aggregate(at=Min("lease_until"))["at"]
        times = [moment for moment in (leases, drain.next_time(self.key.public_id)) if moment]
        return min(times, default=None)

    def wait_while_something_is_due(self) -> None:
        """Until nothing is left that could be done at this time of day; raises when nothing moves for long.

        A lead that is being sent is waited for: to move the clock past its lease would take it from a living worker.
        """
        seen, moved = -1, time.monotonic()
        while True:
            due = self._due()
            if self.sandbox.state.call_count != seen:
                seen, moved = self.sandbox.state.call_count, time.monotonic()
            quiet = time.monotonic() - moved
            is_due = due is not None and due <= self.clock.now()
            if not is_due and not (self.count("sending") and quiet < SENDING_SECONDS):
                return
            if quiet > PATIENCE:
                raise Missing(f"a worker leaves work undone: due {due}, now {self.clock.now()}, {self.states()}")
            time.sleep(0.02)
