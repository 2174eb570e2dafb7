"""Starts ``manage.py`` commands as processes of their own in a few milliseconds: what they import is imported once.

``python -m tests.nursery`` reads one line of JSON for each command, forks, and says the new process's id. Each is the
leader of a group, so that it can be killed with all that it started, and leaves its exit code in its log's name with
``.exit``; when the nursery ends, all do. Signals are sent by the nursery too: on a machine where thousands of
processes come and go, the number of one that is over may be another's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadportal import bootstrap, lifeline

PATIENCE_SECONDS = 300.0
STOP_SECONDS = 20.0
Order = dict[str, Any]


class Nursery:
    """The near side of it: every process sees the ``environ`` given here. ``module`` is a far side with more to it."""

    def __init__(self, environ: dict[str, str], module: str = "tests.nursery") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=bootstrap.BASE, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._lock = threading.Lock()

    def start(self, arguments: Sequence[str], log: Path, **more: Any) -> int:
        """The id of a new process; ``more`` is for the far side. Raises ``RuntimeError``."""
        return self._ask({"arguments": arguments, "log": str(log), **more})

    def signal(self, pid: int, number: int, *, to_group: bool = True) -> bool:
        """False when that process is over, and then nobody gets the signal; 0 only asks.

        The nursery sends it, because it alone can tell: by now the number may be that of somebody else's process.
        """
        return bool(self._ask({"signal": number, "pid": pid, "to_group": to_group}))

    def _ask(self, order: Order) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            if not (line := self._process.stdout.readline()):
                raise RuntimeError("the nursery has ended")
            return int(line)

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE_SECONDS)


@dataclass
class Process:
    """A command that is started again whenever it was killed."""

    nursery: Nursery
    arguments: list[str]
    log: Path
    kills: int = 0
    _pid: int = field(default=0, init=False)

    def ensure(self) -> None:
        if not self._pid or not self.nursery.signal(self._pid, 0):
            self._pid = self.nursery.start(self.arguments, self.log)

    def kill(self) -> None:
        """With everything it started, and not before it was started: a kill of nothing does not count."""
        self.kills += self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> bool:
        pid, self._pid = self._pid, 0
        if not pid or not self.nursery.signal(pid, how):
            return False
        until = time.monotonic() + PATIENCE_SECONDS
        while self.nursery.signal(pid, 0) or _is_anybody_left(pid):
            assert time.monotonic() < until, f"{self.arguments[0]} does not end"
            time.sleep(0.002)
        return True


def _is_anybody_left(group: int) -> bool:
    """Of a group whose leader is just over; as long as there is, its number is nobody else's."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# The far side


class Children:
    """Those that were not waited for yet: until then a number is nobody else's."""

    def __init__(self) -> None:
        self._pids: set[int] = set()

    def add(self, pid: int) -> int:
        self._pids.add(pid)
        return pid

    def signal(self, pid: int, number: int, *, to_group: bool) -> bool:
        """False when it is over."""
        if pid in self._pids and os.waitpid(pid, os.WNOHANG)[0]:
            self._pids.remove(pid)
        if pid not in self._pids:
            return False
        (os.killpg if to_group else os.kill)(pid, number)
        return True

    def kill_all(self) -> None:
        for pid in tuple(self._pids):
            self.signal(pid, signal.SIGKILL, to_group=True)


def serve(prepare: Callable[[], None] = lambda: None, begin: Callable[[Order], None] = lambda order: None) -> None:
    """``prepare`` is called once, ``begin`` in each new process before its command runs."""
    import django

    django.setup()
    _import_everything()
    prepare()
    children = Children()
    ticket = lifeline.ticket(STOP_SECONDS)
    for line in sys.stdin:
        order = json.loads(line)
        if "signal" in order:
            print(int(children.signal(order["pid"], order["signal"], to_group=order["to_group"])), flush=True)
        else:
            print(children.add(_fork(order, ticket, begin)), flush=True)
    children.kill_all()


def _fork(order: Order, ticket: str, begin: Callable[[Order], None]) -> int:
    pid = os.fork()
    if not pid:
        _become(order, ticket, begin)
    with suppress(OSError):  # it did so itself, or is over
        os.setpgid(pid, pid)
    return pid


def _import_everything() -> None:
    from django.core.management import get_commands, load_command_class
    from django.urls import get_resolver
    from granian.server import Server  # noqa: F401

    commands = get_commands()
    for name in ("web", "worker"):
        load_command_class(commands[name], name)
    import leadportal.wsgi  # noqa: F401

    assert get_resolver().url_patterns


def _become(order: Order, ticket: str, begin: Callable[[Order], None]) -> None:
    """Never returns."""
    status = 1
    try:
        os.setpgid(0, 0)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for place, to in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
            os.dup2(to, place)
        os.environ[lifeline.VARIABLE] = ticket
        lifeline.follow_parent()
        begin(order)
        status = _run(order["arguments"])
    except BaseException:  # the log is all that would be left of it
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        Path(f"{order['log']}.exit").write_text(str(status))
        os._exit(status)


def _run(arguments: Sequence[str]) -> int:
    from django.core.management import call_command

    try:
        call_command(*arguments)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
    return 0


if __name__ == "__main__":
    serve()
