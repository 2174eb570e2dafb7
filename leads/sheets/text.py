"""CSV, TSV and pasted cells: which encoding, which delimiter, and the rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from .guard import unguarded
from .shape import Row, is_blank, shape
from .sheet import Note, Sheet, Unreadable

DELIMITERS = (",", ";", "\t")  # where two fit as well, the first
FEW_CONTROLS = 500  # one control character in so many is no sign that this is not text
SAMPLE = 50  # rows that the delimiter is told from
#: Stands below the last row while it is read. If it is not read as a row of its own, a quotation mark is still open.
_END = "\0end"

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8 with BOM"),
    (b"\xff\xfe\x00\x00", "", "UTF-32"),
    (b"\x00\x00\xfe\xff", "", "UTF-32"),
    (b"\xff\xfe", "utf-16", "UTF-16 LE"),
    (b"\xfe\xff", "utf-16", "UTF-16 BE"),
)
_SEVERAL_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SAVE_AS = "save it as “CSV UTF-8” or as XLSX"


def from_text(text: str) -> Sheet:
    """Cells pasted from a spreadsheet program (tabs between them), or CSV."""
    return parsed(text.removeprefix("\ufeff"), encoding="", notes=[])


def read_text(data: bytes) -> Sheet:
    text, encoding, notes = decoded(data)
    return parsed(text, encoding=encoding, notes=notes)


def decoded(data: bytes) -> tuple[str, str, list[Note]]:
    """The text, what its encoding is called, and a note where that is a guess."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _decode(data, codec, name), name, []
    if name := _without_mark(data):
        codec = name.lower().replace(" ", "-")
        return _decode(data, codec, name), name, [_guess(name)]
    try:
        return data.decode("utf-8"), "UTF-8", []
    except UnicodeDecodeError as exc:
        if len(_SEVERAL_BYTES.findall(data)) > sum(byte > 127 for byte in data) // 4:
            line = data.count(b"\n", 0, exc.start) + 1
            raise Unreadable(f"Line {line} is not UTF-8 as the rest of the file is: {_SAVE_AS}.") from None
    return _decode(data, "cp1252", "Windows-1252"), "Windows-1252", [_guess("Windows-1252")]


def _without_mark(data: bytes) -> str:
    """UTF-16 without its mark: every other byte of plain letters is zero."""
    head = data[:2000]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(data) % 2 or max(even, odd) < len(head) // 8 or min(even, odd) > max(even, odd) // 8:
        return ""
    return "UTF-16 BE" if even > odd else "UTF-16 LE"


def _guess(name: str) -> Note:
    return Note(
        f"The file does not say how its letters are encoded; it was read as {name}. Check letters like é and ß."
    )


def _decode(data: bytes, codec: str, name: str) -> str:
    if not codec:
        raise Unreadable(f"The file is encoded as {name}, which is not read here: {_SAVE_AS}.")
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        raise Unreadable(f"The file was taken for {name} but has bytes that are not: {_SAVE_AS}.") from None


def parsed(text: str, *, encoding: str, notes: list[Note]) -> Sheet:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Unreadable(f"Line {line} holds a NUL character: the file is damaged or not text.")
    controls = [found.start() for found in islice(_CONTROL.finditer(text), len(text) // FEW_CONTROLS + 1)]
    if len(controls) > len(text) // FEW_CONTROLS:  # a few may have slipped into a cell
        line = text.count("\n", 0, controls[0]) + 1
        raise Unreadable(f"Line {line} holds characters that no text has: this is not a CSV file, or it is damaged.")
    text, named = _named_delimiter(text)
    delimiter = named or delimiter_of(text)
    rows = ((number, [unguarded(cell) for cell in cells]) for number, cells in _rows(text, delimiter))
    kind = "tsv" if delimiter == "\t" else "csv"
    return shape(rows, kind=kind, encoding=encoding, delimiter=delimiter, notes=notes)


def _named_delimiter(text: str) -> tuple[str, str]:
    """Spreadsheet programs understand, and do not show, a first line ``sep=;``."""
    found = re.match(r'"?sep=([,;\t])"?(?:\r\n|\r|\n|\Z)', text, re.IGNORECASE)
    return (text[found.end() :], found[1]) if found else (text, "")


def delimiter_of(text: str) -> str:
    """The one that splits the headings into most columns, as far as the rows below agree on how many there are."""
    head = text[:200_000]
    return max(DELIMITERS, key=lambda delimiter: _fit(head, delimiter))


def _fit(head: str, delimiter: str) -> float:
    widths: list[int] = []
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if not is_blank(cells):
                widths.append(len(cells))
            if len(widths) == SAMPLE:
                break
    except csv.Error:
        return 0
    if not widths:
        return 0
    usual = max(set(widths), key=widths.count)
    fit = widths.count(usual) / len(widths) * (usual - 1)
    return fit if widths[0] == usual else fit / 5  # the cells below may all hold “a;b;c”, the headings do not


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    end = "" if text.endswith(("\n", "\r")) else "\n"
    reader = csv.reader(io.StringIO(f"{text}{end}{_END}", newline=""), delimiter=delimiter)
    line = 1
    try:
        for number, cells in enumerate(reader, start=1):
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                break
            line = reader.line_num + 1
            yield number, cells
    except csv.Error:  # longer than the csv module reads, which nobody types
        pass
    raise Unreadable(f"In line {line} a cell begins that has no end: is a quotation mark missing?")
