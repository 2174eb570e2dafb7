"""The one way out: every request to Breakcold is made here, and ends in a value or in one of ``errors``.

``requests`` alone is not enough for a secret header and a POST that must not be repeated: it follows redirects with
the key, reads proxies and ``.netrc``, and times out per read. So: no redirects, ``trust_env`` off, no retries, a
deadline over the whole call, a cap on the answer, and a connection that notes whether the body began to leave.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from . import payload
from .answers import EXCERPT_CHARACTERS, error_for, lead_id_in, parse, read_rate_limit
from .errors import Answer, BreakcoldError, Created, Misconfigured, NotSent, OutcomeUnknown

CONNECT_SECONDS = 5.0
MAX_ANSWER_BYTES = 1024 * 1024
CHUNK_BYTES = 64 * 1024

#: Raised before anything is sent because the address or the header cannot be used: trying again cannot help.
UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.LocationValueError,
    urllib3.exceptions.URLSchemeUnknown,
)
#: Everything the two libraries and the socket underneath can raise. ValueError covers their URL and Unicode errors.
FOREIGN = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


class Secret(str):
    """A string that does not show itself in ``repr``, so neither in a traceback nor in a printed header."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"


class _Call:
    """One call under way: its deadline, and what the connection notes about it."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.connection: HTTPConnection | None = None
        self.body_began = False
        self.timed_out = False
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

    def _cut(self) -> None:
        """Deadline: shut the socket under the waiting call, whatever it is waiting for."""
        with self._lock:
            if self._over:  # a late timer must not hit the next call on the same connection
                return
            self.timed_out = True
            sock = getattr(self.connection, "sock", None)
            if sock is not None:
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Current(threading.local):
    call: _Call


_current = _Current()


class _Watched:
    """Mixed into urllib3's connections: keeps the deadline, and notes the first byte of the body."""

    def connect(self) -> None:
        _current.call.connection = self  # type: ignore[assignment]
        super().connect()  # type: ignore[misc]
        if time.monotonic() >= _current.call.deadline:  # a slow name server may have eaten all of it
            raise TimeoutError("the time was used up before the connection stood")

    def request(self, *args: Any, **kwargs: Any) -> None:
        _current.call.connection = self  # type: ignore[assignment]
        self._headers_left = False
        super().request(*args, **kwargs)  # type: ignore[misc]

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        super().endheaders(*args, **kwargs)  # type: ignore[misc]
        self._headers_left = True

    def send(self, data: Any) -> None:
        if self._headers_left:
            _current.call.body_began = True
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


class BreakcoldClient:
    """Breakcold's REST API for one key. Every method costs one call of the key's budget; use from one thread.

    Raises ``BreakcoldError`` and nothing else. ``timeout_seconds`` is for the whole call, connecting included.
    """

    def __init__(self, *, base_url: str, key: str, timeout_seconds: float = 20.0, user_agent: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = Secret(key)
        self._timeout_seconds = timeout_seconds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.max_redirects = 0
        self._session.headers.update(
            {
                "X-API-KEY": self._key,
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
                "Breakcold said yes, but not under which id.", status=answer.status, rate_limit=answer.rate_limit
            )
        return Created(id=lead_id, body=answer.body, status=answer.status, rate_limit=answer.rate_limit)

    def get(self, path: str) -> Answer:
        """``GET`` one of the reading endpoints, such as ``/me`` or ``/lists``."""
        return self._request("GET", path, None)

    def list_leads(self, *, page: int, page_size: int) -> Answer:
        """One page of ``POST /leads/list``, in whatever order Breakcold keeps."""
        return self._request("POST", "/leads/list", {"pagination": {"page": page, "page_size": page_size}})

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        """The one outbound function."""
        data = None if body is None else payload.encode(body)
        headers = {} if data is None else {"Content-Type": "application/json"}
        with _Call(self._timeout_seconds) as call:
            try:
                with self._session.request(
                    method,
                    self._base_url + path,
                    data=data,
                    headers=headers,
                    timeout=(min(CONNECT_SECONDS, self._timeout_seconds), self._timeout_seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    raw = _read_capped(response)
            except FOREIGN as exc:
                raise self._failure(exc, call) from None
        return self._answer(response, raw)

    def _failure(self, exc: Exception, call: _Call) -> BreakcoldError:
        """One of ours for anything the libraries raised, by what had left this machine when it happened."""
        detail = self._scrub(f"{type(exc).__name__}: {exc}")[:EXCERPT_CHARACTERS]
        if isinstance(exc, UNUSABLE) and not call.body_began:
            return Misconfigured("The address of Breakcold or the key cannot be used as it is.", excerpt=detail)
        slow = call.timed_out or isinstance(exc, (requests.exceptions.Timeout, TimeoutError))
        if call.body_began:
            reason = "Breakcold did not answer in time." if slow else "The connection broke before Breakcold answered."
            return OutcomeUnknown(reason, excerpt=detail)
        reason = "Breakcold could not be reached in time." if slow else "Breakcold could not be reached."
        return NotSent(reason, excerpt=detail)

    def _answer(self, response: requests.Response, raw: bytes | None) -> Answer:
        """The JSON value of a 2xx answer, or the error its status stands for."""
        status = response.status_code
        text = "" if raw is None else self._scrub(raw.decode("utf-8", "replace"))
        value = parse(text.encode())
        rate_limit = read_rate_limit(response.headers, value)
        if 200 <= status < 300 and value is not None:
            return Answer(status=status, body=value, rate_limit=rate_limit)
        excerpt = text[:EXCERPT_CHARACTERS].replace("\0", "")
        raise error_for(status, value, rate_limit, excerpt)

    def _scrub(self, text: str) -> str:
        """``text`` without the key, however it was written down."""
        for form in {str(self._key), json.dumps(str(self._key))[1:-1], quote(self._key, safe="")}:
            text = text.replace(form, "[key]") if form else text
        return text


def _read_capped(response: requests.Response) -> bytes | None:
    """The whole answer, or None when it is longer than anything Breakcold would say."""
    chunks, size = [], 0
    for chunk in response.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
