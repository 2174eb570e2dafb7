"""XLSX: the first sheet that people see and that holds something, every cell as the text they would type."""

from __future__ import annotations

import datetime
import posixpath
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from .archive import inspected
from .glance import plain_facts
from .guard import unguarded
from .markup import Attributes, Facts, check_prologue, facts_of, feed, parser
from .shape import Row, quoted, shape
from .sheet import MAX_COLUMNS, MAX_ROWS, Note, Sheet, Unreadable, letters

MAX_CELLS = 3_000_000  # of the rectangle around all values: all of it is held while it is read
EXACT = 10**15  # whole numbers from here on have lost digits
_DAMAGED = "The workbook is damaged and cannot be opened."
#: What the libraries raise over an archive or a workbook that is not what it should be.
_TROUBLE = (CalamineError, zipfile.BadZipFile, zlib.error, ArithmeticError, EOFError, OSError, RuntimeError, ValueError)
FEW = 3


def read_workbook(path: Path) -> Sheet:
    try:
        with path.open("rb") as file, inspected(file) as archive:
            for name in archive.namelist():
                if name.lower().endswith((".xml", ".rels", ".vml")):
                    with archive.open(name) as part:
                        check_prologue(part)
            with CalamineWorkbook.from_path(path) as workbook:
                return _read(workbook, archive, _parts(archive))
    except PasswordError:
        raise Unreadable("The file is protected by a password: save it without one.") from None
    except _TROUBLE:
        raise Unreadable(_DAMAGED) from None


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The name of each sheet, and the part of the archive it stands in."""
    ids, targets = dict[str, str](), dict[str, str]()

    def sheet(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            key = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            ids[attributes.get("name", "")] = key

    def relationship(name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "")))
            targets[attributes.get("Id", "")] = target.lstrip("/")

    for part_name, listener in (("xl/workbook.xml", sheet), ("xl/_rels/workbook.xml.rels", relationship)):
        try:
            with archive.open(part_name) as part:
                feed(parser(listener), part)
        except KeyError:
            raise Unreadable(_DAMAGED) from None
    return {name: targets[key] for name, key in ids.items() if key in targets}


def _read(workbook: CalamineWorkbook, archive: zipfile.ZipFile, parts: dict[str, str]) -> Sheet:
    metadata = [each for each in workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    shown = [each.name for each in metadata if each.visible == SheetVisibleEnum.Visible]
    hidden = [each.name for each in metadata if each.visible != SheetVisibleEnum.Visible]
    for index, name in enumerate(shown):
        try:
            facts = _facts(archive, parts[name])
        except KeyError:
            raise Unreadable(_DAMAGED) from None
        if facts.rows:
            notes = [*_about_sheets(name, shown[index + 1 :], hidden), *_about(facts)]
            return _sheet(workbook, name, facts, notes)
    if hidden and not shown:
        raise Unreadable("All sheets of the workbook are hidden: show the one to read.")
    raise Unreadable("The file is empty: there is nothing in any cell.")


def _facts(archive: zipfile.ZipFile, part_name: str) -> Facts:
    with archive.open(part_name) as part:
        facts = plain_facts(part)
    if facts and facts.cells <= MAX_CELLS and facts.last_column <= MAX_COLUMNS:
        return facts
    with archive.open(part_name) as part:
        return facts_of(part)


def _sheet(workbook: CalamineWorkbook, name: str, facts: Facts, notes: list[Note]) -> Sheet:
    if facts.last_column > MAX_COLUMNS:
        raise Unreadable(
            f"The sheet {quoted(name)} reaches to column {letters(facts.last_column - 1)} ({facts.last_column:,} "
            f"columns), and at most {MAX_COLUMNS} can be read: delete what you do not need."
        )
    if facts.cells > MAX_CELLS:
        raise Unreadable(
            f"The sheet {quoted(name)} reaches down to row {facts.last_row:,}, with something in {facts.rows:,} rows: "
            f"delete the blank rows, and split it into files of {MAX_ROWS:,} rows or fewer."
        )
    grid = workbook.get_sheet_by_name(name)
    long: list[str] = []
    left = grid.start[1] if grid.start else 0  # columns before the first that holds something
    sheet = shape(_rows(grid.iter_rows(), left, long), kind="xlsx", encoding="", delimiter="", notes=notes)
    if long:
        said = f"{_cells(long)} a number of more than 15 digits: the spreadsheet program has replaced its end by zeros."
        sheet.notes.append(Note(said))
    return sheet


def _rows(rows: Iterable[Iterable[object]], left: int, long: list[str]) -> Iterator[Row]:
    for number, values in enumerate(rows, start=1):
        values = list(values)
        cells = [""] * left + [_text(value) for value in values]
        long += [
            f"{letters(left + index)}{number}"
            for index, value in enumerate(values)
            if isinstance(value, float) and abs(value) >= EXACT
        ]
        yield number, cells


def _text(value: object) -> str:
    if isinstance(value, str):
        return unguarded(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(value, ".15g")
    if isinstance(value, datetime.datetime):
        return (value + datetime.timedelta(milliseconds=500)).replace(microsecond=0).isoformat()
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _about_sheets(name: str, others: list[str], hidden: list[str]) -> list[Note]:
    notes = []
    if others:
        notes.append(Note(f"Only the sheet {quoted(name)} is read, not {_names(others)}."))
    if hidden:
        notes.append(Note(f"Hidden sheets are not read: {_names(hidden)}."))
    return notes


def _names(names: list[str]) -> str:
    shown = ", ".join(quoted(name) for name in names[:FEW])
    return shown if len(names) <= FEW else f"{shown} and {len(names) - FEW} more"


def _about(facts: Facts) -> list[Note]:
    notes = []
    if facts.formulas:
        notes.append(Note(f"{_cells(facts.formulas)} a formula: the value it had when the file was saved is used."))
    if facts.without_value:
        notes.append(Note(f"{_cells(facts.without_value)} a formula without a value, and is read as blank."))
    if facts.errors:
        notes.append(Note(f"{_cells(facts.errors)} an error of the spreadsheet program, and is read as blank."))
    if facts.merged:
        said = ", ".join(facts.merged[:FEW])
        more = f" and {len(facts.merged) - FEW:,} more" if len(facts.merged) > FEW else ""
        notes.append(Note(f"Merged cells ({said}{more}): only the first cell of each holds a value."))
    if facts.hidden_rows:
        count = "One hidden row is" if facts.hidden_rows == 1 else f"{facts.hidden_rows:,} hidden rows are"
        notes.append(Note(f"{count} read like the others; a filter may hide them."))
    if facts.hidden_columns:
        notes.append(Note("Hidden columns are read like the others."))
    return notes


def _cells(cells: list[str]) -> str:
    if len(cells) == 1:
        return f"Cell {cells[0]} holds"
    shown = ", ".join(cells[:FEW])
    return f"Cells {shown} hold" if len(cells) <= FEW else f"Cells {shown} and {len(cells) - FEW:,} more hold"
