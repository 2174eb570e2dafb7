"""From the text of a cell to what the entry form would have posted: yes and no in words, names instead of ids."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from leads.breakcold.fields import BY_NAME, AttributeKind, Kind
from leads.models import CustomAttribute, PickerOption, Team
from leads.normalise import folded

from .options import Options
from .shape import ATTRIBUTE_PREFIX

# fmt: off
YES_WORDS = frozenset(("1", "true", "t", "yes", "y", "x", "✓", "on", "ja", "j", "oui", "o", "vrai", "si", "s",
                       "verdadero", "vero", "wahr", "waar"))
NO_WORDS = frozenset(("0", "false", "f", "no", "n", "-", "off", "nein", "non", "faux", "nee", "falso", "falsch",
                      "onwaar"))
PERSON_WORDS = frozenset(("person", "people", "contact", "kontakt", "personne", "persona", "persoon", "individual"))
COMPANY_WORDS = frozenset(("company", "organisation", "organization", "firma", "unternehmen", "entreprise", "societe",
                           "empresa", "azienda", "bedrijf"))
# fmt: on
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "zł": "PLN", "euro": "EUR"}
SCIENTIFIC = re.compile(r"\+?\d(?:[.,]\d+)?[eE]\+?\d{1,2}")
DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
CENTS = re.compile(r"[.,]0{1,2}\Z")
SEPARATORS = re.compile(r"[;|\n,]")

FIX_PHONE = "A spreadsheet turned this number into {text}, and the digits are lost. Type it again as text."

Convert = Callable[[str], Any]


@dataclass(slots=True)
class Names:
    """The options of one field by what they are called. ``meant`` are names somebody matched by hand, "" for none.

    ``unmatched`` counts the names nobody knows.
    """

    named: dict[str, list[tuple[str, str]]]  # folded name -> (id, the list it is a step of)
    ids: frozenset[str]  # an id means itself, whatever else is called so
    meant: Mapping[str, str]
    several: bool
    label: str
    unmatched: Counter[str] = field(default_factory=Counter)

    def read(self, text: str, lists: Collection[str] = ()) -> list[str]:
        """The ids that ``text`` names. Raises ``ValidationError`` when it names something else as well."""
        parts = [text] if self._knows(text) or not self.several else SEPARATORS.split(text)
        wanted = [part.strip() for part in parts if part.strip()]
        unknown = [part for part in wanted if not self._knows(part)]
        if unknown:
            self.unmatched.update(unknown)
            names = ", ".join(f"“{part[:60]}”" for part in unknown)
            raise ValidationError(f"{names}: no such option in {self.label}.")
        found = [self._one(part, lists) for part in wanted]
        return list(dict.fromkeys(option_id for option_id in found if option_id))

    def _knows(self, text: str) -> bool:
        name = folded(text)
        return name in self.meant or name in self.named or text in self.ids

    def _one(self, text: str, lists: Collection[str]) -> str:
        name = folded(text)
        if name in self.meant:
            return self.meant[name]
        if text in self.ids:
            return text
        found = self.named[name]
        narrowed = [each for each in found if each[1] in lists] or found
        if len(narrowed) > 1:
            raise ValidationError(f"“{text[:60]}” is the name of several options in {self.label}. Say which.")
        return narrowed[0][0]


def names_of(team: Team, options: Options, targets: Iterable[str], choices: Mapping[str, Any]) -> dict[str, Names]:
    """For each of the fields that are chosen from options, what their names stand for: one query for all kinds."""
    wanted = {target: BY_NAME[target].picker for target in targets if target in BY_NAME and BY_NAME[target].picker}
    by_kind: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    rows = PickerOption.objects.offered_to(team).filter(kind__in=set(wanted.values())) if wanted else ()
    for kind, external_id, name, list_id in rows.values_list("kind", "external_id", "name", "list_id") if rows else ():
        by_kind[kind][folded(name)].append((external_id, list_id))
    found = {
        target: Names(
            dict(by_kind[str(kind)]),
            _ids(by_kind[str(kind)]),
            choices.get(target, {}),
            BY_NAME[target].kind is Kind.OPTIONS,
            BY_NAME[target].label,
        )
        for target, kind in wanted.items()
    }
    for row in options.attributes:
        target = ATTRIBUTE_PREFIX + row.external_id
        if target in targets and row.kind == AttributeKind.SELECT:
            found[target] = _names_of_attribute(row, choices.get(target, {}))
    return found


def _names_of_attribute(row: CustomAttribute, meant: Mapping[str, str]) -> Names:
    named: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for option in row.options:
        named[folded(option["name"])].append((option["id"], ""))
    return Names(dict(named), _ids(named), meant, row.is_multiple, row.name)


def _ids(named: Mapping[str, list[tuple[str, str]]]) -> frozenset[str]:
    return frozenset(key for found in named.values() for key, _ in found)


def converters(options: Options) -> dict[str, Convert]:
    """For each field whose cells are not simply text, how they are read."""
    found: dict[str, Convert] = {}
    for name, contract in BY_NAME.items():
        if contract.kind in BY_KIND:
            found[name] = BY_KIND[contract.kind]
    found["is_company"] = _person_or_company
    for row in options.attributes:
        convert = BY_ATTRIBUTE.get(AttributeKind(row.kind))
        if convert:
            found[ATTRIBUTE_PREFIX + row.external_id] = convert
    return found


def _yes_or_no(text: str) -> str:
    word = folded(text)
    return "true" if word in YES_WORDS else "false" if word in NO_WORDS else text


def _person_or_company(text: str) -> str:
    word = folded(text)
    return "true" if word in COMPANY_WORDS else "false" if word in PERSON_WORDS else _yes_or_no(text)


def _currency(text: str) -> str:
    return SIGNS.get(text.strip().casefold(), text.strip().upper())


def _amount(text: str) -> str:
    """Without currency sign and cents that are none."""
    bare = re.sub(r"[€$£¥₹]|\b[A-Z]{3}\b", "", text).strip()
    return CENTS.sub("", bare)


def _phone(text: str) -> str:
    if SCIENTIFIC.fullmatch(text.strip()):
        raise ValidationError(FIX_PHONE.format(text=text.strip()))
    return text


def _day(text: str) -> str:
    found = DAY_FIRST.fullmatch(text.strip())
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else text.strip().removesuffix("T00:00:00")


BY_KIND: dict[Kind, Convert] = {
    Kind.BOOLEAN: _yes_or_no,
    Kind.CURRENCY: _currency,
    Kind.AMOUNT: _amount,
    Kind.PHONE: _phone,
}
BY_ATTRIBUTE: dict[AttributeKind, Convert] = {
    AttributeKind.CHECKBOX: _yes_or_no,
    AttributeKind.DATE: _day,
    AttributeKind.PHONENUMBER: _phone,
}
