"""The columns of a table of leads: FIELDS by their labels, then the team's custom attributes by their names.

Importing the table again finds the same field for each column and the same value for each cell: options stand there
by name, or by id where the name alone would not tell.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leads.breakcold.fields import FIELDS, AttributeKind, Field, Kind
from leads.models import CustomAttribute, PickerOption, Team
from leads.normalise import folded

from .imports.results import RESULT_COLUMNS

BETWEEN = "; "  # several options in one cell
_SEPARATOR = re.compile(r"[;|\n,]")
_NO_WORD = re.compile(r"[^\w+#@]+|_")
PLACE = ("address", "latitude", "longitude")
#: What an export says of a lead beside what the lead says.
FACTS = ("Reference", "State", "Breakcold id", "Entered by", "Entered at", "Entered in")
OTHERS = "Other custom attributes"

Names = Mapping[tuple[str, str, str], str]  # by environment, kind and id


@dataclass(frozen=True, slots=True)
class Columns:
    fields: tuple[Field, ...]
    attributes: Mapping[str, CustomAttribute]  # by Breakcold's id
    attribute_headings: Mapping[str, str]
    names: Names
    attribute_names: Mapping[str, Mapping[str, str]]

    @property
    def headings(self) -> list[str]:
        found = [field.label for field in self.fields]
        for key, row in self.attributes.items():
            found += headings_of(row, self.attribute_headings[key])
        return [*found, OTHERS]

    def texts(self, values: Mapping[str, Any], environment: str) -> list[str]:
        found = [self._text(field, values.get(field.name), environment) for field in self.fields]
        given = dict(values.get("attributes") or {})
        for key, row in self.attributes.items():
            found += _attribute_texts(row, given.pop(key, None), self.attribute_names[key])
        return [*found, json.dumps(given, ensure_ascii=False, sort_keys=True) if given else ""]

    def _text(self, field: Field, value: Any, environment: str) -> str:
        if value is None:
            return ""
        if field.kind is Kind.BOOLEAN:
            return (field.words or ("No", "Yes"))[bool(value)]
        if field.picker:
            ids = value if isinstance(value, list) else [value]
            return BETWEEN.join(self.names.get((environment, field.picker, key), key) for key in map(str, ids))
        return str(value)


def columns_of(team: Team) -> Columns:
    """Attributes and options that are gone are among them: leads of before still name them."""
    rows = CustomAttribute.objects.filter(team=team)
    mine = sorted(rows, key=lambda row: (row.environment != team.environment, row.is_gone, row.position, row.name))
    attributes: dict[str, CustomAttribute] = {}
    for row in mine:
        attributes.setdefault(row.external_id, row)
    fields = tuple(field for field in FIELDS if field.kind is not Kind.ATTRIBUTES)
    return Columns(
        fields=fields,
        attributes=attributes,
        attribute_headings=attribute_headings(attributes.values()),
        names=_option_names(team),
        attribute_names={key: choice_names(row) for key, row in attributes.items()},
    )


def attribute_headings(rows: Iterable[CustomAttribute]) -> dict[str, str]:
    """What the column of each attribute is called: its name, or its id where another column has that name."""
    rows = list(rows)
    keys = {row.external_id: {_key(heading) for heading in headings_of(row, row.name)} for row in rows}
    fields = (word for field in FIELDS for word in (field.name, field.label))
    taken = {"", *map(_key, (*fields, *FACTS, *RESULT_COLUMNS, OTHERS))}
    counted = Counter(key for found in keys.values() for key in found)
    alone = {key for key, many in counted.items() if many == 1} - taken
    return {row.external_id: row.name if keys[row.external_id] <= alone else f"attributes.{row.external_id}"
            for row in rows}  # fmt: skip


def headings_of(row: CustomAttribute, heading: str) -> list[str]:
    """One heading, or three of a place."""
    return [f"{heading}: {part}" for part in PLACE] if row.kind == AttributeKind.LOCATION else [heading]


def _key(heading: str) -> str:
    return folded(_NO_WORD.sub(" ", heading))


def telling(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """From (id, name) to what stands for it in a cell: the name, where it says which."""
    pairs = list(names)
    counted = Counter(folded(name) for _, name in pairs)
    ids = {key for key, _ in pairs}
    return {
        key: name if counted[folded(name)] == 1 and _is_plain(name) and (name == key or name not in ids) else key
        for key, name in pairs
    }


def _is_plain(name: str) -> bool:
    """Whether a name in a cell is read as one name."""
    return bool(name) and name.strip() == name and not _SEPARATOR.search(name)


def choice_names(row: CustomAttribute) -> dict[str, str]:
    return telling((str(option["id"]), str(option["name"])) for option in row.options)


def _option_names(team: Team) -> Names:
    rows = PickerOption.objects.filter(team=team).values_list("environment", "kind", "external_id", "name", "is_gone")
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    found: dict[tuple[str, str, str], str] = {}
    for environment, kind, key, name, is_gone in rows:
        if is_gone:
            found[environment, kind, key] = name  # cannot be chosen any more, whatever stands there
        else:
            groups.setdefault((environment, kind), []).append((key, name))
    for (environment, kind), pairs in groups.items():
        found |= {(environment, kind, key): text for key, text in telling(pairs).items()}
    return found


def _attribute_texts(row: CustomAttribute, value: Any, names: Mapping[str, str]) -> list[str]:
    if row.kind == AttributeKind.LOCATION:
        place = value if isinstance(value, dict) else {}
        return ["" if place.get(part) is None else str(place[part]) for part in PLACE]
    if value is None:
        return [""]
    if isinstance(value, bool):
        return ["Yes" if value else "No"]
    if isinstance(value, dict):  # of when it was a place
        return [json.dumps(value, ensure_ascii=False, sort_keys=True)]
    items = value if isinstance(value, list) else [value]
    return [BETWEEN.join(names.get(str(item), str(item)) for item in items)]
