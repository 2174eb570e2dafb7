"""The values of a lead as people read them: labels instead of names, option names instead of ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from leads.breakcold.fields import BY_NAME, FIELDS, GROUP_LABELS, Field, Kind
from leads.breakcold.payload import is_empty
from leads.forms.attributes import fits
from leads.forms.lead import initial_from
from leads.forms.options import Options
from leads.forms.shape import ATTRIBUTE_PREFIX
from leads.models import CustomAttribute, PickerOption, Revision, Submission
from leads.services.replacing import options_in


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of the form's field ``name``. ``chips`` are (name, colour) pairs; ``href`` is there only for
    addresses that are safe to follow. ``preset_says`` is what the preset began with, where that is something else.
    """

    name: str
    label: str
    text: str = ""
    chips: tuple[tuple[str, str], ...] = ()
    href: str = ""
    note: str = ""
    preset_says: str = ""

    @property
    def in_words(self) -> str:
        return self.text or ", ".join(name for name, _ in self.chips)


Known = Mapping[tuple[str, str], PickerOption]  # by kind and id


def _options(submission: Submission, also: Iterable[Mapping[str, Any]] = ()) -> Known:
    """The options named by the lead and by these other values: a team may have thousands."""
    named = {option_id for values in (submission.values, *also) for _, option_id in options_in(values)}
    rows = PickerOption.objects.seen_by(submission.team, submission.environment).filter(external_id__in=named)
    return {(row.kind, row.external_id): row for row in rows}


def _attributes(submission: Submission) -> dict[str, CustomAttribute]:
    rows = CustomAttribute.objects.seen_by(submission.team, submission.environment)
    return {row.external_id: row for row in rows}


def shown_values(submission: Submission) -> list[tuple[str, list[Shown]]]:
    """The filled fields in the form's groups and order. Options that vanished keep their last known name."""
    options = _options(submission)
    attributes = _attributes(submission)
    groups: dict[str, list[Shown]] = {label: [] for label in GROUP_LABELS.values()}
    for field in FIELDS:
        value = submission.values.get(field.name)
        if field.kind is Kind.ATTRIBUTES:
            groups[GROUP_LABELS[field.group]] += [
                _attribute(key, item, attributes) for key, item in (value or {}).items()
            ]
        elif value is not None and value != field.default:
            groups[GROUP_LABELS[field.group]].append(_shown(field, value, options))
    return [(label, values) for label, values in groups.items() if values]


def marked_values(submission: Submission) -> list[tuple[str, list[Shown]]]:
    """``shown_values`` with what differs from the preset's defaults marked, what was emptied included."""
    defaults = _other_defaults(submission)
    if not defaults:
        return shown_values(submission)
    options = _options(submission, [{name: value} for name, value in defaults.items()])
    attributes = _attributes(submission)
    says = {name: _named(name, value, options, attributes) for name, value in defaults.items()}
    groups: dict[str, tuple[Shown, ...]] = dict.fromkeys(GROUP_LABELS.values(), ())
    for label, values in shown_values(submission):
        groups[label] = tuple(
            replace(value, preset_says=says.pop(value.name).in_words) if value.name in says else value
            for value in values
        )
    flat = initial_from(submission.values)
    for name, begun in says.items():
        field = BY_NAME["attributes" if name.startswith(ATTRIBUTE_PREFIX) else name]
        now = flat.get(name, field.default)
        shown = Shown(name, begun.label) if is_empty(now) else _named(name, now, options, attributes)
        groups[GROUP_LABELS[field.group]] += (replace(shown, preset_says=begun.in_words),)
    return [(label, list(values)) for label, values in groups.items() if values]


def _other_defaults(submission: Submission) -> dict[str, Any]:
    """What the preset begins with, of the fields that say something else."""
    rows = submission.preset.rows if submission.preset else []
    flat = initial_from(submission.values)
    found = {}
    for row in rows:
        name, default = row["name"], row.get("default")
        field = BY_NAME.get(name)
        if is_empty(default) or (field is None and not name.startswith(ATTRIBUTE_PREFIX)):
            continue
        now = flat.get(name, field.default if field else None)
        if _in_any_order(now) != _in_any_order(default):
            found[name] = default
    return found


