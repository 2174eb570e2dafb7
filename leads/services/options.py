"""Options that admins type in, where Breakcold offers none or has not named one yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction

from leads import audit
from leads.audit import Action, Actor
from leads.models import CustomAttribute, PickerOption, Team
from leads.models.pickers import PickerKind, searched
from leads.normalise import has_unshowable

from .pickers import MAX_CHARACTERS, MAX_OPTIONS
from .teams import NotPossible

TypedIn = TypeVar("TypedIn", PickerOption, CustomAttribute)

MAX_LINES = 10_000  # in one go
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
NAMED_IDS = 20  # in the log


@dataclass(frozen=True, slots=True)
class NewOption:
    """One option as somebody typed it. ``line`` is where; ``place`` the id or the name of a status's list."""

    line: int
    external_id: str
    name: str
    color: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one line cannot be taken; line 0 is all of them."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.reason}" if self.line else self.reason


class LinesRefused(NotPossible):
    """Nothing was kept, for each of these reasons."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(" ".join(str(refusal) for refusal in refusals[:3]))
        self.refusals = tuple(refusals)


def why_no_id(text: str) -> str:
    """Why this cannot be an id of Breakcold's; empty when it can."""
    if not text:
        return "The id is missing."
    if len(text) > MAX_CHARACTERS:
        return f"The id has {len(text):,} characters; at most {MAX_CHARACTERS} fit."
    if has_unshowable(text) or "\ufffd" in text:
        return "The id holds a character that cannot be shown. Copy it once more from Breakcold."
    return f"The id “{text}” has a space in it. Ids have none." if re.search(r"\s", text) else ""


def why_no_name(text: str) -> str:
    """Why nothing can be called this; empty when it can."""
    if not text:
        return "The name is missing."
    if len(text) > MAX_CHARACTERS:
        return f"The name has {len(text):,} characters; at most {MAX_CHARACTERS} fit."
    if has_unshowable(text) or "\ufffd" in text or re.search(r"[\n\r\t]", text):
        return "The name holds a character that cannot be shown. Type it again."
    is_seen = any(unicodedata.category(char)[0] not in "CZ" for char in text)
    return "" if is_seen else "The name holds nothing that can be seen."


def why_no_color(text: str) -> str:
    return "" if not text or COLOUR.fullmatch(text) else f"“{text[:30]}” is no colour. Write it like #2563eb."


@transaction.atomic
def add_options(*, team: Team, kind: str, rows: Sequence[NewOption], actor: Actor) -> int:
    """Keep options under the ids Breakcold knows them by: all of them, or ``LinesRefused`` and none.

    They outlive every sync, and become Breakcold's own as soon as it names them.
    """
    if kind not in PickerKind.values:
        raise NotPossible("Choose what these are: lists, statuses, tags or owners.")
    audit.lock(team)  # two who add the same one take turns
    known = {row.external_id: row for row in PickerOption.objects.seen_by(team).filter(kind=kind)}
    if not rows:
        raise NotPossible("There is nothing to add: type an id and a name.")
    if len(rows) > MAX_LINES or len(rows) + len(known) > MAX_OPTIONS:
        raise NotPossible(f"These are too many: a team has at most {MAX_OPTIONS:,} of a kind. Nothing was added.")
    places = _Places(team)
    refusals = list(_refusals(kind, rows, known, places))
    if refusals:
        raise LinesRefused(refusals)
    last = max((row.position for row in known.values()), default=0)
    PickerOption.objects.bulk_create(
        [
            PickerOption(
                team=team,
                environment=team.environment,
                kind=kind,
                external_id=row.external_id,
                name=row.name,
                search_text=searched(row.name),
                color=row.color,
                list_id=places.find(row.place) if row.place else "",
                position=last + number,
                is_typed_in=True,
            )
            for number, row in enumerate(rows, 1)
        ],
        batch_size=500,
        update_conflicts=True,  # one that was gone comes back
        unique_fields=["team", "environment", "kind", "external_id"],
        update_fields=["name", "search_text", "color", "list_id", "position", "is_typed_in", "is_gone"],
    )
    details = {"kind": kind, "count": len(rows), "ids": [row.external_id for row in rows[:NAMED_IDS]]}
    audit.record(Action.OPTION_ADDED, team=team, actor=actor, subject=team, details=details)
    return len(rows)


