"""Which kind of text it is, and what came of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from . import labels, signature, vcard
from .found import Found
from .names import put_name

MOST_CHARACTERS = 20_000
MOST_LINES = 200
LONGEST_LINE = 500  # what is longer is no line of a signature
SPACES = re.compile(r" {4,}")
DROPPED = ("Cf", "Cs", "Co", "Cn")


@dataclass(frozen=True, slots=True)
class Pasted:
    """``values`` by name of field, as text; ``rest`` are the lines, or parts of lines, that found no place."""

    values: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)


def read(text: str, *, country: str = "") -> Pasted:
    """``country`` (two letters) is assumed for phone numbers without a country code. Reads at most MOST_CHARACTERS."""
    lines = [line for line in _tidy(text[:MOST_CHARACTERS]).split("\n") if line.strip()]
    found = Found(country=country)
    found.rest += lines[MOST_LINES:]
    lines = lines[:MOST_LINES]
    if any(line.strip().upper() == vcard.BEGIN for line in lines):
        for name, value in vcard.read(lines, found.rest):
            _put(found, name, value)
    elif rows := _rows_of(lines):
        for heading, value in rows:
            name = labels.field_of(heading)
            if name and value:
                _put(found, name, value)
            elif value:
                found.rest.append(f"{heading}: {value}")
    else:
        lines = _cells_of(lines)
        short = [line for line in lines if len(line) <= LONGEST_LINE]
        found.rest += [line.strip() for line in lines if len(line) > LONGEST_LINE]
        signature.read(short, found)
    return Pasted(found.values, found.rest)


def _tidy(text: str) -> str:
    """One kind of line end and of space, no control characters, nothing invisible."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    return SPACES.sub("   ", "".join(_plain(char) for char in text))


def _plain(char: str) -> str:
    if char in "\n\t":
        return char
    category = unicodedata.category(char)
    if category in DROPPED:
        return ""
    return " " if category in ("Zs", "Cc", "Zl", "Zp") else char


def _rows_of(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Headings over cells, as a spreadsheet puts them on the clipboard: the first row under the headings.

    Headings beside their cells are lines of ``Label: value`` like others.
    """
    if len(lines) < 2 or "\t" not in lines[0]:
        return []
    headings = [cell.strip() for cell in lines[0].split("\t")]
    known = [heading for heading in headings if labels.field_of(heading)]
    if len(known) < 2 or len(known) * 2 < len(headings):
        return []
    return list(_pairs(headings, lines[1:]))


def _pairs(headings: Sequence[str], lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    cells = [cell.strip().strip('"').strip() for cell in lines[0].split("\t")]
    for place, cell in enumerate(cells):
        yield (headings[place] if place < len(headings) else ""), cell
    for line in lines[1:]:
        yield "Another row", re.sub(r"\s*\t\s*", ", ", line.strip())


def _cells_of(lines: Sequence[str]) -> list[str]:
    """A row of a spreadsheet alone: each cell is a line, first and last name are one."""
    if len(lines) != 1 or lines[0].count("\t") < 2:
        return list(lines)
    cells = [cell.strip() for cell in lines[0].split("\t") if cell.strip()]
    if len(cells) > 2 and all(cell.isalpha() and cell[0].isupper() for cell in cells[:2]):
        cells[:2] = [" ".join(cells[:2])]
    return cells


def _put(found: Found, name: str, value: str) -> None:
    """A value that says itself what it is."""
    if name == labels.FULL_NAME:
        put_name(found, value)
    elif name == labels.ADDRESS:
        signature.put_place(found, value)
    elif name:
        found.put(name, value)
    else:
        found.rest.append(value)