def _in_any_order(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a revision changed; None where there was, or is, nothing."""

    label: str
    before: Shown | None
    after: Shown | None


def shown_corrections(submission: Submission) -> list[tuple[Revision, list[Change]]]:
    """What others than who entered the lead changed in it, oldest first."""
    revisions = list(submission.revisions.filter(is_correction=True).select_related("author"))
    if not revisions:
        return []
    said = [{name: value} for each in revisions for name, pair in each.changes.items() for value in pair]
    options, attributes = _options(submission, said), _attributes(submission)

    def show(name: str, value: Any) -> Shown | None:
        return None if value is None else _named(name, value, options, attributes)

    return [
        (row, [_change(name, show(name, before), show(name, after)) for name, (before, after) in row.changes.items()])
        for row in revisions
    ]


def _change(name: str, before: Shown | None, after: Shown | None) -> Change:
    known = after or before
    return Change(known.label if known else name, before, after)


def now_says(submission: Submission, changed: Mapping[str, list[Any]]) -> list[tuple[str, str]]:
    """(label, text) of what a lead says now in the fields of a ``difference``."""
    options, attributes = _options(submission), _attributes(submission)
    found = []
    for name, (_, value) in changed.items():
        is_picked = not name.startswith(ATTRIBUTE_PREFIX) and BY_NAME[name].picker
        shown = _named(name, [] if value is None and is_picked else value, options, attributes)
        found.append((shown.label, "" if value is None else shown.in_words))
    return found


def shown_issues(submission: Submission) -> list[tuple[str, str, str]]:
    """What Breakcold complained about: (name of the form's field or "", its label, the complaint)."""
    issues = (submission.problem or {}).get("issues", [])
    if not issues:
        return []
    names = {key: row.name for key, row in _attributes(submission).items()}
    labels = {field.name: field.label for field in FIELDS} | {f"attributes.{key}": name for key, name in names.items()}
    return [(issue["field"], labels.get(issue["field"], issue["field"]), issue["message"]) for issue in issues]


def _named(name: str, value: Any, options: Known, attributes: Mapping[str, CustomAttribute]) -> Shown:
    """The value of a field by the name it has in the form."""
    if name.startswith(ATTRIBUTE_PREFIX):
        return _attribute(name.removeprefix(ATTRIBUTE_PREFIX), value, attributes)
    return _shown(BY_NAME[name], value, options)


def _shown(field: Field, value: Any, options: Known) -> Shown:
    if field.kind is Kind.BOOLEAN:
        return Shown(field.name, field.label, text=(field.words or ("No", "Yes"))[bool(value)])
    if field.kind is Kind.OPTION:
        return Shown(field.name, field.label, chips=(_chip(field, value, options),))
    if field.kind is Kind.OPTIONS:
        return Shown(field.name, field.label, chips=tuple(_chip(field, item, options) for item in value))
    if field.name == "id" and not settings.BREAKCOLD_SEND_OWN_ID:
        return Shown(field.name, field.label, text=str(value), note="Kept here, not sent to Breakcold.")
    return Shown(field.name, field.label, text=str(value), href=_href(field.kind, str(value)))


def vanished(submission: Submission, offered: Options) -> list[str]:
    """What the lead says that the form cannot show, because Breakcold does not offer it any more."""
    options = _options(submission)
    attributes = _attributes(submission)
    gone = []
    for field in FIELDS:
        value = submission.values.get(field.name) or []
        if field.picker:
            ids = [value] if isinstance(value, str) else value
            known = offered.known(field.picker, ids)
            gone += [f"{field.label}: {_chip(field, item, options)[0]}" for item in ids if item not in known]
    offered_attributes = {row.external_id: row for row in offered.attributes}
    for key, value in (submission.values.get("attributes") or {}).items():
        if key not in offered_attributes or not fits(offered_attributes[key], value):
            shown = _attribute(key, value, attributes)
            gone.append(f"{shown.label}: {shown.in_words}")
    return gone


def _chip(field: Field, option_id: str, options: Known) -> tuple[str, str]:
    row = options.get((field.picker or "", option_id))
    return (row.name, row.color) if row else (f"Unknown option {option_id}", "")


def _href(kind: Kind, value: str) -> str:
    if kind is Kind.URL and value.startswith(("https://", "http://")):
        return value
    return {Kind.EMAIL: f"mailto:{value}", Kind.PHONE: f"tel:{value}"}.get(kind, "")


def attribute_text(attribute: CustomAttribute, value: Any) -> str:
    """A value of a custom attribute as people read it, also one that does not fit it any more."""
    return _attribute(attribute.external_id, value, {attribute.external_id: attribute}).in_words


def _attribute(key: str, value: Any, attributes: Mapping[str, CustomAttribute]) -> Shown:
    name, row = f"attributes.{key}", attributes.get(key)
    names = {option["id"]: option["name"] for option in row.options} if row else {}
    label = row.name if row else f"Unknown attribute {key}"
    if isinstance(value, list):
        return Shown(name, label, chips=tuple((names.get(str(item), str(item)), "") for item in value))
    if isinstance(value, dict):
        return Shown(name, label, text=f"{value.get('address')} ({value.get('latitude')}, {value.get('longitude')})")
    if isinstance(value, bool):
        return Shown(name, label, text="Yes" if value else "No")
    return Shown(name, label, text=names.get(str(value), str(value)))
