"""The values of a lead as people read them: labels instead of names, option names instead of ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from leads.breakcold.fields import FIELDS, GROUP_LABELS, Field, Kind
from leads.forms.lead import Options
from leads.models import CustomAttribute, PickerOption, Submission


@dataclass(frozen=True, slots=True)
class Shown:
    """One value. ``chips`` are (name, colour) pairs; ``href`` only for addresses that are safe to follow."""

    label: str
    text: str = ""
    chips: tuple[tuple[str, str], ...] = ()
    href: str = ""
    note: str = ""


def _options(submission: Submission) -> dict[str, PickerOption]:
    rows = PickerOption.objects.seen_by(submission.team, submission.environment)
    return {row.external_id: row for row in rows}


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


def shown_issues(submission: Submission) -> list[tuple[str, str, str]]:
    """What Breakcold complained about: (name of the form's field or "", its label, the complaint)."""
    issues = (submission.problem or {}).get("issues", [])
    if not issues:
        return []
    names = {key: row.name for key, row in _attributes(submission).items()}
    labels = {field.name: field.label for field in FIELDS} | {f"attributes.{key}": name for key, name in names.items()}
    return [(issue["field"], labels.get(issue["field"], issue["field"]), issue["message"]) for issue in issues]


def _shown(field: Field, value: Any, options: Mapping[str, PickerOption]) -> Shown:
    if field.kind is Kind.BOOLEAN:
        return Shown(field.label, text=(field.words or ("No", "Yes"))[bool(value)])
    if field.kind is Kind.OPTION:
        return Shown(field.label, chips=(_chip(value, options),))
    if field.kind is Kind.OPTIONS:
        return Shown(field.label, chips=tuple(_chip(item, options) for item in value))
    if field.name == "id" and not settings.BREAKCOLD_SEND_OWN_ID:
        return Shown(field.label, text=str(value), note="Kept here, not sent to Breakcold.")
    return Shown(field.label, text=str(value), href=_href(field.kind, str(value)))


def vanished(submission: Submission, offered: Options) -> list[str]:
    """What the lead says that the form cannot show, because Breakcold does not offer it any more."""
    options = _options(submission)
    attributes = _attributes(submission)
    gone = []
    for field in FIELDS:
        value = submission.values.get(field.name) or []
        if field.picker:
            known = dict(offered.choices.get(field.picker, []))
            ids = [value] if isinstance(value, str) else value
            gone += [f"{field.label}: {_chip(item, options)[0]}" for item in ids if item not in known]
    known_attributes = {row.external_id for row in offered.attributes}
    for key, value in (submission.values.get("attributes") or {}).items():
        if key not in known_attributes:
            shown = _attribute(key, value, attributes)
            gone.append(f"{shown.label}: {shown.text or ', '.join(name for name, _ in shown.chips)}")
    return gone


def _chip(option_id: str, options: Mapping[str, PickerOption]) -> tuple[str, str]:
    row = options.get(option_id)
    return (row.name, row.color) if row else (f"Unknown option {option_id}", "")


def _href(kind: Kind, value: str) -> str:
    if kind is Kind.URL and value.startswith(("https://", "http://")):
        return value
    return {Kind.EMAIL: f"mailto:{value}", Kind.PHONE: f"tel:{value}"}.get(kind, "")


def _attribute(key: str, value: Any, attributes: Mapping[str, CustomAttribute]) -> Shown:
    row = attributes.get(key)
    names = {option["id"]: option["name"] for option in row.options} if row else {}
    label = row.name if row else f"Unknown attribute {key}"
    if isinstance(value, list):
        return Shown(label, chips=tuple((names.get(item, str(item)), "") for item in value))
    if isinstance(value, dict):
        return Shown(label, text=f"{value.get('address')} ({value.get('latitude')}, {value.get('longitude')})")
    if isinstance(value, bool):
        return Shown(label, text="Yes" if value else "No")
    return Shown(label, text=names.get(str(value), str(value)))
