"""Rows as a file: CSV and XLSX that no spreadsheet program takes for anything but text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, BinaryIO

from .guard import guarded, kept
from .sheet import MAX_ROWS, letters

if TYPE_CHECKING:
    from openpyxl import Workbook

Cells = Sequence[str]
BATCH = 64 * 1024  # characters that are sent at once
SHEET, OPTIONS = "Leads", "Options"
#: What XML cannot hold, what would be read as such, and blanks alone, which some leave out: written as spreadsheet
#: programs do, ``_x000B_``.
_ESCAPED = re.compile(r"\A\s(?=\s*\Z)|" "[\0-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")


class _Pieces:
    """What ``csv`` writes to: holds text until it is taken."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.size = 0

    def write(self, text: str) -> None:
        self.texts.append(text)
        self.size += len(text)

    def take(self) -> bytes:
        text, self.texts, self.size = "".join(self.texts), [], 0
        return text.encode("utf-8", "replace")


def csv_rows(headings: Cells, rows: Iterable[Cells]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, with the mark by which spreadsheet programs know it, piece by piece."""
    pieces = _Pieces()
    pieces.write("\ufeff")
    csv.writer(pieces, quoting=csv.QUOTE_ALL).writerow([guarded(cell) for cell in headings])
    writer = csv.writer(pieces)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        if pieces.size >= BATCH:
            yield pieces.take()
    yield pieces.take()


def xlsx_file(
    headings: Cells, rows: Iterable[Cells], out: BinaryIO, *, choices: dict[int, list[str]] | None = None
) -> None:
    """Writes a workbook, row by row. ``choices`` are what may be picked in a column; they stand on a second sheet."""
    from openpyxl import Workbook  # takes a while to load, and reading needs none of it
    from openpyxl.styles import Font

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(SHEET)
    sheet.freeze_panes = "A2"
    for index in range(len(headings)):
        column = sheet.column_dimensions[letters(index)]
        column.width, column.number_format = 22, "@"  # as text: nothing typed in turns into a number or a date
    cells = [_text_cell(sheet, heading) for heading in headings]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    for row in rows:
        sheet.append([_text(sheet, value) if value else None for value in row])
    if offered := {index: names for index, names in (choices or {}).items() if names}:
        _offer(workbook, headings, offered)
    workbook.save(out)


def _offer(workbook: Workbook, headings: Cells, choices: dict[int, list[str]]) -> None:
    """The options stand on a sheet of their own, one column each, for a list in the cell may have 255 characters."""
    from openpyxl.worksheet.datavalidation import DataValidation

    first, options = workbook.worksheets[0], workbook.create_sheet(OPTIONS)
    for place, (index, names) in enumerate(choices.items()):
        options.column_dimensions[letters(place)].width = 30
        source = f"{OPTIONS}!${letters(place)}$2:${letters(place)}${len(names) + 1}"
        rule = DataValidation(type="list", formula1=source, allow_blank=True)
        rule.showErrorMessage = False  # several names may stand in one cell, so it is an offer and no rule
        rule.add(f"{letters(index)}2:{letters(index)}{MAX_ROWS + 1}")
        first.data_validations.append(rule)
    options.append([_text_cell(options, headings[index]) for index in choices])
    for line in zip_longest(*choices.values()):
        options.append([_text_cell(options, name) if name else None for name in line])


def _text(sheet: Any, value: str) -> Any:
    """The text alone, where the library takes it for nothing else: a cell of its own costs more than all the rest."""
    return _text_cell(sheet, value) if value.startswith(("=", "#")) else _escaped(kept(value))


def _text_cell(sheet: Any, value: str) -> Any:
    """A cell that is text whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, _escaped(kept(value)))
    cell.data_type = "s"
    return cell


def _escaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
