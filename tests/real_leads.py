"""``tests/data/leads.json``: real leads as people type them, with what Breakcold must receive for each."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leads.breakcold.sandbox.world import World, make_id, make_world

_DOCUMENT = json.loads((Path(__file__).parent / "data" / "leads.json").read_text(encoding="utf-8"))
_ROW = re.compile(r"\{(list|status|tag|member|attribute|option)/([^}]+)\}")


@dataclass(frozen=True)
class RealLead:
    """``typed`` as the form sends it, ``meant`` as the whole body; ``lead_id`` is that of a lead that is there."""

    name: str
    _typed: dict[str, Any]
    _meant: dict[str, Any]

    def typed(self, lead_id: str = "") -> dict[str, Any]:
        return _with_ids(self._typed, lead_id)

    def meant(self, lead_id: str = "") -> dict[str, Any]:
        return _with_ids(_DOCUMENT["always"] | self._meant, lead_id)


LEADS = [RealLead(row["name"], row["typed"], row["meant"]) for row in _DOCUMENT["leads"]]


def world() -> World:
    """The demo world with the tags these leads carry."""
    rows = make_world()
    rows["tags"] += [{"id": make_id("tag", name), "name": name, "color": "#64748b"} for name in _DOCUMENT["tags"]]
    return rows


def _with_ids(value: Any, lead_id: str) -> Any:
    if isinstance(value, dict):
        return {_with_ids(key, lead_id): _with_ids(item, lead_id) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_ids(item, lead_id) for item in value]
    if not isinstance(value, str):
        return value
    return _ROW.sub(lambda found: make_id(found[1], found[2]), value.replace("{lead}", lead_id))
