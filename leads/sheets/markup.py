"""What is read of a workbook's XML before, and beside, the values: declarations that are not let in, and what people
should know of a sheet that its values do not show."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO
from xml.parsers import expat

from .sheet import Unreadable, letters

CHUNK = 64 * 1024
MAX_SHEET_COLUMNS = 16_384
_DAMAGED = "The workbook is damaged: its XML cannot be read."
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


class _RootSeen(Exception):
    """The part of an XML file where a DOCTYPE can stand is over."""


Attributes = dict[str, str]


def parser(start: Callable[[str, Attributes], None], text: Callable[[str], None] | None = None) -> expat.XMLParserType:
    """One that hears of each element by its name without prefix, and lets no document type in."""

    def element(name: str, attributes: Attributes) -> None:
        start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def refuse(*_: object) -> None:
        raise Unreadable("The workbook's XML declares a document type of its own, which no spreadsheet program writes.")

    reader = expat.ParserCreate()
    reader.buffer_text = True
    reader.StartElementHandler = element
    if text:
        reader.CharacterDataHandler = text
    reader.StartDoctypeDeclHandler = refuse
    reader.EntityDeclHandler = refuse
    return reader


def feed(reader: expat.XMLParserType, part: IO[bytes]) -> None:
    try:
        while chunk := part.read(CHUNK):
            reader.Parse(chunk, False)
        reader.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):  # of encodings, too
        raise Unreadable(_DAMAGED) from None


def check_prologue(part: IO[bytes]) -> None:
    def root(name: str, attributes: Attributes) -> None:
        raise _RootSeen

    with suppress(_RootSeen):
        feed(parser(root), part)


@dataclass
class Facts:
    """What a worksheet's XML says. Rows and columns count from 1, and only where there is something in a cell."""

    rows: int = 0
    first_row: int = 0
    last_row: int = 0
    first_column: int = MAX_SHEET_COLUMNS
    last_column: int = 0
    formulas: list[str] = field(default_factory=list)
    without_value: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0

    @property
    def cells(self) -> int:
        """In the rectangle around them all."""
        return (self.last_row - self.first_row + 1) * (self.last_column - self.first_column + 1)


class _Listener:
    """Hears a worksheet element by element and keeps the facts."""

    def __init__(self) -> None:
        self.facts = Facts()
        self._row = self._column = 0
        self._inside = ""
        self._is_error = self._has_formula = self._has_value = False

    def start(self, name: str, attributes: Attributes) -> None:
        self._inside = name
        if name == "v":
            return
        if name == "c":
            self._cell_begins(attributes)
        elif name == "f":
            self._has_formula = True
        elif name == "row":
            self.cell_ends()
            self._row, self._column = _whole(attributes.get("r")) or self._row + 1, 0
            self.facts.hidden_rows += attributes.get("hidden") in ("1", "true")
        elif name == "col":
            self.facts.hidden_columns += attributes.get("hidden") in ("1", "true")
        elif name == "mergeCell":
            self.facts.merged.append(attributes.get("ref", "")[:20])

    def text(self, text: str) -> None:
        if self._inside in ("v", "t") and not text.isspace():
            self._has_value = True

    def _cell_begins(self, attributes: Attributes) -> None:
        self.cell_ends()
        self._column += 1
        if reference := attributes.get("r"):
            found = _CELL.fullmatch(reference)
            if not found:
                raise Unreadable(_DAMAGED)
            self._column, self._row = number_of(found[1]), int(found[2])
        self._is_error = attributes.get("t") == "e"

    def cell_ends(self) -> None:
        """The cell before is over: what was it?"""
        facts = self.facts
        if self._has_formula or self._is_error:
            cell = f"{letters(self._column - 1)}{self._row}"
            if self._is_error:
                facts.errors.append(cell)
            if self._has_formula:
                facts.formulas.append(cell)
            if self._has_formula and not self._has_value:
                facts.without_value.append(cell)
        if self._has_value:
            facts.rows += self._row != facts.last_row
            facts.first_row = facts.first_row or self._row
            facts.last_row = self._row
            facts.first_column = min(facts.first_column, self._column)
            facts.last_column = max(facts.last_column, self._column)
        self._is_error = self._has_formula = self._has_value = False


def facts_of(part: IO[bytes]) -> Facts:
    listener = _Listener()
    feed(parser(listener.start, listener.text), part)
    listener.cell_ends()
    return listener.facts


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


@lru_cache(MAX_SHEET_COLUMNS)
def number_of(column: str) -> int:
    """The other way round: A is 1, AA is 27."""
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
