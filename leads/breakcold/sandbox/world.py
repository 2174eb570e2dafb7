"""The demo world every account starts with: lists, statuses, tags, members and custom attributes."""

from __future__ import annotations

import uuid
from typing import Any

from leads.breakcold.fields import AttributeKind

Row = dict[str, Any]
World = dict[str, list[Row]]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "breakcold-sandbox")


def make_id(kind: str, name: str) -> str:
    """The same id on every start, so that a portal keeps its pickers across restarts of the sandbox."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}"))


SPACE_ID = make_id("space", "sandbox")
OWNER_ID = make_id("member", "Sandbox owner")
ME = {"id": OWNER_ID, "email": "owner@sandbox.example", "name": "Sandbox owner"}

_LISTS = {
    "Inbound": (("New", "#64748b"), ("Contacted", "#2563eb"), ("Qualified", "#16a34a")),
    "Trade fair": (("To call", "#d97706"), ("Meeting booked", "#7c3aed"), ("Sample sent", "#0d9488")),
    "Partners": (("First talk", "#db2777"), ("Agreement", "#15803d")),
}
_TAGS = {
    "Hot": "#dc2626", "Warm": "#ea580c", "Cold": "#2563eb", "Newsletter": "#0891b2", "Referral": "#7c3aed",
    "Reseller": "#9333ea", "Existing customer": "#16a34a", "Export": "#0d9488", "Public sector": "#4f46e5",
    "Wants samples": "#d97706", "Price list sent": "#ca8a04", "Call in the morning": "#db2777",
    "German speaking": "#475569", "Do not email": "#991b1b",
}  # fmt: skip
# Breakcold is known to name a member by any of these; each form appears once.
_MEMBERS: tuple[Row, ...] = (
    {"full_name": "Sandbox owner", "email": "owner@sandbox.example"},
    {"name": "Sandbox sales desk"},
    {"handle": "Sandbox trade-fair desk"},
)
_ATTRIBUTES: tuple[tuple[str, AttributeKind, bool, tuple[str, ...]], ...] = (
    ("Customer number", AttributeKind.TEXT, False, ()),
    ("Notes from the visit", AttributeKind.TEXTAREA, False, ()),
    ("Number of sites", AttributeKind.NUMBER, False, ()),
    ("Invoice email", AttributeKind.EMAIL, False, ()),
    ("Agreed to be contacted", AttributeKind.CHECKBOX, False, ()),
    ("Contract ends", AttributeKind.DATE, False, ()),
    ("Call back at", AttributeKind.TIMESTAMP, False, ()),
    ("Industry", AttributeKind.SELECT, False, ("Food and drink", "Retail", "Logistics", "Services")),
    ("Company size", AttributeKind.SELECT, False, ("1 to 9", "10 to 49", "50 to 249", "250 and more")),
    ("Interested in", AttributeKind.SELECT, True, ("Starter kit", "Yearly plan", "Training", "Repairs")),
    ("Yearly budget", AttributeKind.CURRENCY, False, ()),
    ("Delivery address", AttributeKind.LOCATION, False, ()),
    ("Switchboard", AttributeKind.PHONENUMBER, False, ()),
    ("Introduced by", AttributeKind.RELATION, False, ()),
)


def make_world() -> World:
    """A fresh copy; an account may change its own."""
    return {
        "lists": [{"id": make_id("list", name), "name": name} for name in _LISTS],
        "status": [_status(place, *row) for place in _LISTS for row in enumerate(_LISTS[place])],
        "tags": [{"id": make_id("tag", name), "name": name, "color": color} for name, color in _TAGS.items()],
        "members": [{"id": make_id("member", next(iter(row.values()))), **row} for row in _MEMBERS],
        "attributes": [_attribute(*row) for row in _ATTRIBUTES],
    }


def _status(place: str, order: int, look: tuple[str, str]) -> Row:
    name, color = look
    return {
        "id": make_id("status", f"{place}/{name}"),
        "name": name,
        "order": order,
        "color": color,
        "success_rate": round(100 * (order + 1) / len(_LISTS[place])),
        "id_space": SPACE_ID,
        "type": "CUSTOM",
        "id_list": make_id("list", place),
    }


def _attribute(name: str, kind: AttributeKind, multiple: bool, options: tuple[str, ...]) -> Row:
    return {
        "id": make_id("attribute", name),
        "name": name,
        "slug": name.lower().replace(" ", "-"),
        "type": kind.value,
        "isMultiSelect": multiple,
        "select_options": [{"id": make_id(f"option/{name}", option), "name": option} for option in options],
    }
