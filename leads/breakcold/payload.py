"""From the values of a lead to the JSON body of ``POST /lead``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .fields import FIELDS, Kind


def is_empty(value: Any) -> bool:
    """Whether a value says nothing. False and 0 say something."""
    return value is None or (type(value) in (str, list, dict) and not value)


def build_payload(values: Mapping[str, Any], *, send_own_id: bool = False) -> dict[str, Any]:
    """The body for ``values`` (normal form, keyed by field name), in the order of ``FIELDS``.

    Empty fields are left out: Breakcold takes null for some fields only and "" for none. ``id`` is left out unless
    ``send_own_id``, because what a repeated id does is documented nowhere.
    """
    body: dict[str, Any] = {}
    for field in FIELDS:
        value = values.get(field.name)
        if field.kind is Kind.ATTRIBUTES:
            value = {key: item for key, item in (value or {}).items() if not is_empty(item)}
        if is_empty(value) or (field.name == "id" and not send_own_id):
            continue
        body[field.name] = value
    return body


def encode(body: Mapping[str, Any]) -> bytes:
    """The exact bytes that are sent: UTF-8 JSON, fields in order. Raises ValueError on NaN and infinity."""
    return _bytes(body, sort_keys=False)


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a body, the same for the same content whatever the order of its keys."""
    return hashlib.sha256(_bytes(body, sort_keys=True)).hexdigest()


def _bytes(body: Mapping[str, Any], *, sort_keys: bool) -> bytes:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)
    return text.encode("utf-8", "replace")  # half a surrogate pair becomes "?": one such lead must not stop a queue
