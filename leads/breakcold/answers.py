"""Reading Breakcold's answers: JSON with nothing unstorable in it, the error shape, the budget headers.

An answer is text from a stranger: everything here returns a plain value or None, and never raises on content.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from .errors import (
    BreakcoldError,
    Issue,
    KeyRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimit,
    RateLimited,
    Refused,
)
from .fields import BY_NAME
from .secret import SCRUBBED

EXCERPT_CHARACTERS = 500
MAX_ID_CHARACTERS = 100
LOST = "\N{REPLACEMENT CHARACTER}"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def parse(raw: bytes, scrub: Callable[[str], str] = str) -> Any:
    """The JSON value of an answer, or None when it is none.

    Every text in it has gone through ``scrub``. What no database takes is replaced: NUL, lone surrogates, infinity.
    """
    try:
        value = json.loads(raw.decode("utf-8-sig", "replace"), parse_constant=_refuse_constant, parse_float=_finite)
        return _storable(value, scrub)
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _storable(value: Any, scrub: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return scrub(UNSTORABLE.sub(LOST, value))
    if isinstance(value, list):
        return [_storable(item, scrub) for item in value]
    if isinstance(value, dict):
        return {_storable(key, scrub): _storable(item, scrub) for key, item in value.items()}
    return value


def excerpt_of(value: Any) -> str:
    """The beginning of an answer, for people to read: a text as it is, anything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:EXCERPT_CHARACTERS].encode("utf-8", "replace").decode().replace("\0", LOST)


def lead_id_in(body: Any) -> str | None:
    """The id in an answer about one lead; None unless it is a plain word of sensible length, as it was received."""
    value = body.get("id") if isinstance(body, dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_CHARACTERS or SCRUBBED in value:
        return None
    return value if value.isascii() and value.isprintable() and " " not in value else None


def error_for(status: int, value: Any, rate_limit: RateLimit, excerpt: str) -> BreakcoldError:
    """What an answer that is no plain success means; docs/architecture.md says why."""
    said = _message(value)
    about: dict[str, Any] = {"status": status, "rate_limit": rate_limit, "excerpt": excerpt}
    if status == 429:
        return RateLimited("Breakcold asked to slow down.", **about)
    if status in (400, 409, 422) and said is not None:
        return Refused(said, issues=_issues(value), **about)
    if status in (401, 403):
        return KeyRejected("Breakcold does not accept the team's key.", **about)
    if 300 <= status < 400:
        return Misconfigured("The address of Breakcold points somewhere else now.", **about)
    if status in (404, 405):
        return Misconfigured("There is no Breakcold API at the configured address.", **about)
    return OutcomeUnknown(f"Breakcold answered in a way that says neither yes nor no (status {status}).", **about)


def _message(value: Any) -> str | None:
    """The sentence in Breakcold's error shape, or None when the value has another shape."""
    said = [value.get(name) for name in ("message", "code")] if isinstance(value, dict) else []
    texts = [text for text in said if isinstance(text, str)]
    return (next(filter(str.strip, texts), "Breakcold refused the lead."))[:EXCERPT_CHARACTERS] if texts else None


def _issues(value: dict[str, Any]) -> tuple[Issue, ...]:
    found = value.get("issues")
    return tuple(_issue(item) for item in found[:100] if isinstance(item, dict)) if isinstance(found, list) else ()


def _issue(item: dict[str, Any]) -> Issue:
    path = item.get("path")
    parts = [str(part) for part in path] if isinstance(path, list) else []
    field = parts[0] if parts and parts[0] in BY_NAME else ""
    if field == "attributes" and len(parts) > 1:
        field = f"attributes.{parts[1]}"
    message = item.get("message")
    return Issue(field=field[:200], message=message[:EXCERPT_CHARACTERS] if isinstance(message, str) else "")


def read_rate_limit(headers: Mapping[str, str], value: Any) -> RateLimit:
    """What an answer says of the budget, old headers and new alike; nonsense becomes None, never an error."""
    milliseconds = _number(value.get("retryAfterMs")) if isinstance(value, dict) else None
    waits = [_seconds_until(headers.get("Retry-After", "")), None if milliseconds is None else milliseconds / 1000]
    return RateLimit(
        limit=_whole(headers.get("X-RateLimit-Limit")),
        remaining=_whole(headers.get("X-RateLimit-Remaining")),
        reset_seconds=_number(headers.get("X-RateLimit-Reset")),
        retry_after_seconds=max((wait for wait in waits if wait is not None), default=None),
    )


def _number(text: Any) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1e12 else None  # also drops NaN, which compares false


def _whole(text: Any) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def _seconds_until(text: str) -> float | None:
    """``Retry-After`` as seconds; the header may also hold a date."""
    if (number := _number(text)) is not None:
        return number
    try:
        return parsedate_to_datetime(text).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
