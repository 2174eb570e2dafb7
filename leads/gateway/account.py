"""What clients read to check a key and to fill their pickers: from what was last synced, in Breakcold's shapes."""

from __future__ import annotations

from typing import Any

from django.utils.text import slugify

from leads.models import CustomAttribute, PickerOption
from leads.models.pickers import PickerKind

from .call import Call, Handler, Reply

Row = dict[str, Any]


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


def _options(kind: PickerKind, show: Any) -> Handler:
    def read(call: Call) -> Reply:
        call.refuse_query_except()
        rows = PickerOption.objects.offered_to(call.token.team).filter(kind=kind)
        return Reply.of(200, [show(row) for row in rows], "read")

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
    return Reply.of(200, [_status(row) for row in rows], "read")


def attributes(call: Call) -> Reply:
    call.refuse_query_except()
    rows = CustomAttribute.objects.offered_to(call.token.team)
    return Reply.of(200, [_attribute(row) for row in rows], "read")
