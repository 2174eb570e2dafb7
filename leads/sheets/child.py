"""The process that reads one file for ``apart``: its limits first, then one line of JSON for the sheet and each row.

Run as a program, with the limits in bytes and seconds before the path and the name of the file.
"""

from __future__ import annotations

import json
import resource
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

UNKNOWN = "The file cannot be read: it is damaged, or not what its name says."
TOO_MUCH = "Reading the file would take more memory than is allowed: keep only the rows and columns that you need."


def limit(*, memory: int, seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, memory),
    ):
        with suppress(ValueError, OSError):  # macOS knows some of them by name only
            resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # the first ends it by a signal that says why


def main(arguments: list[str], out: BinaryIO) -> None:
    memory, seconds, path, name = arguments
    limit(memory=int(memory), seconds=int(seconds))
    try:
        _write(Path(path), name, out)
    except MemoryError:
        _line(out, {"unreadable": TOO_MUCH})
    except BaseException as exc:  # a panic in the library that reads workbooks is no Exception
        from leads.sheets.sheet import Unreadable

        _line(out, {"unreadable": str(exc) if isinstance(exc, Unreadable) else UNKNOWN})
    out.flush()


def _write(path: Path, name: str, out: BinaryIO) -> None:
    from leads.sheets.reading import read

    sheet = read(path, name=name)
    _line(
        out,
        {
            "headings": sheet.headings,
            "notes": [[note.text, note.column, note.row] for note in sheet.notes],
            "kind": sheet.kind,
            "encoding": sheet.encoding,
            "delimiter": sheet.delimiter,
            "has_headings": sheet.has_headings,
            "heading_row": sheet.heading_row,
        },
    )
    for number, cells in zip(sheet.row_numbers, sheet.rows, strict=True):
        _line(out, [number, *cells])
    _line(out, {"rows": len(sheet.rows)})


def _line(out: BinaryIO, value: object) -> None:
    out.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
