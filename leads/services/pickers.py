"""The options of the pickers and the custom attributes, as Breakcold has them. ``options`` and ``attributes`` hold what
admins type in.

None of these endpoints is in the specification, so everything is read tolerantly: what has no id and no name is
passed over, a missing endpoint leaves things as they were, and an option that vanished is kept for the leads that use
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.breakcold.errors import Answer, KeyRejected, Misconfigured, OutcomeUnknown, Refused
from leads.breakcold.fields import AttributeKind
from leads.models import BreakcoldKey, CustomAttribute, PickerOption
from leads.models.pickers import PickerKind, searched
from leads.signals import sync_wanted

from .teams import NotPossible

MAX_OPTIONS = 10_000  # of one kind
MAX_CHARACTERS = 200

SOURCES = {
    PickerKind.LIST: "/lists",
    PickerKind.STATUS: "/status?all=true",
    PickerKind.TAG: "/tags",
    PickerKind.OWNER: "/members",
}
ATTRIBUTES = "/attributes"
AGAIN_AFTER = timedelta(minutes=1)


@transaction.atomic
def ask_for_sync(*, key: BreakcoldKey, actor: Actor) -> None:
    """Have the options read again in the background, as soon as no lead waits. Raises ``NotPossible``."""
    audit.lock(key.team)  # two who ask at once take turns
    key = BreakcoldKey.objects.select_related("team").get(pk=key.pk)
    now = timezone.now()
    if key.held_at is not None:
        raise NotPossible("The key is being changed just now. Sync once that is done.")
    if key.is_waiting:
        raise NotPossible("Breakcold does not answer to the team’s key just now. Sync once it works again.")
    if key.pickers_asked_at is not None:
        raise NotPossible("A sync is under way already. This page shows when it is done.")
    if key.pickers_synced_at is not None and now - key.pickers_synced_at < AGAIN_AFTER:
        raise NotPossible("This was read from Breakcold less than a minute ago. Try again in a minute.")
    BreakcoldKey.objects.filter(pk=key.pk).update(pickers_asked_at=now, pickers_trouble="")
    audit.record(Action.PICKERS_SYNC_ASKED, team=key.team, actor=actor, subject=key)
    sync_wanted.send(sender=BreakcoldKey, key=key)


def note_sync_trouble(*, key: BreakcoldKey, trouble: str) -> None:
    """A reading brought nothing: what was known stays, and who waits for it learns why."""
    BreakcoldKey.objects.filter(pk=key.pk).update(pickers_asked_at=None, pickers_trouble=trouble[:300])


def sync(*, key: BreakcoldKey, read: Callable[[str], Answer], actor: Actor) -> None:
    """Ask Breakcold for all options and attributes and keep them. Costs five calls.

    ``read(path)`` makes one call; what it raises for a key, a network or a budget in trouble goes through.
    """
    found = {kind: _rows(read, path) for kind, path in SOURCES.items()}
    attributes = _rows(read, ATTRIBUTES)
    with transaction.atomic():
        audit.lock(key.team)
        if not BreakcoldKey.objects.current().filter(pk=key.pk).exists():
            return  # another key took its place meanwhile, perhaps of another account
        counts = {kind.value: None if rows is None else _keep_options(key, kind, rows) for kind, rows in found.items()}
        counts["attribute"] = None if attributes is None else _keep_attributes(key, attributes)
        BreakcoldKey.objects.filter(pk=key.pk).update(
            pickers_synced_at=timezone.now(), pickers_report=counts, pickers_asked_at=None, pickers_trouble=""
        )
        audit.record(Action.PICKERS_SYNCED, team=key.team, actor=actor, subject=key, details=counts)


def _rows(read: Callable[[str], Answer], path: str) -> list[dict[str, Any]] | None:
    """The objects of one endpoint that have an id and a name; None when there is no such endpoint."""
    try:
        body = read(path).body
    except KeyRejected:
        raise
    except (Misconfigured, Refused, OutcomeUnknown):
        return None
    if isinstance(body, dict):  # a list wrapped in an object
        body = next((value for value in body.values() if isinstance(value, list)), None)
    if not isinstance(body, list):
        return None
    return [row for row in body[:MAX_OPTIONS] if isinstance(row, dict) and _id(row) and _name(row)]


def _id(row: Mapping[str, Any], name: str = "id") -> str:
    """An id exactly as it came; what is too long for one is none, for a part of it would be another."""
    value = row.get(name)
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return text if len(text) <= MAX_CHARACTERS else ""


def _text(row: Mapping[str, Any], name: str) -> str:
    """One line for people, cut where it is too long."""
    value = row.get(name)
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return " ".join(text.split())[:MAX_CHARACTERS]


def _name(row: Mapping[str, Any]) -> str:
    return next((text for name in ("full_name", "name", "handle", "email") if (text := _text(row, name))), "")


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and abs(value) < 2**31 else 0


def _keep_options(key: BreakcoldKey, kind: PickerKind, rows: Iterable[Mapping[str, Any]]) -> int:
    options = {
        _id(row): PickerOption(
            team=key.team,
            environment=key.environment,
            kind=kind,
            external_id=_id(row),
            name=_name(row),
            search_text=searched(_name(row)),
            color=_text(row, "color")[:30],
            list_id=_id(row, "id_list"),
            position=_whole(row.get("order")),
        )
        for row in rows
    }
    known = PickerOption.objects.seen_by(key.team, key.environment).filter(kind=kind, is_typed_in=False)
    known.exclude(external_id__in=options).update(is_gone=True)
    PickerOption.objects.bulk_create(
        options.values(),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["team", "environment", "kind", "external_id"],
        update_fields=["name", "search_text", "color", "list_id", "position", "is_typed_in", "is_gone"],
    )
    return len(options)


def _keep_attributes(key: BreakcoldKey, rows: Iterable[Mapping[str, Any]]) -> int:
    kinds = set(AttributeKind)
    attributes = {
        _id(row): CustomAttribute(
            team=key.team,
            environment=key.environment,
            external_id=_id(row),
            name=_name(row),
            kind=_text(row, "type").upper(),
            is_multiple=row.get("isMultiSelect") is True,
            options=_select_options(row.get("select_options")),
            position=position,
        )
        for position, row in enumerate(rows)
        if _text(row, "type").upper() in kinds
    }
    known = CustomAttribute.objects.seen_by(key.team, key.environment).filter(is_typed_in=False)
    known.exclude(external_id__in=attributes).update(is_gone=True)
    CustomAttribute.objects.bulk_create(
        attributes.values(),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["team", "environment", "external_id"],
        update_fields=["name", "kind", "is_multiple", "options", "position", "is_typed_in", "is_gone"],
    )
    return len(attributes)


def _select_options(value: Any) -> list[dict[str, str]]:
    rows = value if isinstance(value, list) else []
    named = [{"id": _id(row), "name": _name(row)} for row in rows[:MAX_OPTIONS] if isinstance(row, dict)]
    return [option for option in named if option["id"] and option["name"]]
