"""Keeps a handful of processes running, restarts the one that dies, and takes them all down again.

Standard library only. Every child leads a process group of its own, so that what it started goes with it.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from leadportal import lifeline

FIRST_DELAY = 0.5  # seconds between a death and the restart; doubles each time
LONGEST_DELAY = 30.0
SETTLED_SECONDS = 60.0  # a child that lived this long starts again at FIRST_DELAY
TICK = 0.1


@dataclass
class Child:
    name: str
    command: Sequence[str]
    stop_seconds: float = 5.0  # between SIGTERM and SIGKILL
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = 0.0
    due: float = 0.0


class Supervisor:
    def __init__(self, children: Sequence[Child], environ: Mapping[str, str]) -> None:
        self.children = children
        self.environ = environ
        self.stopping = False
        self.hurry = False

    def run(self) -> None:
        """Until SIGTERM, SIGINT or SIGHUP; returns when every child is gone. A second Ctrl-C kills what still runs."""
        self._listen()
        try:
            while not self.stopping:
                for child in self.children:
                    self._tend(child)
                time.sleep(TICK)
        finally:
            self._stop()

    def _listen(self) -> None:
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup, which means to stay
            signal.signal(signal.SIGHUP, self._on_signal)

    def _on_signal(self, number: int, _frame: object) -> None:
        # A closing terminal may send SIGHUP and SIGTERM together: only Ctrl-C says that somebody is waiting.
        self.hurry = self.hurry or (self.stopping and number == signal.SIGINT)
        self.stopping = True

    def _tend(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.due:
                self._start(child)
        elif child.process.poll() is not None:
            _kill_group(child)
            lived = time.monotonic() - child.started
            child.delay = next_delay(child.delay, lived)
            child.due = time.monotonic() + child.delay
            say(f"{child.name} {_how_it_ended(child.process.returncode)}; starting it again in {child.delay:g} s")
            child.process = None

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**self.environ, lifeline.VARIABLE: lifeline.ticket(child.stop_seconds), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        assert child.process.stdout is not None
        threading.Thread(target=_relay, args=(child.name, child.process.stdout), daemon=True).start()

    def _stop(self) -> None:
        say("Stopping ... (Ctrl-C again to stop at once)")
        began = time.monotonic()
        for child in self.children:
            if child.process:
                child.process.terminate()
        while running := [child for child in self.children if not _is_gone(child)]:
            for child in running:
                if self.hurry or time.monotonic() - began > child.stop_seconds:
                    _kill_group(child)
            time.sleep(TICK)


def next_delay(previous: float, lived: float) -> float:
    """Seconds to wait before the next start of a child that waited `previous` before the last one and then `lived`."""
    if previous == 0 or lived >= SETTLED_SECONDS:
        return FIRST_DELAY
    return min(previous * 2, LONGEST_DELAY)


def say(text: str) -> None:
    # The terminal may be gone already; that must not keep us from stopping the children.
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


def _is_gone(child: Child) -> bool:
    if child.process and child.process.poll() is None:
        return False
    _kill_group(child)
    child.process = None
    return True


def _kill_group(child: Child) -> None:
    """What a child started must not survive it; the group keeps the child's number as long as it has members."""
    if child.process:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)


def _relay(name: str, stream: IO[bytes]) -> None:
    with stream:
        for line in stream:
            say(f"{name} | {line.decode(errors='replace').rstrip()}")


def _how_it_ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
