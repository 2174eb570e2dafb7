"""What is wrong with a body, in the shape Breakcold answers: a code, the path to the value and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Issue = dict[str, Any]

_NAMES = ((bool, "boolean"), (str, "string"), ((int, float), "number"), (list, "array"), (dict, "object"))


def issue(code: str, path: Sequence[str | int], message: str) -> Issue:
    return {"code": code, "path": list(path), "message": message}


def type_issue(path: Sequence[str | int], expected: str, value: Any) -> Issue:
    return issue("invalid_type", path, f"Expected {expected}, received {json_name(value)}")


def json_name(value: Any) -> str:
    """The JSON type of a value; bool comes before number because Python's bool is an int."""
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "null")
