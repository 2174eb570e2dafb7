"""From rows of cells to a sheet: which row holds the headings, what is left out, what people should know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

from .sheet import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, Note, Sheet, Unreadable, letters

MAX_TEXT = 2 * MAX_BYTES  # characters: a workbook may name one long text in a million cells
MAX_LINES = 1_048_576  # what a spreadsheet program holds, blank ones included
ROWS_ABOVE = 10  # titles and dates that may stand above the headings
SAMPLE = 50  # rows that tell whether there is a title
FEW = 3  # examples that a note names

Row = tuple[int, list[str]]

_SCIENCE = r"[+-]?\d(?:[.,]\d+)?E\+\d{1,3}"
#: What in a column's cells deserves a word. ``{}`` is the first that was found.
FINDINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"(?<![^\0])\s*({_SCIENCE})\s*(?![^\0])"),
        "holds numbers like {}: the spreadsheet program has cut digits off, and they cannot be recovered",
    ),
    (
        re.compile(r"(?<![^\0])(#(?:N/A|NAME\?|REF!|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!))(?![^\0])"),
        "holds {}: the spreadsheet program could not work these cells out",
    ),
    (re.compile(r"(?<![^\0])(#{3,})(?![^\0])"), "holds {}: the column was too narrow, and what stood there is lost"),
    (
        re.compile("(Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[\u0080-\u00ff™œ\u009d“”˜]|\ufffd)"),
        "holds letters like {}: they were damaged before the file came here",
    ),
)
_DATE_HEADING = re.compile(r"date|datum|fecha|data\b|birthday|geburtstag|since|until", re.IGNORECASE)
_DAYS = re.compile(r"(?:2\d|3\d|4\d|5\d)\d{3}(?:\.0+)?")
#: In a heading's place these are data. A bare word or number is not: people do head columns with years.
_DATA = re.compile(r"[^\s@]+@[^\s@.]+\.\S+|https?://\S+|www\.\S+|\+?\d[\d ()/.\-]{6,}", re.IGNORECASE)


def is_blank(cells: Iterable[str]) -> bool:
    return not "".join(cells).strip()


def shape(rows: Iterable[Row], *, kind: str, encoding: str, delimiter: str, notes: Iterable[Note] = ()) -> Sheet:
    """``rows`` may go on for ever: what is too much is noticed when it comes."""
    above, kept, blank = _kept(rows)
    if not kept:
        raise Unreadable("The file is empty: there is nothing in any cell.")
    (heading_row, first), body = kept[0], kept[1:]
    width = max(len(cells) for _, cells in kept)
    headings = _filled(first, width)
    sheet = Sheet(
        headings=headings,
        rows=[_filled(cells, width) for _, cells in body],
        row_numbers=[number for number, _ in body],
        notes=[],
        kind=kind,
        encoding=encoding,
        delimiter=delimiter,
        has_headings=not any(_is_data(cell) for cell in first),
        heading_row=heading_row,
    )
    if not body and sheet.has_headings:
        raise Unreadable("There are headings but no rows below them.")
    sheet.notes.extend([*notes, *_about_rows(sheet, above, blank, len(first), kept), *_about_columns(sheet)])
    return sheet


def _kept(rows: Iterable[Row]) -> tuple[list[Row], list[Row], int]:
    """The rows above the headings, the headings and what is below them, and how many blank ones stood between."""
    kept: list[Row] = []
    blank = blank_since = size = 0
    for number, cells in rows:
        if number > MAX_LINES:
            raise Unreadable(f"The file has more than {MAX_LINES:,} rows: delete the blank ones below the last lead.")
        if is_blank(cells):
            blank_since += 1
            continue
        while not cells[-1] or cells[-1].isspace():
            cells.pop()
        _check(number, cells)
        size += sum(map(len, cells))
        if size > MAX_TEXT:
            raise Unreadable("The file holds more text than a list of leads could: keep only what you need.")
        if kept:
            blank += blank_since
        blank_since = 0
        kept.append((number, cells))
        if len(kept) > MAX_ROWS + 1 + ROWS_ABOVE:
            raise _too_many_rows()
    start = _heading_index(kept)
    if len(kept) - start - 1 > MAX_ROWS:
        raise _too_many_rows()
    return kept[:start], kept[start:], blank


def _too_many_rows() -> Unreadable:
    return Unreadable(f"The file has more than {MAX_ROWS:,} rows: split it into files of {MAX_ROWS:,} rows or fewer.")


def _check(number: int, cells: list[str]) -> None:
    if len(cells) > MAX_COLUMNS:
        raise Unreadable(
            f"Row {number} has {len(cells):,} columns, and at most {MAX_COLUMNS} can be read: "
            "keep only the columns that you need."
        )
    longest = max(cells, key=len)
    if len(longest) > MAX_CELL:
        place = f"{letters(cells.index(longest))}{number}"
        raise Unreadable(f"Cell {place} holds {len(longest):,} characters: that is no lead.")
    if "\0" in "".join(cells):
        raise Unreadable(f"Row {number} holds a NUL character: the file is damaged, or it is no text.")


def _heading_index(kept: list[Row]) -> int:
    """Past titles: rows with a single cell filled, where most others have several."""
    above = list(takewhile(lambda row: _filled_count(row[1]) < 2, kept))
    if len(above) > ROWS_ABOVE or any(_is_data(cell) for _, cells in above for cell in cells):
        return 0
    several = sum(_filled_count(cells) > 1 for _, cells in kept[:SAMPLE])
    return len(above) if several > min(len(kept), SAMPLE) / 2 else 0


def _filled_count(cells: list[str]) -> int:
    return sum(not is_blank([cell]) for cell in cells)


def _is_data(cell: str) -> bool:
    return _DATA.fullmatch(cell.strip()) is not None


def _filled(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def quoted(text: str) -> str:
    """Somebody's own words inside ours: on one line, and not too many of them."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= 40 else line[:39] + '…'}”"


