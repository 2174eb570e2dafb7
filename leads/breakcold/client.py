"""The client of Breakcold's API: every request to it is made here, and ends in a value or in one of ``errors``.

``leads.outbound`` makes the call; this says what it means to a lead. A secret header and a POST that must not be
repeated are why nothing the libraries raise leaves here: only whether the body began to leave, and what came back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leads.outbound import MAX_ANSWER_BYTES, Failure, Outlet, Reply
from leads.outbound import UNUSABLE as UNUSABLE
from leads.outbound import Call as _Call
from leads.outbound import WatchedAdapter as _WatchedAdapter  # noqa: F401  where tests break the wire

from . import payload
from .answers import error_for, excerpt_of, lead_id_in, parse, read_rate_limit
from .errors import Answer, BreakcoldError, Created, Misconfigured, NotSent, OutcomeUnknown, Refused
from .secret import Scrubber, Secret

MAX_LIST_BYTES = 8 * MAX_ANSWER_BYTES  # thousands of options, each of some hundred bytes


class BreakcoldClient:
    """Breakcold's REST API for one key. Every method costs one call of the key's budget; use from one thread.

    Raises ``BreakcoldError`` and nothing else. ``timeout_seconds`` is for the whole call, connecting included.
    """

    def __init__(self, *, base_url: str, key: str, timeout_seconds: float = 20.0, user_agent: str) -> None:
        key = self._key = Secret(key)  # no frame of ours holds it bare
        self._scrub = Scrubber(key)
        self._base_url = base_url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._outlet = Outlet({"X-API-KEY": key, "User-Agent": user_agent, "Accept": "application/json"})
        self._session = self._outlet.session

    def __repr__(self) -> str:
        return f"<BreakcoldClient {self._base_url}>"

    def __enter__(self) -> BreakcoldClient:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self._outlet.close()

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
        said = self._outlet.exchange(
            _Call(self._timeout_seconds),
            method,
            self._base_url + path,
            data=data,
            headers=None if data is None else {"Content-Type": "application/json"},
            seconds=self._timeout_seconds,
            at_most=MAX_LIST_BYTES if method == "GET" else MAX_ANSWER_BYTES,
        )
        if isinstance(said, Failure):
            return self._judge_failure(said)
        try:
            return self._judge(said)
        except Exception as exc:  # nothing but our own errors leaves, whatever an answer made of its reading
            unread = Reply(said.status, said.headers, None)
            return self._judge_failure(Failure(type(exc).__name__, body_began=True, reply=unread))

    def _judge_failure(self, failure: Failure) -> BreakcoldError:
        """By what had left this machine; an answer whose body broke off says what its status alone says."""
        error = self._error_of(failure)
        if failure.reply is None:
            return error
        rate_limit = read_rate_limit(failure.reply.headers, None)
        said = error_for(failure.reply.status, None, rate_limit, error.excerpt)
        if isinstance(said, OutcomeUnknown):  # where the status needs a body, it says nothing
            return OutcomeUnknown(error.reason, status=said.status, rate_limit=rate_limit, excerpt=error.excerpt)
        return said

    def _error_of(self, failure: Failure) -> BreakcoldError:
        detail = excerpt_of(self._scrub(failure.detail))
        if failure.is_unusable:
            return Misconfigured("The address of Breakcold cannot be used as it is.", excerpt=detail)
        slow = failure.is_slow
        if failure.body_began:
            reason = "Breakcold did not answer in time." if slow else "The connection broke before Breakcold answered."
            return OutcomeUnknown(reason, excerpt=detail)
        reason = "Breakcold could not be reached in time." if slow else "Breakcold could not be reached."
        return NotSent(reason, excerpt=detail)

    def _judge(self, reply: Reply) -> Answer | BreakcoldError:
        """The JSON value of a 2xx answer, or the error its status stands for."""
        status, raw = reply.status, reply.raw
        value = None if raw is None else parse(raw, self._scrub)
        rate_limit = read_rate_limit(reply.headers, value)
        if 200 <= status < 300 and value is not None:
            return Answer(status=status, body=value, rate_limit=rate_limit)
        text = self._scrub((raw or b"").decode("utf-8", "replace")) if value is None else value
        return error_for(status, value, rate_limit, excerpt_of(text))


def _encode(body: Mapping[str, Any]) -> bytes:
    try:
        return payload.encode(body)
    except (TypeError, ValueError, RecursionError):
        raise Refused("The lead holds a value that cannot be written as JSON.") from None
