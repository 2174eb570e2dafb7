"""Reads a lead strictly, as the specification states it: types, nullability and known ids, never formats.

Breakcold itself accepts "google" as an email, so nothing here looks inside a text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Container
from typing import Any

from leads.breakcold.fields import BY_NAME, CURRENCIES, Field, Kind
from leads.breakcold.sandbox.attributes import check_attributes
from leads.breakcold.sandbox.issues import Issue, issue, type_issue
from leads.breakcold.sandbox.world import World

# The answer carries the value as an integer; eighteen digits fit every 64-bit column.
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
PICKERS = {"list": "lists", "status": "status", "tag": "tags", "owner": "members"}


class NotAnObject(Exception):
    """The body is no JSON object this API can read."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.issues = [issue("invalid_json", [], message)]


def read_object(raw: bytes) -> dict[str, Any]:
    """The body as one JSON object: UTF-8, no repeated keys, no NaN, no number beyond a double, no half character."""
    try:
        data = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
        if b"\\u" in raw:  # an escape may spell half of a surrogate pair, which is no character
            json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise NotAnObject("The body is not UTF-8 text") from None
    except RecursionError:
        raise NotAnObject("The body is nested too deeply") from None
    except ValueError as error:
        raise NotAnObject(f"The body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise NotAnObject("The body is not a JSON object")
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a key is repeated")
    return data


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def check_lead(body: dict[str, Any], world: World, lead_ids: Container[str]) -> list[Issue]:
    """Everything wrong with the body, all at once; empty when Breakcold would create the lead."""
    found: list[Issue] = []
    for name, value in body.items():
        field = BY_NAME.get(name)
        if field is None:
            found.append(issue("unrecognized_keys", [name], "Unrecognized key"))
        elif value is None and field.nullable:
            continue
        elif field.kind is Kind.ATTRIBUTES:
            found += check_attributes(value, world["attributes"], lead_ids)
        else:
            found += _CHECKS.get(field.kind, _text)(field, value, world)
    return found + _misplaced_statuses(body, world)


def _text(field: Field, value: Any, world: World) -> list[Issue]:
    return [] if isinstance(value, str) else [type_issue([field.name], "string", value)]


def _boolean(field: Field, value: Any, world: World) -> list[Issue]:
    return [] if isinstance(value, bool) else [type_issue([field.name], "boolean", value)]


def _amount(field: Field, value: Any, world: World) -> list[Issue]:
    if not isinstance(value, str):
        return [type_issue([field.name], "string", value)]
    if not WHOLE_NUMBER.fullmatch(value):
        return [issue("invalid_string", [field.name], "Expected a whole number")]
    return []


def _currency(field: Field, value: Any, world: World) -> list[Issue]:
    if value in CURRENCIES:
        return []
    return [issue("invalid_enum_value", [field.name], f"Expected one of {', '.join(CURRENCIES)}")]


def _option(field: Field, value: Any, world: World) -> list[Issue]:
    return _known_id(field, value, world, [field.name])


def _options(field: Field, value: Any, world: World) -> list[Issue]:
    if not isinstance(value, list):
        return [type_issue([field.name], "array", value)]
    found: list[Issue] = []
    for place, item in enumerate(value):
        found += _known_id(field, item, world, [field.name, place])
    return found


def _known_id(field: Field, value: Any, world: World, path: list[str | int]) -> list[Issue]:
    if not isinstance(value, str):
        return [type_issue(path, "string", value)]
    known = world[PICKERS[field.picker or ""]]
    if any(row["id"] == value for row in known):
        return []
    return [issue("custom", path, f"No {field.picker} has this id")]


_CHECKS: dict[Kind, Callable[[Field, Any, World], list[Issue]]] = {
    Kind.BOOLEAN: _boolean,
    Kind.AMOUNT: _amount,
    Kind.CURRENCY: _currency,
    Kind.OPTION: _option,
    Kind.OPTIONS: _options,
}


def _misplaced_statuses(body: dict[str, Any], world: World) -> list[Issue]:
    """A status that belongs to a list needs that list among the lead's own; one without a list fits everywhere."""
    statuses, lists = body.get("status"), body.get("lists")
    if not isinstance(statuses, list):
        return []
    chosen = [*(lists if isinstance(lists, list) else []), body.get("id_list")]
    home = {row["id"]: row.get("id_list") for row in world["status"]}
    return [
        issue("custom", ["status", place], "This status belongs to a list the lead is not in")
        for place, status in enumerate(statuses)
        if isinstance(status, str) and home.get(status) and home[status] not in chosen
    ]
