"""A whole portal in a data folder of its own, started as a newcomer would; for browser tests and benchmarks."""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 300  # on a machine with much else to do
STOP_SECONDS = 40
FILL_SECONDS = 600
KEPT = ("HOME", "PATH", "LANG", "DATABASE_URL")


@dataclass(frozen=True)
class Portal:
    """A running portal: its address, its data folder, the demo team's passwords, the sandbox's address.

    The passwords are by what stands before the @ in an address: at first the roles, one person each.
    """

    url: str
    folder: Path
    passwords: dict[str, str]
    sandbox_url: str
    pid: int

    def manage(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment(self.folder),
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def fill(self, module: str, *arguments: str) -> dict[str, Any]:
        """What ``python -m module`` says it made, in the portal's own environment. Raises ``RuntimeError``."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={
                **environment(self.folder),
                "DJANGO_SETTINGS_MODULE": "leadportal.settings",
                "PORTAL_URL": self.url,
                "BREAKCOLD_SANDBOX_URL": self.sandbox_url,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=FILL_SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"the portal could not be filled:\n{done.stderr[-2000:]}")
        made: dict[str, Any] = json.loads(done.stdout)
        return made

    def add_member(self, who: str, *, team: str = "demo", role: str = "member") -> None:
        """One person more in a team. Raises ``RuntimeError``."""
        self.passwords[who] = secrets.token_urlsafe(9)
        options = ("--role", role, "--password-stdin")
        answer = self.manage("addmember", team, email_of(who), *options, text=self.passwords[who])
        if answer.returncode:
            raise RuntimeError(f"{who} could not be added: {answer.stderr}")

    def received(self) -> list[dict[str, Any]]:
        """The leads the sandbox really created."""
        with urllib.request.urlopen(f"{self._sandbox}/_sandbox/ledger", timeout=30) as answer:
            return list(json.load(answer))

    def tell_sandbox(self, path: str, /, **body: Any) -> None:
        """Use the sandbox's control interface, for example ``limits`` with ``limit=None``."""
        request = urllib.request.Request(
            f"{self._sandbox}/_sandbox/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()

    @property
    def _sandbox(self) -> str:
        return self.sandbox_url.removesuffix("/rest")


def email_of(who: str) -> str:
    """The address of one of the demo team."""
    return f"{who}@demo.example"


def environment(folder: Path) -> dict[str, str]:
    """As on a bare machine, with a data folder of its own."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "PORTAL_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}


def free_port_pair() -> int:
    """A port that is free together with the one after it.

    Below the range from which the system takes ports for outgoing connections: one of those could take it before the
    portal, which needs seconds to start, gets to it.
    """
    for _ in range(50):
        port = random.randrange(20_000, 30_000)
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no two free ports side by side")


@contextmanager
def own_database() -> Iterator[None]:
    """What starts in here has a database of its own: on the PostgreSQL server of DATABASE_URL, else in its folder."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        yield
        return
    server, name = url.rsplit("/", 1)[0], f"portal_up_{uuid.uuid4().hex[:12]}"
    _tell_postgres(server, f"CREATE DATABASE {name}")
    os.environ["DATABASE_URL"] = f"{server}/{name}"
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = url
        _tell_postgres(server, f"DROP DATABASE {name} WITH (FORCE)")


def _tell_postgres(server: str, statement: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def running_portal(folder: Path) -> Iterator[Portal]:
    """``manage.py up``, stopped by SIGTERM at the end. Raises ``RuntimeError`` when it does not start."""
    port = free_port_pair()
    with (folder / "up.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=ROOT,
            env=environment(folder),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/healthz", process, folder / "up.log")
            note = (folder / "demo-sign-in.txt").read_text()
            yield Portal(
                url=f"http://localhost:{port}",
                folder=folder,
                passwords=dict(re.findall(r"(\w+)@demo\.example\s+password (\S+)", note)),
                sandbox_url=(folder / "sandbox.url").read_text(),
                pid=process.pid,
            )
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the portal did not start:\n{log.read_text()[-2000:]}")
