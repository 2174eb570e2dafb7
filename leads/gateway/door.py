"""The one view under ``/rest``: lets a request in or turns it away, answers in JSON whatever happens, notes it.

In the order in which Breakcold would notice: the token, its budget, the address, the verb, the scope, the body.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from django.db.utils import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from leads.services import gateway_requests, tokens
from leads.services.gateway_requests import Budget

from . import auth, openapi, routes
from .body import skip_rest
from .call import Call, Reply
from .errors import SENTENCES, Refusal, error_body

log = logging.getLogger(__name__)

MAX_UNCOUNTED = 60  # requests a minute and process that are noted although no budget holds them


@csrf_exempt  # no cookie is read here: who asks is the token alone
def answer(request: HttpRequest) -> HttpResponse:
    call = Call(request, began_at=timezone.now(), reference=getattr(request, "request_id", ""))
    began = time.monotonic()
    reply = _public(request) or _safely(call)
    if call.path:
        _note(call, reply, time.monotonic() - began)
    if call.known_token is not None:
        skip_rest(request)
    response = HttpResponse(reply.body, status=reply.status, content_type="application/json")
    if reply.status == 204:
        del response.headers["Content-Type"]
    for name, value in {**reply.headers, **_budget_headers(call.budget)}.items():
        response[name] = value
    return response


def _public(request: HttpRequest) -> Reply | None:
    """What anybody may ask, and what costs nothing."""
    if request.path_info == routes.OPENAPI and request.method in ("GET", "HEAD"):
        return Reply(200, openapi.as_bytes(), "read")
    place = routes.find(request.path_info)
    if request.method == "OPTIONS" and (place or request.path_info == routes.OPENAPI):
        return Reply(204, b"", "read", headers={"Allow": place.allowed if place else "GET, HEAD, OPTIONS"})
    return None


def _safely(call: Call) -> Reply:
    try:
        return _admitted(call)
    except Refusal as refusal:
        body = refusal.body(procedure=call.procedure, reference=call.reference)
        return Reply.of(refusal.status, body, refusal.reason, headers=refusal.headers)
    except (OperationalError, InterfaceError) as exc:  # named only: its text may quote the lead
        log.warning("The gateway could not use the database (%s), reference %s", type(exc).__name__, call.reference)
        return _broken(call, 503, headers={"Retry-After": "2"})
    except Exception:
        log.exception("The gateway broke off, reference %s", call.reference)
        return _broken(call, 500)


def _broken(call: Call, status: int, headers: dict[str, str] | None = None) -> Reply:
    reason = "unavailable" if status == 503 else "broken"
    body = error_body(status, SENTENCES[status], reason=reason, procedure=call.procedure, reference=call.reference)
    return Reply.of(status, body, reason, headers=headers or {})


def _admitted(call: Call) -> Reply:
    path = call.request.path_info
    if path == routes.OPENAPI:
        raise Refusal(405, "no_such_method", "This address can only be read.", headers={"Allow": "GET, HEAD, OPTIONS"})
    place = routes.find(path)
    call.path = place.shown if place else routes.shown(path)
    method = place.method(call.request.method or "") if place else None
    call.procedure = method.procedure if method else ""
    _let_in(call)
    if place is None:
        raise Refusal(404, "no_such_address", "The gateway has nothing at this address, and passes nothing on.")
    if method is None:
        message = f"The gateway does not {call.request.method} here."[:100]
        raise Refusal(405, "no_such_method", message, headers={"Allow": place.allowed})
    if not method.scopes & set(call.token.scopes):
        may = ", ".join(call.token.scopes)
        raise Refusal(403, "scope_missing", f"This token may not do this. It may: {may}.")
    call.target = place.target
    return method.run(call)


def _let_in(call: Call) -> None:
    """Token, then budget. Raises ``Refusal``."""
    plain = auth.presented(call.request)
    call.known_token = auth.find(plain)
    auth.check(call.token, plain, now=call.began_at)
    call.budget = gateway_requests.count_request(
        token=call.token,
        address=call.address,
        by_previous=tokens.is_previous(call.token, plain),
        now=call.began_at,
    )
    if call.budget.is_over:
        seconds = call.budget.reset_seconds
        raise Refusal(
            429,
            "too_many_requests",
            f"This token may make {call.budget.limit} requests a minute. Go on in {seconds} s.",
            headers={"Retry-After": str(seconds)},
            extra={"retryAfterMs": seconds * 1000},
        )


def _budget_headers(budget: Budget | None) -> dict[str, str]:
    if budget is None:
        return {}
    return {
        "X-RateLimit-Limit": str(budget.limit),
        "X-RateLimit-Remaining": str(budget.remaining),
        "X-RateLimit-Reset": str(budget.reset_seconds),
    }


def _note(call: Call, reply: Reply, seconds: float) -> None:
    """Keep what came of it, where that cannot be made to fill the disk: of those over the limit the first alone."""
    is_kept = (not call.budget.is_over or call.budget.is_first_over) if call.budget else _uncounted.take()
    if not is_kept:
        return
    try:
        gateway_requests.note_request(
            token=call.known_token,
            submission=reply.submission,
            at=call.began_at,
            method=(call.request.method or "")[:10] if (call.request.method or "").isalpha() else "…",
            path=call.path,
            status=reply.status,
            outcome=reply.outcome,
            address=call.address,
            seconds=seconds,
            reference=call.reference,
        )
    except Error as exc:
        log.warning("A request at the gateway could not be noted: %s", type(exc).__name__)


class _Uncounted:
    """How many requests that no budget counts (their token opens nothing) are still noted this minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends_at = timezone.now()
        self._left = 0

    def take(self) -> bool:
        with self._lock:
            now = timezone.now()
            if not now < self._ends_at <= now + timedelta(minutes=1):
                self._ends_at, self._left = now + timedelta(minutes=1), MAX_UNCOUNTED
            self._left -= 1
            return self._left >= 0


_uncounted = _Uncounted()
