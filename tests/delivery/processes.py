"""Real ``manage.py worker`` processes on the database of the test, against the sandbox of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from leadportal import bootstrap
from leads.breakcold.sandbox import SandboxServer

APPLICATION = "worker-of-a-test"  # how PostgreSQL names their connections
PATIENCE = 60  # seconds until something that should happen counts as missing


def database_url() -> str:
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    who = ":".join(quote(str(told[name]), safe="") for name in ("USER", "PASSWORD") if told[name])
    return f"postgres://{who}@{told['HOST']}:{told['PORT']}/{told['NAME']}?application_name={APPLICATION}"


class Workers:
    """Worker processes, each ended by its own id when the test is over."""

    def __init__(self, folder: Path, sandbox: SandboxServer, *, settings: str = "leadportal.settings") -> None:
        self._folder = folder
        self._settings = settings
        self.environ = {
            **os.environ,
            "PORTAL_DATA_DIR": str(folder),
            "DATABASE_URL": database_url(),
            "BREAKCOLD_SANDBOX_URL": sandbox.url,
            "BREAKCOLD_TIMEOUT_SECONDS": "3",
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log(len(self.processes)).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "django", "worker", *arguments],
                cwd=bootstrap.BASE,
                env=self.environ | {"DJANGO_SETTINGS_MODULE": self._settings},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def log(self, number: int) -> Path:
        return self._folder / f"worker-{number}.log"

    def text(self) -> str:
        return "\n".join(self.log(number).read_text() for number in range(len(self.processes)))

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes:
            process.wait(timeout=PATIENCE)

    def wait_until(self, holds: Callable[[], object]) -> None:
        until = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < until, f"it never came about\n{self.text()}"
            time.sleep(0.02)
