"""Which column of a spreadsheet is which field of the entry form: what there is to choose from, and a first guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leads.breakcold.fields import BY_NAME, FIELDS, GROUP_LABELS
from leads.models import ImportMapping, LeadImport
from leads.normalise import folded
from leads.services.imports.results import RESULT_COLUMNS
from leads.services.lead_columns import FACTS

from .lead import LeadForm
from .shape import ATTRIBUTE_PREFIX

#: A column that holds first and last name together; it is taken apart.
FULL_NAME = "full_name"
FULL_NAME_ALIASES = (
    "full name", "fullname", "name", "contact name", "contact full name", "contact person", "contact", "person name",
    "display name", "ansprechpartner", "kontakt", "nom complet", "nom et prénom", "nombre completo",
    "nombre y apellidos", "nome completo", "nome e cognome", "volledige naam", "naam",
)  # fmt: skip
#: Only LinkedIn’s own list of connections has it, and there “URL” is the person’s profile.
LINKEDIN = "connected on"
NOT_A_WORD = re.compile(r"[^\w+#@]+|_")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made of each row. See ``LeadImport`` for the parts."""

    columns: Sequence[str]
    constants: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, lead_import: LeadImport) -> Plan:
        return cls(lead_import.columns, lead_import.constants, lead_import.choices)


def heading_key(heading: str) -> str:
    """A heading without what does not matter: case, accents, punctuation."""
    return folded(NOT_A_WORD.sub(" ", heading))


def ours_of(headings: Iterable[str]) -> frozenset[str]:
    """The columns that the portal added: in a result file, or in an export of leads, which has all of its own."""
    found = {heading.strip() for heading in headings}
    return frozenset(found & {*RESULT_COLUMNS, *(FACTS if found.issuperset(FACTS) else ())})


def targets_of(form: LeadForm) -> dict[str, str]:
    """What a column can be, with its label: all the form's fields that nobody has fixed."""
    found = {FULL_NAME: "Full name (taken apart)"} if "first_name" in form.fields else {}
    fixed = form.shape.fixed if form.shape else {}
    for name, form_field in form.fields.items():
        if name in fixed:
            continue
        parts = getattr(form_field.widget, "widgets_names", ())
        for suffix in parts or ("",):
            found[name + suffix] = f"{form_field.label}{suffix.replace('_', ': ')}"
    return found


def grouped(targets: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The targets in the groups of the entry form, for a list to choose from."""
    groups: dict[str, list[tuple[str, str]]] = {label: [] for label in GROUP_LABELS.values()}
    for name, label in targets.items():
        contract = BY_NAME.get(name.partition(".")[0], FIELDS[0])
        groups[GROUP_LABELS[contract.group]].append((name, label))
    return [(label, choices) for label, choices in groups.items() if choices]


def guess(
    headings: Sequence[str], targets: Mapping[str, str], attributes: Iterable[Any], saved: Iterable[ImportMapping]
) -> list[str]:
    """A field for each column, "" where nothing fits. No field is guessed twice: of several columns, the one has it
    whose heading says so best.
    """
    ours = ours_of(headings)
    keys = ["" if heading.strip() in ours else heading_key(heading) for heading in headings]
    known = _known(targets, attributes)
    if LINKEDIN in keys:
        known["url"] = "linkedin_url"
    found = [""] * len(headings)
    for fields in (*[mapping.fields for mapping in saved], known):  # what somebody said once counts more
        order = {key: place for place, key in enumerate(fields)}  # “job title” says more than “title”
        for place in sorted(range(len(keys)), key=lambda place: order.get(keys[place], 0)):
            name = "" if found[place] else fields.get(keys[place], "")
            found[place] = name if name in targets and name not in found else found[place]
    if FULL_NAME in found and "first_name" in found:
        found[found.index(FULL_NAME)] = "" if "last_name" in found else "last_name"
    return found


def _known(targets: Mapping[str, str], attributes: Iterable[Any]) -> dict[str, str]:
    """From a heading's key to a field: our own names first, then labels, then what else people call it."""
    found: dict[str, str] = {}
    for contract in FIELDS:
        for word in (contract.name, contract.label):
            found.setdefault(heading_key(word), contract.name)
    for row in attributes:
        found.setdefault(heading_key(row.name), ATTRIBUTE_PREFIX + row.external_id)
    for name in targets:
        found.setdefault(heading_key(name), name)
    for contract in FIELDS:
        for word in contract.aliases:
            found.setdefault(heading_key(word), contract.name)
    for word in FULL_NAME_ALIASES:
        found.setdefault(heading_key(word), FULL_NAME)
    for name, label in targets.items():
        found.setdefault(heading_key(label), name)
    return found


def best_mapping(headings: Sequence[str], mappings: Iterable[ImportMapping]) -> list[ImportMapping]:
    """The team's mappings that know some of these headings, the one that knows most first, the newest of equals."""
    keys = {heading_key(heading) for heading in headings}
    counted = [(len(keys & mapping.fields.keys()), mapping.changed_at, mapping) for mapping in mappings]
    counted.sort(key=lambda each: each[:2], reverse=True)
    return [mapping for count, _, mapping in counted if count]
