"""A fast look at a worksheet's XML. Most sheets hold nothing but values, and then it is all that is needed.

Listening to every element takes longer than all the rest of reading a large sheet. Whatever is unusual is left to
``markup.facts_of``, which understands what it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from .markup import Facts, number_of

CHUNK = 256 * 1024
#: Formulas, merged cells, errors, hidden rows, comments; and attributes or encodings that the rest would not see.
UNUSUAL = (b"<f>", b"<f ", b"<f/", b"<mergeCell", b't="e"', b'hidden="1"', b'hidden="t', b"<!", b"='", b"\0")
_CELL = re.compile(rb'<c r="([A-Z]{1,3})[1-9]')
_ROW = re.compile(rb'<row r="([1-9][0-9]{0,6})"')


def plain_facts(part: IO[bytes]) -> Facts | None:
    """The rectangle that has cells, blank ones too; None where that cannot be told at a glance."""
    columns: set[bytes] = set()
    first = last = 0
    has_data = has_values = False
    for piece in _pieces(part):
        cells, rows = _CELL.findall(piece), _ROW.findall(piece)
        if any(mark in piece for mark in UNUSUAL):
            return None
        if len(cells) != _count(piece, b"<c") or len(rows) != _count(piece, b"<row"):
            return None
        columns.update(cells)
        if rows:
            first, last = first or int(rows[0]), max(last, *map(int, rows))
        has_data = has_data or b"<sheetData" in piece
        has_values = has_values or b"<v>" in piece or b"<t" in piece
    if not has_data or not has_values or not columns:
        return None
    numbers = [number_of(column.decode()) for column in columns]
    return Facts(
        rows=last - first + 1,
        first_row=first,
        last_row=last,
        first_column=min(numbers),
        last_column=max(numbers),
    )


def _count(piece: bytes, tag: bytes) -> int:
    return sum(piece.count(tag + end) for end in (b" ", b">", b"/", b"\n", b"\r", b"\t"))


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """Cut before a tag, so that none is in two pieces."""
    rest = b""
    while chunk := part.read(CHUNK):
        whole, mark, tail = (rest + chunk).rpartition(b"<")
        yield whole
        rest = mark + tail
    yield rest
