"""The one way out over HTTP: every request the portal makes is made here, and ends in a value that says what left.

``requests`` alone is not enough where a secret is in a header, a POST must not be repeated, or a stranger named the
address: it follows redirects, reads proxies and ``.netrc``, times out per read, and connects to whatever a name stands
for at that moment. So: no redirects, ``trust_env`` off, no retries, a deadline over the whole call, a cap on the
answer, a connection that notes whether the body began to leave, and, where a call has a ``guard``, a look at the very
addresses that are connected to.

The deadline cuts whatever waits on a socket. A name server alone can outlast it, and then nothing is sent.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from .addresses import Address, resolve

CONNECT_SECONDS = 5.0
MAX_ANSWER_BYTES = 1024 * 1024
CHUNK_BYTES = 64 * 1024

# It prints header lines it cannot read, and a careless server may have repeated a secret in one.
logging.getLogger("urllib3.connection").addFilter(lambda record: False)

#: Raised before anything is sent because the address or the header cannot be used: trying again cannot help.
UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.LocationValueError,
)


class ForbiddenAddress(OSError):
    """The name stands for an address that the call's guard does not let it connect to."""


class Call:
    """One call under way: its deadline, and what the connection notes about it.

    ``guard`` says of each address a name stands for whether it may be connected to; without one, all may.
    """

    def __init__(self, seconds: float, *, guard: Callable[[Address], bool] | None = None) -> None:
        self.socket: socket.socket | None = None
        self.guard = guard
        self.headers_left = False
        self.body_began = False
        self.was_forbidden = False
        self._deadline = time.monotonic() + seconds
        self._over = False
        self._lock = threading.Lock()
        self._watchdog = threading.Timer(seconds, self._cut)
        self._watchdog.daemon = True

    def __enter__(self) -> Call:
        _current.call = self
        self._watchdog.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._watchdog.cancel()
        with self._lock:
            self._over = True

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    @property
    def is_late(self) -> bool:
        return self.seconds_left == 0.0

    def check(self) -> None:
        """The watchdog finds no socket while there is none, so every step that makes or begins to use one asks."""
        if self.is_late:
            raise TimeoutError("the time was used up before the request left")

    def allowed(self, host: str, port: int) -> list[Address]:
        """The addresses ``host`` stands for now; one that is forbidden spoils them all."""
        found = resolve(host, port, seconds=min(CONNECT_SECONDS, self.seconds_left))
        if self.guard is not None and not all(self.guard(address) for address in found):
            self.was_forbidden = True
            raise ForbiddenAddress("the name stands for an address that is not allowed")
        return found

    def _cut(self) -> None:
        """Deadline: shut the socket under the waiting call, whatever it is waiting for."""
        with self._lock:
            if self._over:  # a late timer must not hit the next call on the same connection
                return
            if self.socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class _Current(threading.local):
    call: Call


_current = _Current()


class _Watched:
    """Mixed into urllib3's connections: keeps the deadline, and notes the first byte of the body.

    The socket is noted because the connection forgets it as soon as an answer is to end with the connection.
    """

    sock: socket.socket | None
    host: str
    port: int
    timeout: Any
    socket_options: Any

    def _new_conn(self) -> socket.socket:
        call = _current.call
        if call.guard is None:
            return super()._new_conn()  # type: ignore[misc, no-any-return]
        trouble: OSError | None = None
        for address in call.allowed(self.host.strip("[]"), self.port):
            call.check()
            seconds = min(CONNECT_SECONDS, call.seconds_left)
            try:  # the address itself, so that nobody asks the name a second time
                return create_connection((str(address), self.port), seconds, socket_options=self.socket_options)
            except OSError as exc:
                trouble = exc
        raise trouble or OSError("the name stands for no address")

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        _current.call.socket = self.sock
        _current.call.check()

    def request(self, *args: Any, **kwargs: Any) -> None:
        _current.call.socket = self.sock  # None while there is no connection yet
        _current.call.check()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        super().endheaders(*args, **kwargs)  # type: ignore[misc]
        _current.call.headers_left = True

    def send(self, data: Any) -> None:
        call = _current.call
        if call.headers_left and not call.body_began:
            call.check()
            call.body_began = True
        super().send(data)  # type: ignore[misc]


class _WatchedHTTP(_Watched, HTTPConnection):
    pass


class _WatchedHTTPS(_Watched, HTTPSConnection):
    pass


class _WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


class WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _WatchedHTTPPool, "https": _WatchedHTTPSPool}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, ever: even when told not to follow, ``requests`` prepares to, and reads the whole answer for it."""
        return None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. ``raw`` is None when it is longer than anything worth reading, or broke off."""

    status: int
    headers: Mapping[str, str]
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that did not end in a whole answer. ``reply`` is what there is of one whose body broke off.

    ``detail`` is what the libraries said, secrets and all: clean it before it is kept or shown.
    """

    detail: str = field(repr=False)
    is_unusable: bool = False
    is_forbidden: bool = False
    is_slow: bool = False
    body_began: bool = False
    reply: Reply | None = None


class Outlet:
    """Makes calls with the same headers, over one connection where the other side keeps it. Use from one thread."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.session = _Session()
        self.session.trust_env = False
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.session.headers.update({"Accept-Encoding": "identity", **headers})
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, WatchedAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))

    def close(self) -> None:
        """End the connection: what is still to come on it must not be read as the next call's answer."""
        self.session.close()

    def exchange(
        self,
        call: Call,
        method: str,
        url: str,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float,
        at_most: int = MAX_ANSWER_BYTES,
    ) -> Reply | Failure:
        """One request. Never raises for what the network or the libraries do; ``seconds`` is for each read."""
        response: requests.Response | None = None
        try:
            with (
                call,
                self.session.request(
                    method,
                    url,
                    data=data,
                    headers=None if headers is None else dict(headers),
                    timeout=(min(CONNECT_SECONDS, seconds), seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                raw = _read_capped(response, at_most)
            return Reply(response.status_code, response.headers, raw)
        except Exception as exc:  # whatever the libraries think of
            return _failure(exc, call, response)


def _failure(exc: Exception, call: Call, response: requests.Response | None) -> Failure:
    return Failure(
        detail="".join(traceback.format_exception_only(exc)).strip(),
        is_unusable=isinstance(exc, UNUSABLE) and not call.headers_left,
        is_forbidden=call.was_forbidden,
        is_slow=call.is_late or isinstance(exc, (requests.exceptions.Timeout, TimeoutError)),
        body_began=call.body_began,
        reply=None if response is None else Reply(response.status_code, response.headers, None),
    )


def _read_capped(response: requests.Response, at_most: int) -> bytes | None:
    """The whole answer, or None when it is longer than anything worth reading."""
    chunks, size = [], 0
    for chunk in response.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > at_most:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
