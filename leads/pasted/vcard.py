"""A vCard, version 2.1 to 4.0: as much of it as a lead has fields for."""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator, Sequence

from .addresses import field_of_address
from .labels import FULL_NAME

BEGIN, END = "BEGIN:VCARD", "END:VCARD"
ESCAPED = re.compile(r"\\(.)")
#: Properties that say nothing about the person.
SILENT = "BEGIN END VERSION PRODID REV UID KIND SOURCE SORT-STRING CLASS N FN LOGO PHOTO SOUND KEY AGENT MAILER"
PLAIN = {"TITLE": "company_role", "ROLE": "company_role", "NOTE": "icebreaker"}
Property = tuple[str, dict[str, str], str]  # name, parameters, value


def read(lines: Sequence[str], rest: list[str]) -> Iterator[tuple[str, str]]:
    """(field, value) of the first card; what has no field goes to ``rest``."""
    properties = list(_properties(_first_card(lines, rest)))
    yield from _names(properties)
    for name, parameters, value in properties:
        if name in SILENT.split() or not value.strip():
            continue
        if name == "TEL" and "FAX" not in parameters.get("TYPE", "").upper():
            yield "phone", re.sub(r"(?i)\Atel:", "", _unescaped(value)).partition(";")[0]
        elif name == "EMAIL":
            yield "email", _unescaped(value)
        elif name == "ORG":
            company, *units = _parts(value)
            yield "company", company
            rest += units
        elif name in PLAIN:
            yield PLAIN[name], _unescaped(value)
        elif name == "ADR":
            yield from _city(value, rest)
        elif name in ("URL", "X-SOCIALPROFILE", "SOCIALPROFILE", "IMPP"):
            yield field_of_address(_unescaped(value))
        else:
            rest.append(f"{name.removeprefix('X-').capitalize()}: {', '.join(_parts(value))}")


def _first_card(lines: Sequence[str], rest: list[str]) -> list[str]:
    """Unfolded: a line that begins with space goes on with the one before."""
    found: list[str] = []
    is_inside = is_over = False
    for line in lines:
        word = line.strip().upper()
        if is_over or (not is_inside and word != BEGIN):
            rest.append(line.strip())
        elif word == BEGIN:
            is_inside = True
        elif word == END:
            is_over = True
        elif found and (line[0] in " \t" or _goes_on(found[-1])):
            found[-1] = found[-1].removesuffix("=") + line[1 if line[0] in " \t" else 0 :]
        else:
            found.append(line)
    return found


def _goes_on(line: str) -> bool:
    return line.endswith("=") and "QUOTED-PRINTABLE" in line.partition(":")[0].upper()


def _properties(lines: Sequence[str]) -> Iterator[Property]:
    for line in lines:
        head, colon, value = line.partition(":")
        if not colon:
            continue
        name, *words = head.split(";")
        pairs = (word.partition("=") for word in words)
        parameters: dict[str, str] = {}
        for key, is_set, text in pairs:
            key, text = (key.upper(), text) if is_set else ("TYPE", key)
            parameters[key] = f"{parameters.get(key, '')} {text}".strip()
        name = name.rpartition(".")[2].strip().upper()  # "item1.EMAIL" is an email
        if "QUOTED-PRINTABLE" in f"{parameters}".upper():
            value = _decoded(value)
        yield name, parameters, value


def _decoded(value: str) -> str:
    try:
        return quopri.decodestring(value.encode()).decode("utf-8", "replace").replace("\0", "")
    except (ValueError, binascii.Error):
        return value


def _names(properties: Sequence[Property]) -> Iterator[tuple[str, str]]:
    given = {name: value for name, _, value in reversed(properties) if name in ("N", "FN")}
    family, first, middle, *_ = [*_parts(given.get("N", ""), all_of_them=True), "", "", ""]
    if first or family:
        yield "first_name", " ".join(filter(None, (first, middle)))
        yield "last_name", family
    elif "FN" in given:
        yield FULL_NAME, _unescaped(given["FN"])


def _city(value: str, rest: list[str]) -> Iterator[tuple[str, str]]:
    parts = [*_parts(value, all_of_them=True), *[""] * 7]
    yield "city", parts[3]
    others = [part for place, part in enumerate(parts) if part and place != 3]
    if others:
        rest.append(", ".join(others))


def _parts(value: str, *, all_of_them: bool = False) -> list[str]:
    """Of a value that has several, split at semicolons that are not escaped."""
    parts = [_unescaped(part).strip() for part in re.split(r"(?<!\\);", value)]
    return parts if all_of_them else [part for part in parts if part]


def _unescaped(value: str) -> str:
    return ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
