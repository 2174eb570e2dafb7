"""Options that presets and waiting leads still use: where, and another one in their place everywhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from leads import audit
from leads.audit import Action, Actor
from leads.breakcold.fields import FIELDS
from leads.breakcold.payload import is_empty
from leads.models import CustomAttribute, FormPreset, PickerOption, Submission, Team
from leads.models.pickers import PickerKind
from leads.states import NOT_SET_OUT, State

from . import presets, submissions
from .teams import ChangedMeanwhile, NotPossible

ATTRIBUTE = "attribute"  # beside the kinds of picker
BATCH = 100  # leads in one transaction
AT_MOST = 2_000  # leads in one go
SHOWN = 20  # leads that are named

Id = tuple[str, str]  # kind and id
KIND_OF = {each.name: each.picker for each in FIELDS if each.picker}


@dataclass(slots=True)
class Use:
    """Where one option is used: presets, and leads that have not set out yet, with how many are in each state."""

    presets: list[FormPreset] = field(default_factory=list)
    leads: list[Submission] = field(default_factory=list)  # some of them, without their values
    states: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        return self.states.total()


@dataclass(frozen=True, slots=True)
class Replaced:
    """What came of it. ``left_alone`` were on their way already; ``remaining`` are for another go.

    ``misplaced`` are in none of the lists that the new step belongs to, so they keep the old one.
    """

    leads: int
    presets: int
    left_alone: int
    remaining: int
    misplaced: int = 0


def options_in(values: Mapping[str, Any]) -> Iterator[Id]:
    """Every option, and every attribute, that the values of a lead name."""
    for name, kind in KIND_OF.items():
        value = values.get(name)
        yield from ((kind, item) for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))
    yield from ((ATTRIBUTE, key) for key in values.get("attributes") or {})


def _options_in_preset(preset: FormPreset) -> Iterator[Id]:
    defaults = {row["name"]: row.get("default") for row in preset.rows}
    yield from options_in(defaults)
    yield from ((ATTRIBUTE, name.removeprefix("attributes.")) for name in defaults if name.startswith("attributes."))


def uses_of(team: Team, wanted: Collection[Id]) -> dict[Id, Use]:
    """Where each of ``wanted`` is used; those that are used nowhere are left out."""
    wanted, found = set(wanted), defaultdict[Id, Use](Use)
    if not wanted:
        return {}
    for preset in FormPreset.objects.in_use().filter(team=team):
        for option in wanted & set(_options_in_preset(preset)):
            found[option].presets.append(preset)
    for lead in _waiting(team).only("public_id", "reference", "title", "state", "values").iterator(500):
        for option in wanted & set(options_in(lead.values)):
            found[option].states[lead.state] += 1
            if len(found[option].leads) < SHOWN:
                found[option].leads.append(lead)
    return dict(found)


def _waiting(team: Team) -> Any:
    rows = Submission.objects.for_team(team).filter(environment=team.environment)
    return rows.filter(state__in=NOT_SET_OUT).order_by("pk")


def replace_everywhere(*, team: Team, kind: str, old_id: str, new_id: str = "", actor: Actor) -> Replaced:
    """Put ``new_id`` in the place of ``old_id`` in presets and in leads that have not set out; "" takes it out.

    Batch by batch: what is done stays done when a later batch fails. A lead that leaves meanwhile is left alone.
    Raises ``NotPossible``.
    """
    subject = _subject(team, kind, old_id)
    place = _check_new(team, kind, old_id, new_id)
    changed_presets = sum(_replace_in_preset(preset, (kind, old_id), new_id, actor) for preset in _presets(team))
    holding = [lead for lead in _waiting(team).only("pk", "values") if (kind, old_id) in options_in(lead.values)]
    every = [lead.pk for lead in holding if _has_place(lead, place)]
    using, leads = every[:AT_MOST], 0
    for start in range(0, len(using), BATCH):
        leads += _replace_in_leads(team, using[start : start + BATCH], (kind, old_id), new_id, place, actor)
    left_alone = len(using) - leads + _on_their_way(team, (kind, old_id))
    result = Replaced(leads, changed_presets, left_alone, len(every) - len(using), len(holding) - len(every))
    _record(subject, team, kind, old_id, new_id, result, actor)
    return result


@transaction.atomic
def _record(subject: Any, team: Team, kind: str, old_id: str, new_id: str, result: Replaced, actor: Actor) -> None:
    counts = {"leads": result.leads, "presets": result.presets, "left_alone": result.left_alone + result.misplaced}
    details = {"kind": kind, "old": old_id, "new": new_id, **counts}
    audit.record(Action.OPTION_REPLACED, team=team, actor=actor, subject=subject, details=details)


def _subject(team: Team, kind: str, old_id: str) -> PickerOption | CustomAttribute:
    rows = CustomAttribute.objects.seen_by(team)
    if kind != ATTRIBUTE:
        rows = PickerOption.objects.seen_by(team).filter(kind=kind)
    found: PickerOption | CustomAttribute | None = rows.filter(external_id=old_id).first()
    if found is None:
        raise NotPossible("There never was such an option here.")
    return found


def _check_new(team: Team, kind: str, old_id: str, new_id: str) -> str:
    """The list that a lead must be in for the new option; "" where any will do. Raises ``NotPossible``."""
    if not new_id:
        return ""
    if kind == ATTRIBUTE:
        raise NotPossible("An attribute cannot be replaced by another: their values differ. It can be taken out.")
    if new_id == old_id:
        raise NotPossible("This is the option itself. Choose another one.")
    new = PickerOption.objects.offered_to(team).filter(kind=kind, external_id=new_id).first()
    if new is None:
        raise NotPossible("The option to put in its place cannot be chosen any more. Choose again.")
    lists = PickerOption.objects.offered_to(team).filter(kind=PickerKind.LIST, external_id=new.list_id)
    return str(new.list_id) if new.list_id and lists.exists() else ""


def _has_place(lead: Submission, place: str) -> bool:
    """Whether the lead is in the list that a step belongs to; the form asks for the same."""
    return not place or place in {*(lead.values.get("lists") or []), lead.values.get("id_list")}


def _presets(team: Team) -> list[FormPreset]:
    return list(FormPreset.objects.in_use().filter(team=team).select_related("team"))


def _replace_in_preset(preset: FormPreset, old: Id, new_id: str, actor: Actor) -> bool:
    if old not in _options_in_preset(preset):
        return False
    rows = [row for row in (_row_without(row, old, new_id) for row in preset.rows) if row]
    try:
        presets.change_preset(preset=preset, name=preset.name, rows=rows, seen=preset.version, actor=actor)
    except ChangedMeanwhile:
        raise NotPossible(f"Somebody changed the preset “{preset.name}” at this moment. Try again.") from None
    return True


def _row_without(row: Mapping[str, Any], old: Id, new_id: str) -> dict[str, Any] | None:
    """A preset's row with the other option; None when it is about an attribute that is taken out."""
    kind, old_id = old
    if kind == ATTRIBUTE:
        return None if row["name"] == f"attributes.{old_id}" else dict(row)
    default = row.get("default")
    if KIND_OF.get(row["name"]) != kind or is_empty(default):
        return dict(row)
    kept = {**row, "default": _without(default, old_id, new_id)}
    if is_empty(kept["default"]):  # a field that is fixed to nothing could never be filled
        del kept["default"]
        kept["fixed"] = False
        kept["shown"] = bool(row.get("shown") or row.get("required"))
    return kept


