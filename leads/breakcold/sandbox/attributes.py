"""Checks the values of custom attributes: twelve kinds, one function each where they differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from datetime import date, datetime
from typing import Any

from leads.breakcold.fields import AttributeKind
from leads.breakcold.sandbox.issues import Issue, issue, json_name, type_issue
from leads.breakcold.sandbox.world import Row

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
REACH = {"latitude": 90, "longitude": 180}  # degrees either side of zero

Path = list[str | int]


def check_attributes(values: Any, known: list[Row], lead_ids: Container[str]) -> list[Issue]:
    if not isinstance(values, dict):
        return [type_issue(["attributes"], "object", values)]
    by_id = {row["id"]: row for row in known}
    found: list[Issue] = []
    for key, value in values.items():
        path: Path = ["attributes", key]
        if key not in by_id:
            found.append(issue("custom", path, "No attribute has this id"))
        elif by_id[key]["type"] == AttributeKind.RELATION:
            found += _relation(value, lead_ids, path)
        else:
            found += _CHECKS[AttributeKind(by_id[key]["type"])](by_id[key], value, path)
    return found


def _typed(expected: str) -> Callable[[Row, Any, Path], list[Issue]]:
    def check(row: Row, value: Any, path: Path) -> list[Issue]:
        return [] if json_name(value) == expected else [type_issue(path, expected, value)]

    return check


def _date(row: Row, value: Any, path: Path) -> list[Issue]:
    if isinstance(value, str) and DATE.fullmatch(value) and _parses(date.fromisoformat, value):
        return []
    return [issue("invalid_string", path, "Expected an ISO 8601 date such as 2026-01-31")]


def _timestamp(row: Row, value: Any, path: Path) -> list[Issue]:
    if isinstance(value, str) and TIMESTAMP.fullmatch(value) and _parses(datetime.fromisoformat, value):
        return []
    return [issue("invalid_string", path, "Expected an ISO 8601 time with its zone such as 2026-01-31T09:00:00Z")]


def _parses(read: Callable[[str], Any], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


def _select(row: Row, value: Any, path: Path) -> list[Issue]:
    if not row["isMultiSelect"]:
        return _one_option(row, value, path)
    if not isinstance(value, list):
        return [type_issue(path, "array", value)]
    found: list[Issue] = []
    for place, item in enumerate(value):
        found += _one_option(row, item, [*path, place])
    return found


def _one_option(row: Row, value: Any, path: Path) -> list[Issue]:
    if not isinstance(value, str):
        return [type_issue(path, "string", value)]
    if all(option["id"] != value for option in row["select_options"]):
        return [issue("invalid_enum_value", path, "No option has this id")]
    return []


def _location(row: Row, value: Any, path: Path) -> list[Issue]:
    if not isinstance(value, dict):
        return [type_issue(path, "object", value)]
    found = [issue("unrecognized_keys", [*path, key], "Unrecognized key") for key in value if key not in
             (*REACH, "address")]  # fmt: skip
    for name, reach in REACH.items():
        number = value.get(name)
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            found.append(type_issue([*path, name], "number", number))
        elif not -reach <= number <= reach:
            found.append(issue("custom", [*path, name], f"Expected a number from -{reach} to {reach}"))
    if not isinstance(value.get("address"), str):
        found.append(type_issue([*path, "address"], "string", value.get("address")))
    return found


def _relation(value: Any, lead_ids: Container[str], path: Path) -> list[Issue]:
    if not isinstance(value, str):
        return [type_issue(path, "string", value)]
    return [] if value in lead_ids else [issue("custom", path, "No lead has this id")]


_CHECKS: dict[AttributeKind, Callable[[Row, Any, Path], list[Issue]]] = {
    AttributeKind.TEXT: _typed("string"),
    AttributeKind.TEXTAREA: _typed("string"),
    AttributeKind.EMAIL: _typed("string"),
    AttributeKind.PHONENUMBER: _typed("string"),
    AttributeKind.NUMBER: _typed("number"),
    AttributeKind.CURRENCY: _typed("number"),
    AttributeKind.CHECKBOX: _typed("boolean"),
    AttributeKind.DATE: _date,
    AttributeKind.TIMESTAMP: _timestamp,
    AttributeKind.SELECT: _select,
    AttributeKind.LOCATION: _location,
}