def _column(sheet: Sheet, index: int) -> str:
    heading = sheet.headings[index]
    return f"Column {letters(index)}" if is_blank([heading]) else f"Column {quoted(heading)}"


def _about_rows(sheet: Sheet, above: list[Row], blank: int, width: int, kept: list[Row]) -> list[Note]:
    notes = [
        Note(f"Row {number} ({quoted(' '.join(cells))}) stands above the headings and is left out.", row=number)
        for number, cells in above
    ]
    if not sheet.has_headings:
        notes.append(
            Note(
                f"The first row looks like a lead, not like headings ({quoted(', '.join(sheet.headings))}).",
                row=sheet.heading_row,
            )
        )
    if blank:
        notes.append(Note(f"{_rows(blank)} between the others left out: nothing stands in them."))
    long = [number for number, cells in kept[1:] if len(cells) > width]
    if long:
        notes.append(
            Note(
                f"{_named(long)} more cells than there are headings: check that nothing slipped into the next column.",
                row=long[0],
            )
        )
    return notes


def _rows(count: int) -> str:
    return "One blank row" if count == 1 else f"{count:,} blank rows"


def _named(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"Row {numbers[0]} has"
    names = ", ".join(str(number) for number in numbers[:FEW])
    return f"Rows {names} have" if len(numbers) <= FEW else f"Rows {names} and {len(numbers) - FEW:,} more have"


def _about_columns(sheet: Sheet) -> list[Note]:
    notes, seen = [], dict[str, int]()
    for index, heading in enumerate(sheet.headings):
        name = " ".join(heading.split()).casefold()
        if name and seen.setdefault(name, index) != index:
            notes.append(Note(f"Two columns are called {quoted(heading)}.", column=index))
        cells = [row[index] for row in sheet.rows]
        if not name and not is_blank(cells):
            notes.append(Note(f"Column {letters(index)} has no heading.", column=index))
        notes += _about_cells(sheet, index, cells)
    return notes


def _about_cells(sheet: Sheet, index: int, cells: list[str]) -> list[Note]:
    """One search over a column's cells at once: a search for each cell takes longer than reading the file."""
    text, notes = "\0".join(cells), []
    for pattern, words in FINDINGS:
        if found := pattern.search(text):
            row = sheet.row_numbers[text.count("\0", 0, found.start(1))]
            said = f"{_column(sheet, index)} {words.format(found[1])}."
            notes.append(Note(said, column=index, row=row))
    filled = [cell for cell in cells if cell]
    if _DATE_HEADING.search(sheet.headings[index]) and filled and all(_DAYS.fullmatch(cell) for cell in filled):
        said = f"{_column(sheet, index)} holds numbers like {filled[0]} where dates are expected: format it as a date."
        notes.append(Note(said, column=index))
    return notes
