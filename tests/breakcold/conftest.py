"""A sandbox for each test of the client that asks for one, and a client of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from leads.breakcold.client import BreakcoldClient
from leads.breakcold.sandbox import SandboxServer
from tests.breakcold.loopback import PATIENCE, client_for
from tests.fakes import SANDBOX_KEY, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with running_sandbox() as server:
        yield server


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[BreakcoldClient]:
    with client_for(sandbox.url, key=SANDBOX_KEY) as client:
        yield client


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), thread
