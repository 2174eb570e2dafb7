"""What comes over the wire, or does not: answers cut anywhere, answers that make no sense, redirects, lost replies."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .stage import Play, wait_until

MADE = "0d9b8f5e-3c1a-4f7e-9a51-6c2f4b7d8e90"
REDIRECTS = (301, 302, 303, 307, 308)


class Player:
    """Reads one request on each connection and answers with the bytes it was given, whatever they are."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.answer = b""
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with line:
                line.settimeout(5)
                try:
                    self._read_request(line)
                    line.sendall(self.answer)
                except OSError:
                    continue

    def _read_request(self, line: socket.socket) -> None:
        seen = b""
        while b"\r\n\r\n" not in seen:
            data = line.recv(65536)
            if not data:
                return
            seen += data
        head, _, body = seen.partition(b"\r\n\r\n")
        lengths = [part.split(b":")[1] for part in head.lower().split(b"\r\n") if part.startswith(b"content-length:")]
        while len(body) < int(lengths[0] if lengths else 0):
            body += line.recv(65536)

    def close(self) -> None:
        self._listener.close()


@contextmanager
def player() -> Iterator[Player]:
    made = Player()
    try:
        yield made
    finally:
        made.close()


def outcome_of(port: int, play: Play) -> Any:
    """What the client makes of one ``POST /lead``: ``Created``, or the error it became. Nothing else may come out."""
    from leads.breakcold.client import BreakcoldClient
    from leads.breakcold.errors import BreakcoldError

    url = f"http://127.0.0.1:{port}/rest"
    with BreakcoldClient(base_url=url, key=play.plain, timeout_seconds=3, user_agent="faults") as client:
        try:
            return client.create_lead({"first_name": "Sam"})
        except BreakcoldError as exc:
            return exc


def truncation(play: Play, count: int) -> None:
    """Recorded answers, cut after each ``count``-th byte: never "created" without the whole id, never a crash."""
    from leads.breakcold.errors import Created

    calls = made = 0
    answers = recorded_answers()
    with player() as server:
        for answer in answers:
            for cut in [*range(0, len(answer), count), len(answer)]:
                server.answer = answer[:cut]
                outcome = outcome_of(server.port, play)
                calls += 1
                if isinstance(outcome, Created):
                    made += 1
                    if outcome.id != MADE:
                        play.notes.append(f"WRONG: created as {outcome.id!r} after {cut} bytes")
    play.notes.append(f"{calls} cuts of {len(answers)} answers, {made} of them whole enough to be a lead")
    if not 0 < made < calls / 10:
        play.notes.append("WRONG: the answers prove nothing")


def recorded_answers() -> list[bytes]:
    """Twenty answers as servers write them: lengths, chunks, an end that is the connection's, other statuses."""
    small: dict[str, Any] = {"id": MADE}
    full = {"first_name": "Sam", "email": "sam@example.com", "tags": ["a"], "attributes": {}, **small}
    last = {"note": "x" * 60, **small}
    limit = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "60"}
    answers = [
        _written(status, body, shape, headers)
        for status, body, shape, headers in [
            (status, body, shape, headers)
            for status in (200, 201)
            for body in (small, full, last)
            for shape, headers in (("length", limit), ("chunks", {}))
        ]
    ]
    error = {
        "message": "Input validation failed",
        "code": "BAD_REQUEST",
        "issues": [{"path": ["email"], "message": "no"}],
    }
    answers += [_written(status, error, "length", limit) for status in (400, 401, 409, 422, 429, 500, 503)]
    answers.append(_written(201, {"id": 7}, "length", limit))
    return answers


def _written(status: int, body: dict[str, Any], shape: str, headers: dict[str, str]) -> bytes:
    data = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", "Content-Type: application/json", *(f"{n}: {v}" for n, v in headers.items())]
    if shape == "length":
        lines.append(f"Content-Length: {len(data)}")
    else:
        lines.append("Transfer-Encoding: chunked")
        half = len(data) // 2
        data = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (data[:half], data[half:])) + b"0\r\n\r\n"
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def malformed(play: Play, count: int) -> None:
    """2xx answers that are none: never "created"."""
    from leads.breakcold.errors import Created, OutcomeUnknown

    with player() as server:
        for _ in range(count):
            status = play.random.choice((200, 201, 202, 204, 206, 299))
            body = _nonsense(play)
            kind = play.random.choice(("application/json", "text/html", "text/plain; charset=utf-16", ""))
            head = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            server.answer = head.encode() + body
            outcome = outcome_of(server.port, play)
            if isinstance(outcome, Created) or not isinstance(outcome, OutcomeUnknown):
                play.notes.append(f"WRONG: {type(outcome).__name__} from {body[:80]!r}")


