"""One import from upload to end, with its worker and its web server killed on the way."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import requests
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from leadportal import bootstrap
from leads.breakcold.sandbox import SandboxServer
from leads.models import BreakcoldKey, LeadImport, Submission, Team, User
from leads.services import imports
from leads.states import Stage, State

from .fairs import Fair
from .nursery import Process

KILLS = 5
ANSWER_SECONDS = 0.03  # of the sandbox, so that there is a time between a lead and its answer
PATIENCE_SECONDS = 600  # others may be at work on the machine
LOCAL = "127.0.0.1"


def collect_static(environ: dict[str, str]) -> None:
    """What the web server's pages refer to, in the data folder that ``environ`` names."""
    command = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=bootstrap.BASE, env=environ, check=True, timeout=120)


@dataclass
class Siege:
    """``web`` answers on ``port`` to ``user``, ``worker`` does the rest; ``rng`` decides when they die."""

    team: Team
    user: User
    sandbox: SandboxServer
    web: Process
    worker: Process
    port: int
    rng: random.Random
    leads: int = 0  # in the file under way
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        client = Client()
        client.force_login(self.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        self.session.trust_env = False
        cookie = settings.SESSION_COOKIE_NAME
        self.session.cookies.set(cookie, client.cookies[cookie].value, domain=LOCAL)

    def run(self, fair: Fair) -> LeadImport:
        """Bring one file to the end. Raises ``AssertionError`` when a row is lost, made twice or not counted."""
        self.web.kills = self.worker.kills = 0
        self.leads = len(fair.emails)
        form = {"one_time_key": str(uuid4())}
        place = self._insist("imports/new/", form, files={"file": ("fair.csv", fair.content)})
        made = LeadImport.objects.get(public_id=place.rstrip("/").rpartition("/")[2])
        self._until(made, Stage.MAPPING)
        self._deed(made, "mapping/", {f"column.{n}": name for n, name in enumerate(made.columns)}, Stage.READY)
        self._deed(made, "start/", {"duplicates": "skip"}, Stage.DONE)
        while self.web.kills < KILLS:
            self.web.ensure()
            self._page(f"imports/{made.public_id}/")
            self.web.kill()
        self._compare(made, fair)
        return made

    def _deed(self, made: LeadImport, what: str, data: dict[str, str], stage: Stage) -> None:
        if stage == Stage.DONE:
            self.worker.stop()  # else all may have left before the post of a killed web server is answered
        self._insist(f"imports/{made.public_id}/{what}", data)
        self._until(made, stage)

    def _insist(self, path: str, data: dict[str, str], **more: object) -> str:
        """Post until it is answered, as a person would who sees the page fail; the server may die in between."""
        page = path if path.endswith("new/") else f"imports/{path.split('/')[1]}/"
        for _ in range(20):
            self.web.ensure()
            token = self._token(page)
            if self.web.kills < KILLS and self.rng.random() < 0.6:
                self._post_and_kill(path, data, token, more)
                continue
            try:
                answer = self._post(path, data, token, more)
            except requests.RequestException:
                continue
            if answer.status_code in (303, 422):  # 422: it was done before the answer got lost
                return answer.headers.get("Location", "")
        raise AssertionError(f"{path} was never answered")

    def _post(self, path: str, data: dict[str, str], token: str, more: dict) -> requests.Response:
        body = {**data, "csrfmiddlewaretoken": token}
        return self.session.post(self._url(path), data=body, timeout=30, allow_redirects=False, **more)

    def _post_and_kill(self, path: str, data: dict[str, str], token: str, more: dict) -> None:
        thread = threading.Thread(target=self._swallow, args=(path, data, token, more))
        thread.start()
        time.sleep(self.rng.random() * 0.2)
        self.web.kill()
        thread.join()

    def _swallow(self, *arguments) -> None:
        try:
            self._post(*arguments)
        except requests.RequestException:
            return

    def _url(self, path: str) -> str:
        return f"http://{LOCAL}:{self.port}/t/{self.team.slug}/{path}"

    def _page(self, path: str) -> str:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            self.web.ensure()
            try:
                answer = self.session.get(self._url(path), timeout=30)
                assert answer.status_code == 200, (path, answer.status_code, self.web.log.read_text()[-3000:])
                return answer.text
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError("the web server never came up")

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self._page(path))
        assert found, f"no form on {path}"
        return found.group(1)

    def _until(self, made: LeadImport, stage: Stage) -> None:
        """Let the worker come so far. It is killed once on the way to each stage, and as often as is left while leads
        leave: soon after it began, or when it has called so many more times.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        is_last = stage == Stage.DONE
        wanted = KILLS if is_last else 1 + self.worker.kills
        step = 0.6 * self.leads / KILLS
        kill_at, kill_from = time.monotonic() + self.rng.random() * 0.8, self._calls() + 1 + self.rng.random() * step
        while True:
            self.worker.ensure()
            is_due = self._has_called(kill_from) if is_last else time.monotonic() > kill_at
            if self.worker.kills < wanted and is_due:
                time.sleep(self.rng.random() * 0.03)
                self.worker.kill()
                self._run_out_of_time()
                kill_from = self._calls() + 1 + self.rng.random() * step
                continue
            made.refresh_from_db()
            counts = imports.count(made)
            if made.row_count:
                assert sum(counts.values()) == made.row_count
            if made.stage == stage:
                assert self.worker.kills >= wanted or not is_last, f"killed {self.worker.kills} times"
                return
            assert made.stage != Stage.UNREADABLE, made.problem
            assert time.monotonic() < until, (made.stage, counts, self.worker.log.read_text()[-2000:])
            self._hurry()

    def _calls(self) -> int:
        return self.sandbox.state.call_count

    def _has_called(self, count: float) -> bool:
        """Whether it has, by now or in a moment."""
        until = time.monotonic() + 0.05
        while self._calls() < count and time.monotonic() < until:
            time.sleep(0.001)
        return self._calls() >= count

    def _run_out_of_time(self) -> None:
        """As if what a killed worker held had run out."""
        now = timezone.now()
        for each in (
            lambda: Submission.objects.filter(state=State.SENDING).update(lease_until=now),
            lambda: BreakcoldKey.objects.update(drain_until=now, wake_at=None),
            lambda: LeadImport.objects.filter(look_at__isnull=False).update(look_at=now),
        ):
            while not _was_done(each):
                pass

    def _hurry(self) -> None:
        """Asks first: to write is to wait for the worker."""
        later = Submission.objects.filter(state=State.UNKNOWN, look_up_at__gt=timezone.now())
        if later.exists():
            _was_done(lambda: later.update(look_up_at=timezone.now()))

    def _compare(self, made: LeadImport, fair: Fair) -> None:
        counts = imports.count(made)
        waiting = Submission.objects.filter(lead_import=made, state=State.UNKNOWN)
        until = time.monotonic() + PATIENCE_SECONDS
        while waiting.exists():
            assert time.monotonic() < until, "an unknown lead was never settled"
            self.worker.ensure()
            self._hurry()
            time.sleep(0.1)
        counts = imports.count(made)
        assert sum(counts.values()) == made.row_count == fair.rows
        prefix = fair.emails[0].partition("-")[0]
        there = [entry["body"]["email"] for entry in self.sandbox.ledger()]
        mine = sorted(email for email in there if email.startswith(f"{prefix}-"))
        assert mine == sorted(fair.emails), (len(mine), len(fair.emails))
        assert counts["created"] == len(fair.emails)


def _was_done(write: Callable[[], object]) -> bool:
    """False when others held the database for longer than SQLite waits."""
    try:
        write()
    except OperationalError:
        return False
    return True
