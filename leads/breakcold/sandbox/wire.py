"""HTTP/1.1 as bytes: reads a request from a socket, turns an answer into bytes, and knows nothing of leads."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

LINE_LIMIT = 64 * 1024  # bytes
HEADER_LIMIT = 100  # lines
BODY_LIMIT = 1024 * 1024  # bytes
DRAIN_LIMIT = 16 * 1024 * 1024  # bytes read and thrown away, so that a 413 is read before the connection closes
BODILESS = {204, 304}


class Malformed(Exception):
    """The bytes are not an HTTP/1.1 request; nothing on this connection can be trusted any more."""


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    oversize: bool = False
    close: bool = False

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, status: int, data: Any) -> Answer:
        return cls(status, json.dumps(data, ensure_ascii=False).encode(errors="replace"))

    def add(self, headers: dict[str, str]) -> None:
        """A header given twice keeps its last value, however it is capitalised."""
        for name, value in headers.items():
            for known in [known for known in self.headers if known.lower() == name.lower()]:
                del self.headers[known]
            self.headers[name] = value


def read_request_line(stream: BinaryIO) -> tuple[Request, bool] | None:
    """The request with only its first line, and whether it speaks HTTP/1.1; None when the client has gone."""
    line = stream.readline(LINE_LIMIT)
    while line == b"\r\n":  # a stray line end between two requests is allowed
        line = stream.readline(LINE_LIMIT)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if not line.endswith(b"\n") or len(parts) != 3 or parts[2] not in ("HTTP/1.0", "HTTP/1.1"):
        raise Malformed("request line")
    path, _, query = parts[1].partition("?")
    recent = parts[2] == "HTTP/1.1"
    return Request(parts[0], path, dict(parse_qsl(query, keep_blank_values=True)), close=not recent), recent


def read_headers(stream: BinaryIO, request: Request) -> None:
    for _ in range(HEADER_LIMIT):
        line = stream.readline(LINE_LIMIT)
        if line in (b"\r\n", b"\n"):
            request.close = request.close or request.headers.get("connection", "").lower() == "close"
            return
        name, colon, value = line.decode("latin-1").partition(":")
        if not line.endswith(b"\n") or not colon or name != name.strip():
            raise Malformed("header")
        name, value = name.lower(), value.strip()
        known = request.headers.get(name)
        request.headers[name] = value if known is None else f"{known}, {value}"
    raise Malformed("too many headers")


def read_body(stream: BinaryIO, request: Request) -> None:
    """Fill in the body; one over the limit is thrown away and only marked."""
    if "transfer-encoding" in request.headers:
        if request.headers["transfer-encoding"].lower() != "chunked" or "content-length" in request.headers:
            raise Malformed("transfer-encoding")
        _read_chunks(stream, request)
        return
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        raise Malformed("content-length")
    if int(length) <= BODY_LIMIT:
        request.body = _exactly(stream, int(length))
        return
    request.oversize = True
    request.close = request.close or int(length) > DRAIN_LIMIT
    left = min(int(length), DRAIN_LIMIT)
    while left:
        left -= len(_exactly(stream, min(left, BODY_LIMIT)))


def _read_chunks(stream: BinaryIO, request: Request) -> None:
    kept = bytearray()
    seen = 0
    while True:
        try:
            size = int(stream.readline(LINE_LIMIT).split(b";")[0], 16)
        except ValueError:
            raise Malformed("chunk size") from None
        if not 0 <= size <= BODY_LIMIT or seen > DRAIN_LIMIT:
            raise Malformed("chunk size")
        if size == 0:
            break
        chunk = _exactly(stream, size + 2)
        seen += size
        if seen <= BODY_LIMIT:
            kept += chunk[:-2]
    while stream.readline(LINE_LIMIT) not in (b"\r\n", b"\n", b""):
        pass  # trailers mean nothing here
    request.oversize = seen > BODY_LIMIT
    request.body = b"" if request.oversize else bytes(kept)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise Malformed("the body ended early")
    return data


def head(answer: Answer, *, close: bool, length: int | None) -> bytes:
    """Status line and headers; ``length`` None announces a chunked body."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unnamed"
    lines = [f"HTTP/1.1 {answer.status} {phrase}", f"Date: {formatdate(usegmt=True)}", "Server: breakcold-sandbox"]
    if answer.status not in BODILESS:
        lines.append(f"Content-Type: {answer.content_type}")
        lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
    if close:
        lines.append("Connection: close")
    lines.extend(f"{name}: {value}" for name, value in answer.headers.items())
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")


def whole(answer: Answer, request: Request) -> bytes:
    body = b"" if answer.status in BODILESS or request.method == "HEAD" else answer.body
    return head(answer, close=request.close, length=len(answer.body)) + body