def _nonsense(play: Play) -> bytes:
    values: list[Any] = [None, 7, 1.5, True, [], {}, "", " ", "a b", "x" * 5000, [MADE], {"id": MADE}, "\u0000", "é\n"]
    value = play.random.choice(values)
    shapes = [
        json.dumps({"id": value}).encode(),
        json.dumps([{"id": MADE}]).encode(),
        json.dumps({"lead": {"id": MADE}}).encode(),
        json.dumps(value if not isinstance(value, dict) else None).encode(),
        json.dumps({"ID": MADE, "_id": MADE}).encode(),
        b"<html><body>Welcome</body></html>",
        b"",
        b'{"id": "' + MADE.encode(),
        b'{"id": "' + MADE.encode() + b'"',
        bytes(play.random.randrange(128, 256) for _ in range(play.random.randrange(1, 60))),
        b"\xef\xbb\xbf" + b"[" * 5_000,
        json.dumps({"id": MADE}).encode("utf-16"),
    ]
    return play.random.choice(shapes)


def redirects(play: Play, count: int) -> None:
    """Each kind of redirect to each kind of target: nobody there ever hears of it, and the key goes nowhere."""
    from leads.breakcold.errors import Misconfigured

    with player() as server, player() as canary:
        there = canary.port
        targets = [
            f"http://127.0.0.1:{there}/rest/lead",
            f"http://localhost:{there}/rest/lead",
            f"//127.0.0.1:{there}/rest/lead",
            f"http://user:word@127.0.0.1:{there}/",
            f"http://127.0.0.1:{server.port}@127.0.0.1:{there}/",
            f"https://127.0.0.1:{there}/rest/lead",
            f"http://[::ffff:127.0.0.1]:{there}/",
            f"http:\\\\127.0.0.1:{there}\\",
            f"http://0:{there}/",
            f"http://2130706433:{there}/",
            f" http://127.0.0.1:{there}/ ",
            f"HTTP://127.0.0.1:{there}/?{play.account}",
        ]
        cases = [(status, target) for status in REDIRECTS for target in targets][:count]
        for status, target in cases:
            page = f'<meta http-equiv="refresh" content="0; url={target}">'.encode()
            head = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nRefresh: 0; url={target}\r\n"
            server.answer = head.encode() + b"Content-Length: %d\r\n\r\n" % len(page) + page
            outcome = outcome_of(server.port, play)
            if not isinstance(outcome, Misconfigured):
                play.notes.append(f"WRONG: {status} to {target} became {type(outcome).__name__}")
        play.notes.append(f"the listener on the targets saw {canary.connections} connections")
        if canary.connections or server.connections != len(cases):
            play.notes.append("WRONG: a redirect was followed")


def lost_replies(play: Play, count: int) -> None:
    """Breakcold creates the lead, and its answer never arrives."""
    _unclear(play, count, ("create_then_cut", {}), ("truncate", {"after": 5}))


def never_created(play: Play, count: int) -> None:
    """The request leaves, and Breakcold creates nothing."""
    _unclear(play, count, ("cut", {}), ("status", {"status": 502}))


def _unclear(play: Play, count: int, *faults: tuple[str, dict[str, Any]]) -> None:
    """A clear answer after every two unclear ones, so that the circuit stays closed and each lead gets its fault."""
    done = 0
    while done < count:
        worker = play.stage.worker()
        for _ in range(min(25, (count - done + 1) // 2)):
            for _ in range(2):
                action, options = play.random.choice(faults)
                play.sandbox.fault(action, **options)
            play.enter(3)
            done += 2
            wait_until(lambda: not play.count("queued", "sending"), "no worker sent the leads")
        worker.stop()
        play.finish()
    by_person = play.count("unknown")
    play.notes.append(f"{done} unclear, {done - by_person} settled without a person")
    if by_person > done / 100:
        play.notes.append("WRONG: too many are left to a person")
