"""Presets as JSON, for taking them from one team or portal to another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError

from leads.models import FormPreset, Team

from .attributes import LocationWidget
from .presets import PresetForm, Use


def to_file(presets: Sequence[FormPreset]) -> str:
    rows = [{"name": each.name, "is_default": each.is_default, "rows": each.rows} for each in presets]
    return json.dumps({"presets": rows}, ensure_ascii=False, indent=2)


def from_file(text: str) -> list[dict[str, Any]]:
    """The presets in ``text``, not checked yet. Raises ``ValidationError``."""
    try:
        found = json.loads(text)["presets"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValidationError('This is not JSON of the form {"presets": [...]}.') from None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValidationError("“presets” must be a list of objects.")
    return found


def form_from_rows(team: Team, name: Any, rows: Any) -> PresetForm:
    """The editor, filled in with rows from a file and bound, so that they are checked like typed ones.

    Raises ``ValidationError`` for what is no list of rows, and for fields the team does not have.
    """
    if not isinstance(name, str) or not _are_rows(rows):
        raise ValidationError("A preset is an object with “name” and “rows”, and each row has a “name”.")
    known = PresetForm(team=team).labels
    if unknown := [row["name"] for row in rows if row["name"] not in known]:
        raise ValidationError(f"There is no field “{unknown[0]}”.")
    data: dict[str, Any] = {"name": name, "order": json.dumps([row["name"] for row in rows])}
    data |= {f"use.{field}": Use.OUT for field in known}
    for row in rows:
        data |= {f"use.{row['name']}": Use.of(row), f"help.{row['name']}": row.get("help", "")}
        data |= _posted(f"default.{row['name']}", row.get("default"))
    return PresetForm(data, team=team)


def _are_rows(rows: Any) -> bool:
    return isinstance(rows, Sequence) and all(
        isinstance(row, dict) and isinstance(row.get("name"), str) and isinstance(row.get("help", ""), str)
        for row in rows
    )


def _posted(name: str, value: Any) -> dict[str, Any]:
    """A value as a page would post it."""
    if not isinstance(value, dict):
        return {name: value}
    parts = zip(("address", "latitude", "longitude"), LocationWidget().decompress(value), strict=True)
    return {f"{name}_{part}": item for part, item in parts}
