"""Stand-ins that are real: a Breakcold that listens on a loopback port. Needs neither pytest nor Django."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leads.breakcold.sandbox import SandboxServer

SANDBOX_KEY = "breakcold-usr-sandbox-tests-0001"
OTHER_SANDBOX_KEY = "breakcold-usr-sandbox-tests-0002"

__all__ = ["OTHER_SANDBOX_KEY", "SANDBOX_KEY", "SandboxServer", "running_sandbox"]


@contextmanager
def running_sandbox(*, ledger: str | Path | None = None, limit: int | None = 60) -> Iterator[SandboxServer]:
    """A sandbox on a free port, stopped at the end; ``limit`` is calls per minute, None for no limit."""
    with SandboxServer(ledger=ledger) as server:
        server.limit(limit)
        yield server
