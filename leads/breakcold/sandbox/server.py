"""The sandbox as a server: a listening socket, a thread per connection, and the Python side of its switches."""

from __future__ import annotations

import copy
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from leads.breakcold.sandbox import api, control, page, play, wire
from leads.breakcold.sandbox.budget import Regime
from leads.breakcold.sandbox.errors import error
from leads.breakcold.sandbox.faults import LATE, SILENT, Fault, make_fault
from leads.breakcold.sandbox.state import State, account_name
from leads.breakcold.sandbox.wire import Answer, Request
from leads.breakcold.sandbox.world import Row

HOST = "127.0.0.1"
BACKLOG = 128


class SandboxServer:
    """A Breakcold on 127.0.0.1, for use in a ``with`` block or between ``start()`` and ``stop()``.

    ``port`` 0 takes a free one. ``ledger`` names the file that outlives a restart; without it leads live in memory.
    ``clock`` measures the windows of the rate limit, in seconds.
    """

    def __init__(
        self, port: int = 0, *, ledger: str | Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.port = port
        self.state = State(Path(ledger) if ledger is not None else None, clock)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._lines: set[play.Line] = set()
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def root(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """What ``BREAKCOLD_BASE_URL`` would be."""
        return f"{self.root}/rest"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen; an OSError says that the port is taken."""
        self._listener = self._bind()
        self.port = self._listener.getsockname()[1]
        self.up()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self.down()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.state.close()

    def up(self) -> None:
        """Listen again on the same port after ``down()``."""
        if self._listener is None or self._thread is not None:
            return
        self._listener.listen(BACKLOG)
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), name="sandbox", daemon=True)
        self._thread.start()

    def down(self) -> None:
        """Refuse connections and end the open ones; what it knows stays. The port stays reserved for ``up()``."""
        if self._listener is None or self._thread is None:
            return
        thread, self._thread = self._thread, None
        with suppress(OSError):  # accept() wakes up for a connection only, so it is given one
            socket.create_connection((HOST, self.port), timeout=1).close()
        thread.join()
        self._listener.close()
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.hang_up()
        self._listener = self._bind()

    def _bind(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self.port))
        except OSError:
            listener.close()
            raise
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while self._thread is not None:
            try:
                sock, _ = listener.accept()
                line = play.Line(sock, self._stopping)
            except OSError:  # a client that has gone already, or no descriptor left
                time.sleep(0.01)
                continue
            with self._lock:
                self._lines.add(line)
            threading.Thread(target=self._serve, args=(line,), name="sandbox-line", daemon=True).start()

    def _serve(self, line: play.Line) -> None:
        try:
            while self._exchange(line):
                pass
        except wire.Malformed as problem:
            refusal = error(400, "", message=f"Not HTTP: {problem}")
            with suppress(OSError):
                line.send(wire.whole(refusal, Request("", "", {}, close=True)))
        except OSError:
            pass  # the client has gone, or a fault has cut it off
        finally:
            with self._lock:
                self._lines.discard(line)
            line.close()

    def _exchange(self, line: play.Line) -> bool:
        """One request and its answer; False ends the connection."""
        first = wire.read_request_line(line.stream)
        if first is None:
            return False
        request, recent = first
        scripted = request.path.startswith("/rest/")
        if scripted and self.state.faults.take(request.method, request.path, early=True):
            self.state.note_call(request, None, "cut_before_body")
            line.reset()
            return False
        wire.read_headers(line.stream, request)
        if recent and request.headers.get("expect", "").lower() == "100-continue":
            line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        wire.read_body(line.stream, request)
        return self._answer(line, request) if scripted else self._answer_locally(line, request)

    def _answer(self, line: play.Line, request: Request) -> bool:
        account = account_name(request.headers.get("x-api-key", ""))
        fault = self.state.faults.take(request.method, request.path, account=account, early=False)
        answer = self._words(request, fault)
        silent = fault is not None and fault.action in SILENT
        # Noted before the first byte leaves, so that a client which has its answer finds the call on record.
        self.state.note_call(request, None if silent else answer.status, fault.action if fault else None)
        return play.deliver(line, request, answer, None if fault and fault.created == LATE else fault)

    def _words(self, request: Request, fault: Fault | None) -> Answer:
        if fault is None:
            return api.respond(self.state, request)
        if fault.created == LATE and self._stopping.wait(fault.seconds):
            raise ConnectionAbortedError("the sandbox has stopped")
        real = api.respond(self.state, request) if fault.created else api.turn_away(self.state, request)
        return play.reword(fault, request, real)

    def _answer_locally(self, line: play.Line, request: Request) -> bool:
        if request.path.startswith(control.PREFIX):
            answer = control.respond(self.state, request)
        elif request.path == "/" and request.method in ("GET", "HEAD") and control.is_local(request):
            answer = page.respond(self.state, request)
        else:
            answer = error(404, request.path)
        return play.deliver(line, request, answer, None)

    # The switches, for a test in the same process.

    def fault(self, action: str, *, key: str | None = None, **options: Any) -> None:
        """Script a fault for the next POST /rest/lead; ``method``, ``path``, ``times`` widen or narrow it."""
        account = account_name(key) if key is not None else None
        self.state.faults.add(make_fault(action, account=account, **options))

    def clear(self) -> None:
        self.state.faults.clear()

    def faults(self) -> list[dict[str, Any]]:
        """Those that still wait."""
        return self.state.faults.waiting()

    def ledger(self) -> list[dict[str, Any]]:
        """Every lead really created, oldest first: account, id, body (as received), time."""
        with self.state.lock:
            return copy.deepcopy(self.state.ledger.entries)

    def calls(self) -> list[dict[str, Any]]:
        """The last ten thousand calls under /rest, oldest first."""
        with self.state.lock:
            return list(self.state.calls)

    def limit(self, limit: int | None = 60, *, key: str | None = None, **regime: Any) -> None:
        """Change the rate limit (see ``Regime``) of one key or of all, and open a new window; None is unlimited."""
        account = self.state.account_for(key) if key is not None else None
        self.state.set_regime(Regime(limit, **regime), account)

    def revoke(self, key: str) -> None:
        self.state.revoked.add(account_name(key))

    def restore(self, key: str) -> None:
        self.state.revoked.discard(account_name(key))

    def set_rows(self, key: str, kind: str, rows: list[Row]) -> None:
        """Replace what one account offers: ``lists``, ``status``, ``tags``, ``members`` or ``attributes``."""
        world = self.state.account_for(key).world
        if kind not in world:
            raise ValueError(f"kind is one of {', '.join(world)}")
        world[kind] = rows
