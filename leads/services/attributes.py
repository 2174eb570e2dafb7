"""Custom attributes that admins type in or import, where Breakcold's API does not name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from leads import audit
from leads.audit import Action, Actor
from leads.breakcold.fields import AttributeKind
from leads.models import CustomAttribute, Team

from .options import NAMED_IDS, LinesRefused, Refusal, typed_in, why_no_id, why_no_name
from .pickers import MAX_OPTIONS
from .teams import NotPossible

MAX_ATTRIBUTES = 1_000


@dataclass(frozen=True, slots=True)
class NewAttribute:
    """One attribute as somebody typed it. ``line`` is where; ``options`` are (id, name) pairs."""

    line: int
    external_id: str
    name: str
    kind: str
    is_multiple: bool = False
    options: tuple[tuple[str, str], ...] = ()


@transaction.atomic
def add_attributes(*, team: Team, rows: Sequence[NewAttribute], actor: Actor) -> int:
    """Keep attributes under the ids Breakcold knows them by: all of them, or ``LinesRefused`` and none.

    They outlive every sync, and become Breakcold's own as soon as it names them.
    """
    audit.lock(team)
    known = {row.external_id: row for row in CustomAttribute.objects.seen_by(team)}
    if not rows:
        raise NotPossible("There is nothing to add: type an id, a name and a kind.")
    if len(rows) + len(known) > MAX_ATTRIBUTES:
        raise NotPossible(f"These are too many: a team has at most {MAX_ATTRIBUTES:,} attributes. Nothing was added.")
    refusals = list(_refusals(rows, known))
    if refusals:
        raise LinesRefused(refusals)
    last = max((row.position for row in known.values()), default=0)
    CustomAttribute.objects.bulk_create(
        [
            CustomAttribute(
                team=team,
                environment=team.environment,
                external_id=row.external_id,
                position=last + number,
                is_typed_in=True,
                **_content(row),
            )
            for number, row in enumerate(rows, 1)
        ],
        batch_size=500,
        update_conflicts=True,  # one that was gone comes back
        unique_fields=["team", "environment", "external_id"],
        update_fields=["name", "kind", "is_multiple", "options", "position", "is_typed_in", "is_gone"],
    )
    details = {"count": len(rows), "ids": [row.external_id for row in rows[:NAMED_IDS]]}
    audit.record(Action.ATTRIBUTE_ADDED, team=team, actor=actor, subject=team, details=details)
    return len(rows)


def _content(row: NewAttribute) -> dict[str, Any]:
    is_select = row.kind == AttributeKind.SELECT
    options = [{"id": key, "name": name} for key, name in row.options]
    return {"name": row.name, "kind": row.kind, "is_multiple": is_select and row.is_multiple, "options": options}


def _refusals(rows: Sequence[NewAttribute], known: Mapping[str, CustomAttribute]) -> Iterator[Refusal]:
    lines: dict[str, int] = {}
    for row in rows:
        problems = [why_no_id(row.external_id), *_problems(row)]
        if (there := known.get(row.external_id)) and not there.is_gone:
            problems.append(f"The id “{row.external_id}” is there already: “{there.name}”.")
        if row.external_id in lines:
            problems.append(f"The id “{row.external_id}” is in line {lines[row.external_id]} already.")
        lines.setdefault(row.external_id, row.line)
        yield from (Refusal(row.line, problem) for problem in problems if problem)


def _problems(row: NewAttribute) -> Iterator[str]:
    yield why_no_name(row.name)
    if row.kind not in set(AttributeKind):
        yield f"“{row.kind[:30]}” is no kind. There are {', '.join(AttributeKind)}."
        return
    if row.kind != AttributeKind.SELECT:
        yield "Only an attribute of the kind SELECT has options." if row.options or row.is_multiple else ""
        return
    if not 0 < len(row.options) <= MAX_OPTIONS:
        yield f"A SELECT has 1 to {MAX_OPTIONS:,} options. Write each as id;name."
    seen: set[str] = set()
    for key, name in row.options:
        problem = why_no_id(key) or why_no_name(name) or (f"The id “{key}” is there twice." if key in seen else "")
        yield f"Option “{(name or key)[:60]}”: {problem}" if problem else ""
        seen.add(key)


@transaction.atomic
def change_attribute(*, attribute: CustomAttribute, row: NewAttribute, actor: Actor) -> CustomAttribute:
    """Let an attribute that was typed in be as in ``row``; its id stays. Raises ``NotPossible``."""
    found = typed_in(attribute)
    refusals = [Refusal(0, problem) for problem in _problems(row) if problem]
    if refusals:
        raise LinesRefused(refusals)
    content = _content(row)
    changed = [name for name, value in content.items() if getattr(found, name) != value]
    if changed:
        CustomAttribute.objects.filter(pk=found.pk).update(**content)
        _record(Action.ATTRIBUTE_CHANGED, found, actor, {"fields": changed})
    found.refresh_from_db()
    return found


@transaction.atomic
def remove_attribute(*, attribute: CustomAttribute, actor: Actor) -> None:
    """One that was typed in is no field any more; leads that use it keep showing it. Raises ``NotPossible``."""
    found = typed_in(attribute)
    CustomAttribute.objects.filter(pk=found.pk).update(is_gone=True)
    _record(Action.ATTRIBUTE_REMOVED, found, actor, {})


def _record(action: Action, attribute: CustomAttribute, actor: Actor, details: Mapping[str, Any]) -> None:
    details = {"id": attribute.external_id, "kind": attribute.kind, **details}
    audit.record(action, team=attribute.team, actor=actor, subject=attribute, details=details)
