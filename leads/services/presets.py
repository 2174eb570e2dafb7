"""Presets: shapes of a team's entry form. ``rows`` come checked from ``forms/presets.py``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import FormPreset, Team
from leads.normalise import folded, has_unshowable

from .teams import ChangedMeanwhile, NotPossible

Rows = Sequence[Mapping[str, Any]]
MAX_NAME_CHARACTERS = 100
MAX_PRESETS = 100  # of one team


@transaction.atomic
def create_preset(*, team: Team, name: str, rows: Rows, actor: Actor) -> FormPreset:
    """A new preset. Raises ``NotPossible``."""
    audit.lock(team)  # two of one name at once take turns
    if FormPreset.objects.in_use().filter(team=team).count() >= MAX_PRESETS:
        raise NotPossible(f"A team has at most {MAX_PRESETS} presets. Remove one first.")
    name = _checked_name(team, name)
    preset = FormPreset.objects.create(
        team=team, name=name, rows=list(rows), created_by=actor.user, changed_by=actor.user
    )
    _record(Action.PRESET_CREATED, preset, actor, {"fields": [row["name"] for row in rows]})
    return preset


@transaction.atomic
def change_preset(*, preset: FormPreset, name: str, rows: Rows, seen: int | None = None, actor: Actor) -> FormPreset:
    """Give a preset another name and other rows. ``seen`` is the ``version`` they were made from.

    Raises ``NotPossible``, and ``ChangedMeanwhile`` when that is not the version any more.
    """
    preset = _locked(preset)
    if seen is not None and seen != preset.version:
        raise ChangedMeanwhile
    name = _checked_name(preset.team, name, besides=preset)
    changed = changed_rows(preset.rows, rows)
    if not changed and name == preset.name:
        return preset
    details = {"fields": changed, "renamed": name != preset.name, "version": preset.version + 1}
    preset.name, preset.rows, preset.version = name, list(rows), preset.version + 1
    preset.changed_by, preset.changed_at = actor.user, timezone.now()
    preset.save(update_fields=["name", "rows", "version", "changed_by", "changed_at"])
    _record(Action.PRESET_CHANGED, preset, actor, details)
    return preset


@transaction.atomic
def copy_preset(*, preset: FormPreset, actor: Actor) -> FormPreset:
    """Another preset with the same rows, under a name of its own. Raises ``NotPossible``."""
    audit.lock(preset.team)
    taken = _taken_names(preset.team)
    names = (_shortened(preset.name, f" (copy {number})" if number > 1 else " (copy)") for number in range(1, 10_000))
    name = next(name for name in names if _as_seen(name) not in taken)
    return create_preset(team=preset.team, name=name, rows=preset.rows, actor=actor)


@transaction.atomic
def make_default_preset(*, preset: FormPreset, actor: Actor) -> None:
    """The entry form begins with it where nothing else is chosen."""
    preset = _locked(preset)
    if preset.is_default:
        return
    FormPreset.objects.filter(team=preset.team, is_default=True).update(is_default=False)
    FormPreset.objects.filter(pk=preset.pk).update(is_default=True)
    _record(Action.PRESET_MADE_DEFAULT, preset, actor, {})


@transaction.atomic
def drop_default_preset(*, preset: FormPreset, actor: Actor) -> None:
    """The entry form begins with all fields again."""
    preset = _locked(preset)
    if preset.is_default:
        FormPreset.objects.filter(pk=preset.pk).update(is_default=False)
        _record(Action.PRESET_DEFAULT_DROPPED, preset, actor, {})


@transaction.atomic
def remove_preset(*, preset: FormPreset, actor: Actor) -> None:
    """Nobody can choose it any more; it stays for the leads entered with it."""
    preset = _locked(preset)
    was_default = preset.is_default
    changes = {"removed_at": timezone.now(), "changed_by": actor.user, "is_default": False}
    FormPreset.objects.filter(pk=preset.pk).update(**changes)
    _record(Action.PRESET_REMOVED, preset, actor, {"was_default": was_default})


def changed_rows(before: Rows, after: Rows) -> list[str]:
    """The names of the fields that the two treat differently, and ``order`` where only their order differs."""
    old, new = ({row["name"]: dict(row) for row in rows} for rows in (before, after))
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    is_moved = [name for name in old if name in new] != [name for name in new if name in old]
    return [*changed, "order"] if is_moved else changed


def seen_of(preset: FormPreset) -> str:
    """What a page posts back, so that somebody else's change in between can be named: a digest of each row."""
    order = [row["name"] for row in preset.rows]
    parts = {"name": preset.name, "order": order} | {f"row {row['name']}": row for row in preset.rows}
    return json.dumps({name: _digest(part) for name, part in parts.items()})


def changed_since(seen: str, preset: FormPreset) -> list[str]:
    """Which of ``seen_of()`` is different now: field names, ``order`` and ``name``."""
    try:
        old = json.loads(seen)
    except (ValueError, RecursionError):
        old = {}
    old, new = old if isinstance(old, dict) else {}, json.loads(seen_of(preset))
    changed = [name for name in {**new, **old} if old.get(name) != new.get(name)]
    rows = [name.removeprefix("row ") for name in changed if name.startswith("row ")]
    has_same_rows = {name for name in old if name.startswith("row ")} == {
        name for name in new if name.startswith("row ")
    }
    return rows + [name for name in changed if name == "name" or (name == "order" and has_same_rows)]


def _digest(part: Any) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()[:10]


def _locked(preset: FormPreset) -> FormPreset:
    """The preset as it is now, with nobody else at it. Raises ``NotPossible`` when it was removed."""
    audit.lock(preset.team)
    found = FormPreset.objects.in_use().select_related("team").filter(pk=preset.pk).first()
    if found is None:
        raise NotPossible(f"The preset “{preset.name}” was removed meanwhile.")
    return found


def _checked_name(team: Team, name: str, besides: FormPreset | None = None) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or has_unshowable(name) or not _as_seen(name):
        raise NotPossible(f"Give the preset a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    if _as_seen(name) in _taken_names(team, besides):
        raise NotPossible(f"There is a preset with the name “{name}” already.")
    return name


def _taken_names(team: Team, besides: FormPreset | None = None) -> set[str]:
    others = FormPreset.objects.in_use().filter(team=team)
    return {_as_seen(preset.name) for preset in others if preset != besides}


def _as_seen(name: str) -> str:
    """By what two names look the same: without case, accents and what nobody sees."""
    return folded("".join(char for char in name if char.isprintable()))


def _shortened(name: str, ending: str) -> str:
    return name[: MAX_NAME_CHARACTERS - len(ending)].rstrip() + ending


def _record(action: Action, preset: FormPreset, actor: Actor, details: Mapping[str, Any]) -> None:
    audit.record(action, team=preset.team, actor=actor, subject=preset, details=details)
