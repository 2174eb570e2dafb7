"""One client's connection, and what the scripted faults do to it byte by byte."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from leads.breakcold.sandbox import wire
from leads.breakcold.sandbox.errors import error
from leads.breakcold.sandbox.faults import PATIENCE, Fault
from leads.breakcold.sandbox.wire import Answer, Request

MIB = 1024 * 1024
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, no time, so close() sends a reset


class Line:
    """A connection that can be written to, waited on, cut and dropped."""

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(PATIENCE)  # an idle client is let go
        self.stopping = stopping
        self.stream = sock.makefile("rb")
        self._sock = sock

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Sleep while the client is there; False as soon as it has gone."""
        until = time.monotonic() + seconds
        while not self.stopping.is_set():
            left = until - time.monotonic()
            if left <= 0:
                return True
            readable, _, _ = select.select([self._sock], [], [], min(left, 0.2))
            if readable:
                if not self._sock.recv(1, socket.MSG_PEEK):
                    return False
                time.sleep(min(left, 0.02))  # it talks on without waiting for its answer: still there
        return False

    def hang_up(self) -> None:
        """End the connection from another thread; the one that serves it wakes up and closes it."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.close()

    def close(self) -> None:
        self.stream.close()  # the socket stays open as long as its stream is
        self._sock.close()


# What the script puts into the API's mouth.


def reword(fault: Fault, request: Request, real: Answer) -> Answer:
    """The answer the fault wants, keeping the rate-limit headers of the real one unless it is bare."""
    make = _WORDS.get(fault.action)
    if make is None:
        return real
    answer = make(fault, request, real)
    if not fault.bare:
        answer.add({name: value for name, value in real.headers.items() if name.startswith("X-RateLimit")})
    answer.add(fault.headers)
    return answer


def _scripted(fault: Fault, request: Request, real: Answer) -> Answer:
    if fault.body is None:
        return error(fault.status, request.path)
    return Answer(fault.status, fault.text(), fault.content_type)


def _refusal(fault: Fault, request: Request, real: Answer) -> Answer:
    return error(HTTPStatus.BAD_REQUEST, request.path, issues=fault.issues)


def _echo(fault: Fault, request: Request, real: Answer) -> Answer:
    """A careless error page that repeats what it was sent, the key included."""
    return error(fault.status, request.path, message=f"Unhandled: {json.dumps(request.headers)}")


def _padded(fault: Fault, request: Request, real: Answer) -> Answer:
    data = {"data": json.loads(real.body)} if real.body.startswith(b"[") else json.loads(real.body)
    padded = Answer.of_json(real.status, {**data, "padding": "x" * (fault.mib * MIB)})
    padded.add(real.headers)
    return padded


_WORDS: dict[str, Callable[[Fault, Request, Answer], Answer]] = {
    "status": _scripted,
    "body": _scripted,
    "refuse": _refusal,
    "echo": _echo,
    "huge": _padded,
}


# How it gets to the client. Each returns whether the connection can carry another request.


def deliver(line: Line, request: Request, answer: Answer, fault: Fault | None) -> bool:
    if fault is not None and fault.action in _WAYS:
        return _WAYS[fault.action](line, fault, request, answer)
    line.send(wire.whole(answer, request))
    return not request.close


def _delay(line: Line, fault: Fault, request: Request, answer: Answer) -> bool:
    if not line.wait(fault.seconds):
        return False
    line.send(wire.whole(answer, request))
    return not request.close


def _stall(line: Line, fault: Fault, request: Request, answer: Answer) -> bool:
    line.wait(min(fault.seconds, PATIENCE))
    return False


def _cut(line: Line, fault: Fault, request: Request, answer: Answer) -> bool:
    line.reset()
    return False


def _truncate(line: Line, fault: Fault, request: Request, answer: Answer) -> bool:
    line.send(wire.head(answer, close=False, length=len(answer.body)) + answer.body[: fault.after])
    return False


def _drip(line: Line, fault: Fault, request: Request, answer: Answer) -> bool:
    data = wire.whole(answer, request)
    start = 0 if fault.part == "headers" else data.index(b"\r\n\r\n") + 4
    line.send(data[:start])
    for place in range(start, len(data)):
        line.send(data[place : place + 1])
        if not line.wait(fault.interval):
            return False
    return not request.close


def _endless(line: Line, fault: Fault, request: Request, answer: Answer) -> bool:
    until = time.monotonic() + PATIENCE
    line.send(wire.head(answer, close=True, length=None) + b'8\r\n{"id": "\r\n')
    while time.monotonic() < until and line.wait(fault.interval):
        line.send(b"400\r\n" + b"0" * 1024 + b"\r\n")
    return False


_WAYS: dict[str, Callable[[Line, Fault, Request, Answer], bool]] = {
    "delay": _delay,
    "stall": _stall,
    "create_then_stall": _stall,
    "cut": _cut,
    "create_then_cut": _cut,
    "truncate": _truncate,
    "drip": _drip,
    "endless": _endless,
}