class _Places:
    """The lists a status can belong to, by id and by name."""

    def __init__(self, team: Team) -> None:
        rows = PickerOption.objects.offered_to(team).filter(kind=PickerKind.LIST)
        self._ids: dict[str, list[str]] = {}
        for key, name in rows.values_list("external_id", "name"):
            for word in {key, searched(name)}:
                self._ids.setdefault(word, []).append(key)

    def find(self, text: str) -> str:
        """The id of the list. Raises ``NotPossible``."""
        found = self._ids.get(text) or self._ids.get(searched(text)) or []
        if len(found) > 1:
            raise NotPossible(f"Several lists are called “{text}”. Use the id of the one you mean.")
        if not found:
            raise NotPossible(f"There is no list “{text[:60]}”.")
        return found[0]


def _refusals(
    kind: str, rows: Sequence[NewOption], known: Mapping[str, PickerOption], places: _Places
) -> Iterable[Refusal]:
    lines: dict[str, int] = {}
    for row in rows:
        problems = [why_no_id(row.external_id), why_no_name(row.name), why_no_color(row.color)]
        if (there := known.get(row.external_id)) and not there.is_gone:
            problems.append(f"The id “{row.external_id}” is there already: “{there.name}”.")
        if row.external_id in lines:
            problems.append(f"The id “{row.external_id}” is in line {lines[row.external_id]} already.")
        if row.place:
            problems.append(_why_not_there(kind, row.place, places))
        lines.setdefault(row.external_id, row.line)
        yield from (Refusal(row.line, problem) for problem in problems if problem)


def _why_not_there(kind: str, place: str, places: _Places) -> str:
    if kind != PickerKind.STATUS:
        return f"“{place[:60]}” is one column too many: only a status belongs to a list."
    try:
        places.find(place)
    except NotPossible as exc:
        return str(exc)
    return ""


@transaction.atomic
def change_option(*, option: PickerOption, name: str, color: str = "", place: str = "", actor: Actor) -> PickerOption:
    """Give an option that was typed in another name, colour or list. Raises ``NotPossible``."""
    option = typed_in(option)
    list_id = _Places(option.team).find(place) if place and option.kind == PickerKind.STATUS else ""
    for problem in (why_no_name(name), why_no_color(color)):
        if problem:
            raise NotPossible(problem)
    before = (option.name, option.color, option.list_id)
    option.name, option.color, option.list_id = name, color, list_id
    changed = [
        word
        for word, old, new in zip(("name", "color", "list"), before, (name, color, list_id), strict=True)
        if old != new
    ]
    if changed:
        option.save(update_fields=["name", "search_text", "color", "list_id"])
        _record(Action.OPTION_CHANGED, option, actor, {"fields": changed})
    return option


@transaction.atomic
def remove_option(*, option: PickerOption, actor: Actor) -> None:
    """One that was typed in cannot be chosen any more; leads that use it keep showing it. Raises ``NotPossible``."""
    option = typed_in(option)
    PickerOption.objects.filter(pk=option.pk).update(is_gone=True)
    _record(Action.OPTION_REMOVED, option, actor, {})


def typed_in(row: TypedIn) -> TypedIn:
    """The option or attribute as it is now, with the team's chain taken. Raises ``NotPossible`` when it is not ours."""
    audit.lock(row.team)
    found: TypedIn = type(row)._default_manager.select_related("team").get(pk=row.pk)
    if not found.is_typed_in:
        raise NotPossible(f"“{found.name}” comes from Breakcold: change it there, then sync.")
    if found.is_gone:
        raise NotPossible(f"“{found.name}” was taken away meanwhile.")
    return found


def _record(action: Action, option: PickerOption, actor: Actor, details: Mapping[str, Any]) -> None:
    details = {"kind": option.kind, "id": option.external_id, **details}
    audit.record(action, team=option.team, actor=actor, subject=option, details=details)
