"""The one way out: every request to Breakcold is made here, and ends in a value or in one of ``errors``.

``requests`` alone is not enough for a secret header and a POST that must not be repeated: it follows redirects with
the key, reads proxies and ``.netrc``, and times out per read. So: no redirects, ``trust_env`` off, no retries, a
deadline over the whole call, a cap on the answer, and a connection that notes whether the body began to leave.

The deadline cuts whatever waits on a socket. A name server alone can outlast it, and then nothing is sent.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from . import payload
from .answers import error_for, excerpt_of, lead_id_in, parse, read_rate_limit
from .errors import Answer, BreakcoldError, Created, Misconfigured, NotSent, OutcomeUnknown, Refused
from .secret import Scrubber, Secret

CONNECT_SECONDS = 5.0
MAX_ANSWER_BYTES = 1024 * 1024
CHUNK_BYTES = 64 * 1024

# It prints header lines it cannot read, and a careless server may have repeated the key in one.
logging.getLogger("urllib3.connection").addFilter(lambda record: False)

#: Raised before anything is sent because the address or the header cannot be used: trying again cannot help.
UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.LocationValueError,
)


class _Call:
    """One call under way: its deadline, and what the connection notes about it."""

    def __init__(self, seconds: float) -> None:
        self.socket: socket.socket | None = None
        self.headers_left = False
        self.body_began = False
        self._deadline = time.monotonic() + seconds
        self._over = False
        self._lock = threading.Lock()
        self._watchdog = threading.Timer(seconds, self._cut)
        self._watchdog.daemon = True

    def __enter__(self) -> _Call:
        _current.call = self
        self._watchdog.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._watchdog.cancel()
        with self._lock:
            self._over = True

    @property
    def is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def check(self) -> None:
        """The watchdog finds no socket while there is none, so every step that makes or begins to use one asks."""
        if self.is_late:
            raise TimeoutError("the time was used up before the request left")

    def _cut(self) -> None:
        """Deadline: shut the socket under the waiting call, whatever it is waiting for."""
        with self._lock:
            if self._over:  # a late timer must not hit the next call on the same connection
                return
            if self.socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class _Current(threading.local):
    call: _Call


_current = _Current()


class _Watched:
    """Mixed into urllib3's connections: keeps the deadline, and notes the first byte of the body.

    The socket is noted because the connection forgets it as soon as an answer is to end with the connection.
    """

    sock: socket.socket | None

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


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _WatchedHTTPPool, "https": _WatchedHTTPSPool}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, ever: even when told not to follow, ``requests`` prepares to, and reads the whole answer for it."""
        return None


