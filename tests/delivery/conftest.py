"""Delivery is tested against a Breakcold of its own for each test, with a clock that only moves when told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from leads.breakcold.sandbox import SandboxServer
from leads.delivery import drain, throttle
from leads.models import BreakcoldKey, Submission, Team, User
from tests.factories import make_submission

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
