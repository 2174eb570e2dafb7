"""Options and attributes as people paste them: one a line, or a CSV file. Only the shape is read here; what it says is
checked where it is kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from django.core.exceptions import ValidationError

from leads.services.attributes import NewAttribute
from leads.services.options import MAX_LINES, NewOption

LINE_ENDS = re.compile(r"\r\n|\r|\n")
SEPARATORS = ("\t", ";", ",")
HEADINGS = frozenset({"id", "name"})
MAX_FILE_BYTES = 2 * 1024 * 1024
COLUMNS = {
    "id": "id",
    "name": "name",
    "type": "type",
    "kind": "type",
    "multiple": "multiple",
    "ismultiselect": "multiple",
    "options": "options",
    "select_options": "options",
}
NEEDED = ("id", "name", "type")
csv.field_size_limit(MAX_FILE_BYTES)  # thousands of options stand in one cell
YES, NO = frozenset({"yes", "true", "1", "y"}), frozenset({"", "no", "false", "0", "n"})


def read_options(text: str) -> list[NewOption]:
    """Lines of id, name and, if there is one, colour and list, separated by tab, semicolon or comma.

    Raises ``ValidationError`` with one message for each line that cannot be read.
    """
    lines = [(number, line) for number, line in enumerate(LINE_ENDS.split(text), 1) if line.strip()]
    if lines and _is_heading(_cells(lines[0][1])):
        lines = lines[1:]
        if not lines:
            raise ValidationError("There is only a line of headings. Put one option a line under it.")
    if len(lines) > MAX_LINES:
        raise ValidationError(f"These are {len(lines):,} lines; at most {MAX_LINES:,} can be added in one go.")
    found, wrong = [], []
    for number, line in lines:
        cells = _cells(line)
        if not 2 <= len(cells) <= 4:
            wrong.append(f"Line {number}: Write id and name, separated by a tab, a semicolon or a comma.")
            continue
        found.append(NewOption(number, *cells))
    if wrong:
        raise ValidationError(wrong)
    return found


def _cells(line: str) -> list[str]:
    """The cells of a line; the separator is the first of the three kinds it has."""
    separator = next((each for each in SEPARATORS if each in line), "\t")
    try:
        cells = next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:  # such as a quotation mark in the middle of a name
        cells = line.split(separator)
    cells = [cell.strip() for cell in cells]
    while len(cells) > 2 and not cells[-1]:
        cells.pop()
    return cells


def _is_heading(cells: list[str]) -> bool:
    return {cell.casefold() for cell in cells[:2]} == HEADINGS


def read_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """The options of a select: one a line, or between bars, each as ``id;name``. Raises ``ValidationError``."""
    found, wrong = [], []
    for line in LINE_ENDS.split(text.replace("|", "\n")):
        if not line.strip():
            continue
        cells = _cells(line)
        if len(cells) == 2:
            found.append((cells[0], cells[1]))
        else:
            wrong.append(f"“{line.strip()[:60]}” is no option. Write each as id;name.")
    if wrong:
        raise ValidationError(wrong[:20])
    return tuple(found)


def decoded(data: bytes) -> str:
    """The text of an uploaded file. Raises ``ValidationError``."""
    if len(data) > MAX_FILE_BYTES:
        raise ValidationError("This file is larger than 2 MB. Split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValidationError("This file is not UTF-8 text. Save it as “CSV UTF-8” and try again.")
    return text


def read_attributes(text: str) -> list[NewAttribute]:
    """CSV with the headings id, name, type and, if they are there, multiple and options. Raises ``ValidationError``."""
    heading = next((line for line in LINE_ENDS.split(text) if line.strip()), "")
    if not heading:
        raise ValidationError("This file is empty.")
    rows = _rows(text, max(SEPARATORS, key=heading.count))
    names = _columns(rows[0][1])
    if len(rows) == 1:
        raise ValidationError("There is only a line of headings. Put one attribute a line under it.")
    if len(rows) > MAX_LINES + 1:
        raise ValidationError(f"These are {len(rows) - 1:,} lines; at most {MAX_LINES:,} can be added in one go.")
    wrong: list[str] = []
    found = [row for number, cells in rows[1:] for row in _attribute(number, names, cells, wrong)]
    if wrong:
        raise ValidationError(wrong)
    return found


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """The rows that hold something, each with the line it begins in."""
    lines = LINE_ENDS.sub("\n", text)
    reader = csv.reader(io.StringIO(lines), delimiter=separator, strict=True)
    rows, begins = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as exc:
        raise ValidationError(f"Line {begins}: This cannot be read as CSV ({exc}).") from None
    return rows


def _columns(cells: list[str]) -> list[str]:
    names = [COLUMNS.get(cell.strip().casefold(), "") for cell in cells]
    unknown = [cell.strip() for cell, name in zip(cells, names, strict=True) if not name]
    missing = [name for name in NEEDED if name not in names]
    if missing or unknown or len(set(names)) != len(names):
        said = ", ".join(unknown)[:100] or ", ".join(cells)[:100]
        columns = "id, name, type and, if you like, multiple and options"
        raise ValidationError(f"The first line must name the columns: {columns}. It says: {said}.")
    return names


def _attribute(number: int, names: list[str], cells: list[str], wrong: list[str]) -> Iterator[NewAttribute]:
    if len(cells) > len(names):
        wrong.append(f"Line {number}: It has {len(cells)} columns, the headings have {len(names)}.")
        return
    row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
    multiple = row.get("multiple", "").casefold()
    if multiple not in YES | NO:
        wrong.append(f"Line {number}: “{multiple[:30]}” is neither yes nor no.")
        return
    try:
        options = read_pairs(row.get("options", ""))
    except ValidationError as exc:
        wrong += [f"Line {number}: {message}" for message in exc.messages]
        return
    kind = row.get("type", "").upper()
    yield NewAttribute(number, row.get("id", ""), row.get("name", ""), kind, multiple in YES, options)