def _without(value: Any, old_id: str, new_id: str) -> Any:
    if isinstance(value, list):
        swapped = [new_id if item == old_id else item for item in value]
        return list(dict.fromkeys(item for item in swapped if item))
    return new_id if value == old_id else value


def values_without(values: Mapping[str, Any], old: Id, new_id: str) -> dict[str, Any]:
    """The values of a lead with the other option, or without the old one; what is empty then is left out."""
    kind, old_id = old
    changed = {
        name: _without(value, old_id, new_id) if KIND_OF.get(name) == kind else value for name, value in values.items()
    }
    if kind == ATTRIBUTE:
        attributes = values.get("attributes") or {}
        changed["attributes"] = {key: value for key, value in attributes.items() if key != old_id}
    return {name: value for name, value in changed.items() if not is_empty(value)}


@transaction.atomic
def _replace_in_leads(team: Team, pks: list[int], old: Id, new_id: str, place: str, actor: Actor) -> int:
    """One batch; returns how many still waited. All rows are locked before the chain is, as everywhere."""
    rows = list(_waiting(team).filter(pk__in=pks).select_related("team").select_for_update(of=("self",)))
    changed = 0
    for lead in rows:
        if old in options_in(lead.values) and _has_place(lead, place):
            submissions.swap_values(submission=lead, values=values_without(lead.values, old, new_id), actor=actor)
            changed += 1
    return changed


def _on_their_way(team: Team, option: Id) -> int:
    rows = Submission.objects.for_team(team).filter(environment=team.environment, state=State.SENDING)
    return sum(option in options_in(lead.values) for lead in rows.only("pk", "values"))
