"""Delivery is tested against a Breakcold of its own for each test, with a clock that only moves when told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from leads.breakcold.sandbox import SandboxServer
from leads.delivery import drain, throttle
from leads.models import BreakcoldKey, Submission, Team, User
from tests.factories import make_submission
from tests.mail_server import running_mail_server

from .mailing import fail
from .processes import Workers

PATIENCE_SECONDS = 1.0  # of the portal with Breakcold


@pytest.fixture
def sandbox(settings) -> Iterator[SandboxServer]:
    settings.BREAKCOLD_TIMEOUT_SECONDS = PATIENCE_SECONDS
    with SandboxServer(clock=time.time) as server:
        server.limit(None)
        settings.BREAKCOLD_SANDBOX_URL = server.url
        yield server


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 3, 2, 9, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def nobody_stops() -> Iterator[None]:
    throttle.stopping.clear()
    yield
    throttle.stopping.clear()


@pytest.fixture
def lead(clock, key: BreakcoldKey, team: Team, bob: User) -> Submission:
    """One lead in the queue of a team with a key."""
    return make_submission(team, bob)


@pytest.fixture
def run(clock, key: BreakcoldKey) -> Callable[..., None]:
    """Let some time pass, then drain the key once."""

    def after(seconds: float = 0) -> None:
        clock.shift(seconds)
        drain.drain(key.public_id)

    return after


@pytest.fixture
def workers(tmp_path: Path, transactional_db: None, sandbox: SandboxServer) -> Iterator[Workers]:
    """To start worker processes that see what the test commits."""
    workers = Workers(tmp_path, sandbox)
    yield workers
    workers.close()


@pytest.fixture
def post(settings, clock):
    """The mail server, with nothing in it yet."""
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 20
        settings.PORTAL_SENDS_MAIL = True
        settings.PORTAL_URL = "https://portal.example"
        yield server


@pytest.fixture
def reviewing(post, team: Team) -> Team:
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    return team


@pytest.fixture
def failing(post, key, team, bob, clock):
    """``failing(3)``: so many leads of Bob's fail, a second apart."""

    def make(count=1, user=bob):
        made = []
        for number in range(count):
            made.append(fail(team, user, key, email=f"{timezone.now().timestamp()}-{number}@example.com"))
            clock.shift(1)
        return made

    return make
