"""An empty table to fill in and import: a column for each field of a preset, and what may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leads.breakcold.fields import BY_NAME, CURRENCIES, AttributeKind, Kind
from leads.models import CustomAttribute, FormPreset, PickerOption, Team
from leads.services.lead_columns import attribute_headings, choice_names, headings_of, telling

from .lead import LeadForm
from .shape import ATTRIBUTE_PREFIX

YES_NO = ["Yes", "No"]
MAX_CHOICES = 5_000  # of one column; nobody looks through more


@dataclass(slots=True)
class Template:
    """``choices`` are what may stand in a column, by its place."""

    headings: list[str] = field(default_factory=list)
    choices: dict[int, list[str]] = field(default_factory=dict)

    def add(self, heading: str, choices: list[str]) -> None:
        if choices:
            self.choices[len(self.headings)] = choices[:MAX_CHOICES]
        self.headings.append(heading)

    def options(self) -> list[list[str]]:
        """Column and option, line by line: for a file that has no lists to choose from."""
        return [[self.headings[place], name] for place, names in self.choices.items() for name in names]


def template_of(team: Team, preset: FormPreset | None) -> Template:
    """The columns that the preset shows, in its order and without what it fixes; without a preset all fields."""
    form = LeadForm(team=team, preset=preset)
    shown = form.shape.shown if form.shape else list(form.fields)
    fixed = form.shape.fixed if form.shape else {}
    attributes = {ATTRIBUTE_PREFIX + row.external_id: row for row in form.options.attributes}
    headings = attribute_headings(form.options.attributes)
    template = Template()
    for name in shown:
        if name in fixed:
            continue
        if name in attributes:
            _add_attribute(template, attributes[name], headings)
        else:
            template.add(BY_NAME[name].label, _choices(team, name))
    return template


def _add_attribute(template: Template, row: CustomAttribute, headings: Mapping[str, str]) -> None:
    choices = list(choice_names(row).values()) if row.kind == AttributeKind.SELECT else []
    if row.kind == AttributeKind.CHECKBOX:
        choices = YES_NO
    for heading in headings_of(row, headings[row.external_id]):
        template.add(heading, choices)


def _choices(team: Team, name: str) -> list[str]:
    contract = BY_NAME[name]
    if contract.kind is Kind.BOOLEAN:
        return [*reversed(contract.words)] if contract.words else YES_NO
    if contract.kind is Kind.CURRENCY:
        return [*CURRENCIES]
    if not contract.picker:
        return []
    rows = PickerOption.objects.offered_to(team).filter(kind=contract.picker)
    return list(telling(rows.values_list("external_id", "name")).values())
