"""Places where a worker kills itself with SIGKILL, put in from outside: the product has no such code.

Each entry of ``POINTS`` says how to get there. A name that the product no longer has raises, so that a campaign whose
points are gone fails instead of proving nothing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from leads import audit, outbound
from leads.audit import Action
from leads.breakcold.client import BreakcoldClient
from leads.delivery import drain
from leads.services import submissions

_sending = threading.local()  # .now: whether this thread is sending a lead, not looking one up


class Countdown:
    """The ``passes``-th time is the last thing this process does."""

    def __init__(self, passes: int) -> None:
        self._left, self._lock = passes, threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _after(owner: Any, name: str, reached: Callable[[Any], bool], die: Countdown) -> None:
    """Die when ``owner.name`` has returned something that counts."""
    real = getattr(owner, name)

    def then_die(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if reached(result):
            die()
        return result

    setattr(owner, name, then_die)


def _mark_sending() -> None:
    real = drain._send

    def send(*args: Any, **kwargs: Any) -> Any:
        _sending.now = True
        try:
            return real(*args, **kwargs)
        finally:
            _sending.now = False

    drain._send = send


def _is_sending(*_: Any) -> bool:
    return getattr(_sending, "now", False)


def _claim(die: Countdown) -> None:
    _after(submissions, "claim_next", lambda attempt: attempt is not None, die)


def _intent_commit(die: Countdown) -> None:
    real = drain._send

    def send(*args: Any, **kwargs: Any) -> Any:
        die()
        return real(*args, **kwargs)

    drain._send = send


def _bytes(die: Countdown, *, first: bool) -> None:
    _mark_sending()
    real = outbound._WatchedHTTP.send

    def send(self: Any, data: Any) -> None:
        is_body = _is_sending() and outbound._current.call.headers_left
        if is_body and first:
            outbound._current.call.body_began = True
            self.sock.send(data[:1])
            die()
            self.sock.sendall(data[1:])
            return
        real(self, data)
        if is_body:
            die()

    outbound._WatchedHTTP.send = send


def _connect(die: Countdown) -> None:
    """There is a connection, and not a byte of this call has left on it."""
    _mark_sending()
    real = outbound._WatchedHTTP.endheaders

    def endheaders(self: Any, *args: Any, **kwargs: Any) -> None:
        if _is_sending():
            if self.sock is None:
                self.connect()
            die()
        real(self, *args, **kwargs)

    outbound._WatchedHTTP.endheaders = endheaders


def _response_read(die: Countdown) -> None:
    _after(BreakcoldClient, "create_lead", lambda created: True, die)


def _seal(die: Countdown) -> None:
    real = audit.record

    def record(action: Action, **kwargs: Any) -> Any:
        entry = real(action, **kwargs)
        if action is Action.SUBMISSION_CREATED:
            die()
        return entry

    audit.record = record


def _result_written(die: Countdown) -> None:
    """The outcome is in the tables, and the transaction around it is not committed."""
    _after(submissions, "record_created", lambda _: True, die)


def _result_commit(die: Countdown) -> None:
    """Whether the outcome is kept by itself or together with the claim of the next lead."""
    names = [name for name in ("record", "_record_and_claim") if hasattr(drain, name)]
    for name in names:
        _after(drain, name, lambda _: True, die)
    if not names:
        raise AttributeError("nothing in drain keeps an outcome any more")


#: Where the worker dies, what the lead's state then is, and whether Breakcold has created it.
POINTS: dict[str, tuple[Callable[[Countdown], None], str, bool]] = {
    "claim": (_claim, "queued", False),
    "intent commit": (_intent_commit, "sending", False),
    "connect": (_connect, "sending", False),
    "first byte": (lambda die: _bytes(die, first=True), "sending", False),
    "last byte": (lambda die: _bytes(die, first=False), "sending", True),
    "response read": (_response_read, "sending", True),
    "audit seal": (_seal, "sending", True),
    "result written": (_result_written, "sending", True),
    "result commit": (_result_commit, "created", True),
}


def install(point: str, passes: int) -> None:
    POINTS[point][0](Countdown(passes))
