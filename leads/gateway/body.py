"""Reads a request's body strictly: UTF-8 JSON, no key twice, nothing that is not JSON, not too large, not too deep."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any, NoReturn

from django.http import HttpRequest

from .errors import Refusal, issue

LEAD_LIMIT = 256 * 1024  # bytes
BATCH_LIMIT = 2 * 1024 * 1024  # bytes
SKIPPED_LIMIT = 8 * 1024 * 1024  # bytes
MAX_DEPTH = 8  # a location of an attribute of a lead of a batch is five deep


def read_json(request: HttpRequest, *, limit: int = LEAD_LIMIT) -> Any:
    """The JSON value of the body. Raises ``Refusal``."""
    if request.content_type != "application/json":
        raise Refusal(415, "content_type", "Send JSON, with Content-Type: application/json.")
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Refusal(415, "content_encoding", "Send the body as it is, not compressed.")
    return parse(_read(request, limit))


def read_object(request: HttpRequest) -> dict[str, Any]:
    value = read_json(request)
    if not isinstance(value, dict):
        raise _not_json("A lead is a JSON object.")
    return value


def _read(request: HttpRequest, limit: int) -> bytes:
    """The body, ``limit`` bytes at most; one without a length is read until it ends."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    is_chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    try:
        raw: bytes = request.META["wsgi.input"].read(limit + 1) if is_chunked else request.read(limit + 1)
    except OSError:
        raise Refusal(400, "body_cut_off", "The body ended early. Send it again.") from None
    if len(raw) > limit:
        raise _too_large(limit)
    if length.isdigit() and len(raw) < int(length):
        raise Refusal(400, "body_cut_off", "The body ended early. Send it again.")
    return raw


def skip_rest(request: HttpRequest) -> None:
    """Take in what nobody read of the body, within reason: on a connection with half a request left in it the server
    cannot hear the next one, and would close it under the script's feet.
    """
    is_chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    source, left = request.META["wsgi.input"] if is_chunked else request, SKIPPED_LIMIT
    with suppress(OSError):
        while left > 0 and (some := source.read(min(left, 65536))):
            left -= len(some)


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "too_large", f"The body may have {limit // 1024} KiB at most.")


def parse(raw: bytes) -> Any:
    """The JSON value of some bytes. Raises ``Refusal``, whose words repeat no value of it."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
        )
        if "\\u" in text:  # an escape may spell half of a surrogate pair, which is no character
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise _not_json("The body is not UTF-8 text.") from None
    except RecursionError:
        raise _not_json("The body is nested too deeply.") from None
    except json.JSONDecodeError as exc:
        raise _not_json(f"The body is not JSON: line {exc.lineno}, column {exc.colno}.") from None
    except _NotAllowed as exc:
        raise _not_json(str(exc)) from None
    if not _is_shallow(value, MAX_DEPTH):
        raise _not_json("The body is nested too deeply.")
    return value


class _NotAllowed(ValueError):
    """JSON to some, but not to Breakcold."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _NotAllowed(f"The body names “{name[:60]}” twice. Keep one.")
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise _NotAllowed("The body holds NaN or Infinity, which is not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NotAllowed("The body holds a number that is too large.")
    return number


def _whole(text: str) -> int:
    if len(text) > 300:
        raise _NotAllowed("The body holds a number that is too large.")
    return int(text)


def _is_shallow(value: Any, left: int) -> bool:
    if left == 0:
        return False
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(_is_shallow(item, left - 1) for item in inner)


def _not_json(message: str) -> Refusal:
    return Refusal(400, "invalid_json", message, issues=[issue("invalid_json", [], message)])