class BreakcoldClient:
    """Breakcold's REST API for one key. Every method costs one call of the key's budget; use from one thread.

    Raises ``BreakcoldError`` and nothing else. ``timeout_seconds`` is for the whole call, connecting included.
    """

    def __init__(self, *, base_url: str, key: str, timeout_seconds: float = 20.0, user_agent: str) -> None:
        key = self._key = Secret(key)  # no frame of ours holds it bare
        self._scrub = Scrubber(key)
        self._base_url = base_url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {
                "X-API-KEY": key,
                "User-Agent": user_agent,
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            }
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _WatchedAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))

    def __repr__(self) -> str:
        return f"<BreakcoldClient {self._base_url}>"

    def __enter__(self) -> BreakcoldClient:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def create_lead(self, body: Mapping[str, Any]) -> Created:
        """``POST /lead``. Returns only when Breakcold named the new lead's id."""
        answer = self._request("POST", "/lead", body)
        lead_id = lead_id_in(answer.body)
        if lead_id is None:
            raise OutcomeUnknown(
                "Breakcold said yes, but not under which id.",
                status=answer.status,
                rate_limit=answer.rate_limit,
                excerpt=excerpt_of(answer.body),
            )
        return Created(id=lead_id, body=answer.body, status=answer.status, rate_limit=answer.rate_limit)

    def get(self, path: str) -> Answer:
        """``GET`` one of the reading endpoints, such as ``/me`` or ``/lists``."""
        return self._request("GET", path, None)

    def list_leads(self, *, page: int, page_size: int) -> Answer:
        """One page of ``POST /leads/list``, in whatever order Breakcold keeps."""
        return self._request("POST", "/leads/list", {"pagination": {"page": page, "page_size": page_size}})

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        """The one outbound function. What it raises has no context: the libraries' frames hold the key."""
        if not self._key.is_usable:
            raise Misconfigured("The key holds characters that no request can carry.")
        outcome = self._exchange(method, path, None if body is None else _encode(body))
        if isinstance(outcome, BreakcoldError):
            self.close()  # what is still to come on the connection must not be read as the next call's answer
            raise outcome
        return outcome

    def _exchange(self, method: str, path: str, data: bytes | None) -> Answer | BreakcoldError:
        call = _Call(self._timeout_seconds)
        response: requests.Response | None = None
        try:
            with (
                call,
                self._session.request(
                    method,
                    self._base_url + path,
                    data=data,
                    headers=None if data is None else {"Content-Type": "application/json"},
                    timeout=(min(CONNECT_SECONDS, self._timeout_seconds), self._timeout_seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                raw = _read_capped(response)
            return self._judge(response, raw)
        except Exception as exc:  # nothing but our own errors leaves, whatever the libraries think of
            failure = self._failure(exc, call)
            return failure if response is None else self._judge_cut(response, failure)

    def _failure(self, exc: Exception, call: _Call) -> BreakcoldError:
        """One of ours for anything the libraries raised, by what had left this machine when it happened."""
        detail = excerpt_of(self._scrub("".join(traceback.format_exception_only(exc)).strip()))
        if isinstance(exc, UNUSABLE) and not call.headers_left:
            return Misconfigured("The address of Breakcold cannot be used as it is.", excerpt=detail)
        slow = call.is_late or isinstance(exc, (requests.exceptions.Timeout, TimeoutError))
        if call.body_began:
            reason = "Breakcold did not answer in time." if slow else "The connection broke before Breakcold answered."
            return OutcomeUnknown(reason, excerpt=detail)
        reason = "Breakcold could not be reached in time." if slow else "Breakcold could not be reached."
        return NotSent(reason, excerpt=detail)

    def _judge(self, response: requests.Response, raw: bytes | None) -> Answer | BreakcoldError:
        """The JSON value of a 2xx answer, or the error its status stands for."""
        status = response.status_code
        value = None if raw is None else parse(raw, self._scrub)
        rate_limit = read_rate_limit(response.headers, value)
        if 200 <= status < 300 and value is not None:
            return Answer(status=status, body=value, rate_limit=rate_limit)
        text = self._scrub((raw or b"").decode("utf-8", "replace")) if value is None else value
        return error_for(status, value, rate_limit, excerpt_of(text))

    def _judge_cut(self, response: requests.Response, failure: BreakcoldError) -> BreakcoldError:
        """An answer whose body broke off says what its status alone says; where that needs a body, it says nothing."""
        rate_limit = read_rate_limit(response.headers, None)
        error = error_for(response.status_code, None, rate_limit, failure.excerpt)
        if isinstance(error, OutcomeUnknown):
            return OutcomeUnknown(failure.reason, status=error.status, rate_limit=rate_limit, excerpt=failure.excerpt)
        return error


def _encode(body: Mapping[str, Any]) -> bytes:
    try:
        return payload.encode(body)
    except (TypeError, ValueError, RecursionError):
        raise Refused("The lead holds a value that cannot be written as JSON.") from None


def _read_capped(response: requests.Response) -> bytes | None:
    """The whole answer, or None when it is longer than anything Breakcold would say."""
    chunks, size = [], 0
    for chunk in response.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
