"""Reading Breakcold's answers: JSON with nothing unstorable in it, the error shape, the budget headers.

An answer is text from a stranger: everything here returns a plain value or None, and never raises on content.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
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

EXCERPT_CHARACTERS = 500
MAX_ID_CHARACTERS = 100


def parse(raw: bytes) -> Any:
    """The JSON value of an answer, or None when it is none. NUL and lone surrogates, which no database takes, go."""
    try:
        return _storable(json.loads(raw, parse_constant=_refuse_constant))
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "")
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def lead_id_in(body: Any) -> str | None:
    """The id in an answer about one lead; None unless it is a plain word of sensible length."""
    value = body.get("id") if isinstance(body, dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_CHARACTERS:
        return None
    return value if value.isprintable() and " " not in value else None


def error_for(status: int, value: Any, rate_limit: RateLimit, excerpt: str) -> BreakcoldError:
    """DESIGN's outcome table for everything that is no plain success."""
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
    if not isinstance(value, dict) or not any(isinstance(value.get(name), str) for name in ("message", "code")):
        return None
    said = value.get("message") or value.get("code")
    return str(said)[:EXCERPT_CHARACTERS]


def _issues(value: dict[str, Any]) -> tuple[Issue, ...]:
    found = value.get("issues")
    return tuple(_issue(item) for item in found[:100] if isinstance(item, dict)) if isinstance(found, list) else ()


def _issue(item: dict[str, Any]) -> Issue:
    path = item.get("path")
    parts = [str(part) for part in path] if isinstance(path, list) else []
    field = parts[0] if parts and parts[0] in BY_NAME else ""
    if field == "attributes" and len(parts) > 1:
        field = f"attributes.{parts[1]}"
    return Issue(field=field[:200], message=str(item.get("message", ""))[:EXCERPT_CHARACTERS])


def read_rate_limit(headers: Mapping[str, str], value: Any) -> RateLimit:
    """What an answer says of the budget, old headers and new alike; nonsense becomes None, never an error."""
    retry_after = _seconds_until(headers.get("Retry-After", ""))
    if retry_after is None and isinstance(value, dict):
        milliseconds = _number(value.get("retryAfterMs"))
        retry_after = None if milliseconds is None else milliseconds / 1000
    return RateLimit(
        limit=_whole(headers.get("X-RateLimit-Limit")),
        remaining=_whole(headers.get("X-RateLimit-Remaining")),
        reset_seconds=_number(headers.get("X-RateLimit-Reset")),
        retry_after_seconds=retry_after,
    )


def _number(text: Any) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
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
