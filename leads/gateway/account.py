"""What clients read to check a key and to fill their pickers: from what was last synced, in Breakcold's shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.http import http_date
from django.utils.text import slugify

from leads.models import BreakcoldKey, CustomAttribute, PickerOption
from leads.models.pickers import PickerKind
from leads.services import keys

from . import waiting
from .call import Call, Handler, Reply, seconds_to_wait
from .errors import Refusal

Row = dict[str, Any]
AGAIN_SECONDS = 5  # after which it is worth asking again for what is being read


def me(call: Call) -> Reply:
    """Whose token this is. Breakcold's three fields, and what a script may want to know of its token."""
    call.refuse_query_except()
    token = call.token
    answer = {
        "id": str(token.public_id),
        "email": token.owner.email if token.owner else None,
        "name": token.name,
        "team": {"slug": token.team.slug, "name": token.team.name, "is_practice": token.team.is_practice},
        "scopes": token.scopes,
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
    }
    return Reply.of(200, answer, "read")


def _list(row: PickerOption) -> Row:
    return {"id": row.external_id, "name": row.name}


def _status(row: PickerOption) -> Row:
    """What the portal does not keep of a status is null."""
    return {
        "id": row.external_id,
        "name": row.name,
        "order": row.position,
        "color": row.color,
        "success_rate": None,
        "id_space": None,
        "type": None,
        "id_list": row.list_id or None,
    }


def _tag(row: PickerOption) -> Row:
    return {"id": row.external_id, "name": row.name, "color": row.color}


def _member(row: PickerOption) -> Row:
    return {"id": row.external_id, "name": row.name, "full_name": row.name}


def _attribute(row: CustomAttribute) -> Row:
    return {
        "id": row.external_id,
        "name": row.name,
        "slug": slugify(row.name),
        "type": row.kind,
        "isMultiSelect": row.is_multiple,
        "select_options": row.options,
    }


def _answer(call: Call, rows: QuerySet[Any], show: Callable[[Any], Row]) -> Reply:
    """What was last read from Breakcold, and when. An empty list while the first reading is under way would be a lie,
    so that is waited for.
    """
    found, key = list(rows), keys.find_current_key(call.token.team)
    if key is not None and not found and _is_first_reading(key):
        key = _wait_for_reading(call, key)
        found = list(rows.all())
    synced_at = key.pickers_synced_at if key else None
    headers = {"Last-Modified": http_date(synced_at.timestamp())} if synced_at else {}
    return Reply.of(200, [show(row) for row in found], "read", headers=headers)


def _is_first_reading(key: BreakcoldKey) -> bool:
    """Whether the options that come with the key were never read, and will be in a moment."""
    is_read = key.pickers_synced_at is not None or key.pickers_trouble
    return not (is_read or key.is_waiting or key.held_at is not None)


def _wait_for_reading(call: Call, key: BreakcoldKey) -> BreakcoldKey:
    """The key once it was read. Raises ``Refusal`` when that takes too long."""

    def look() -> BreakcoldKey | None:
        now = BreakcoldKey.objects.get(pk=key.pk)
        return None if _is_first_reading(now) else now

    read = waiting.poll(look, seconds=seconds_to_wait(call.header("Prefer")))
    if read is None:
        message = "The lists, statuses, tags, members and attributes are being read from Breakcold for the first time."
        headers, extra = {"Retry-After": str(AGAIN_SECONDS)}, {"retryAfterMs": AGAIN_SECONDS * 1000}
        raise Refusal(503, "not_read_yet", f"{message} Ask again in a moment.", headers=headers, extra=extra)
    return read


def _options(kind: PickerKind, show: Callable[[PickerOption], Row]) -> Handler:
    def read(call: Call) -> Reply:
        call.refuse_query_except()
        return _answer(call, PickerOption.objects.offered_to(call.token.team).filter(kind=kind), show)

    return read


lists = _options(PickerKind.LIST, _list)
tags = _options(PickerKind.TAG, _tag)
members = _options(PickerKind.OWNER, _member)


def status(call: Call) -> Reply:
    """All of them, or with ``id_list`` those of one list."""
    call.refuse_query_except("all", "id_list")
    rows = PickerOption.objects.offered_to(call.token.team).filter(kind=PickerKind.STATUS)
    if "id_list" in call.request.GET:
        rows = rows.filter(list_id=call.request.GET["id_list"].replace("\0", ""))
    return _answer(call, rows, _status)


def attributes(call: Call) -> Reply:
    call.refuse_query_except()
    return _answer(call, CustomAttribute.objects.offered_to(call.token.team), _attribute)
