"""A process started by another one ends when that one is gone, even when it was killed with SIGKILL.

The parent puts its own process id into the child's environment; the child watches whether that is still its parent.
Nothing has to be held open, and a grandchild can be tied to its own parent in the same way.
"""

import os
import signal
import threading
import time

VARIABLE = "PORTAL_LIFELINE"  # "<process id of the parent>:<seconds to stop in>"
POLL_SECONDS = 0.5


def ticket(stop_seconds: float) -> str:
    """What a parent gives its child as PORTAL_LIFELINE."""
    return f"{os.getpid()}:{stop_seconds:g}"


def follow_parent() -> None:
    """Start watching, when a parent asked for it. Whatever this process starts later is not bound by it."""
    value = os.environ.pop(VARIABLE, "")
    if value:
        pid, _, seconds = value.partition(":")
        threading.Thread(target=_watch, args=(int(pid), float(seconds)), name="lifeline", daemon=True).start()


def _watch(parent: int, stop_seconds: float) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    _silence()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(stop_seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def _silence() -> None:
    # Whoever read our output is gone too; a write to it must not fail in the middle of the last piece of work.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
