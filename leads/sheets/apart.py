"""Reads a file in a process of its own, which has little memory, little time and none of our secrets.

What that process says is believed as little as the file: it is JSON, and so much of it.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from . import child
from .sheet import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, Note, Sheet, Unreadable

PATIENCE = 6
MAX_SAID = 8 * MAX_BYTES  # bytes of JSON
_PROGRAM = """import sys
sys.path.insert(0, sys.argv[1])
from leads.sheets import child
child.main(sys.argv[2:], sys.stdout.buffer)
"""
_HOME = Path(__file__).resolve().parent.parent.parent
#: All that the process sees of our environment: what Python itself may need to start.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL")


def read_in_child(source: Path | IO[bytes], *, name: str, seconds: float = 5.0, memory_mib: int = 300) -> Sheet:
    """Whatever the file does to its reader, there is a sheet, or ``Unreadable``, when the time is up.

    An open file need not have a name; it is handed to the process at its beginning.
    ``seconds`` are of the processor's time, so that a busy machine refuses no good file; it waits ``PATIENCE`` times as
    long for them.
    """
    process = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-c",
            _PROGRAM,
            str(_HOME),
            str(memory_mib * 1024 * 1024),
            str(math.ceil(seconds)),
            str(source.resolve()) if isinstance(source, Path) else "/dev/stdin",
            name.replace("\0", ""),
        ],
        stdin=subprocess.DEVNULL if isinstance(source, Path) else source,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={key: os.environ[key] for key in _KEPT if key in os.environ},
        cwd="/",
        start_new_session=True,
    )
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    watchdog = threading.Timer(seconds * PATIENCE, end)
    watchdog.daemon = True
    watchdog.start()
    try:
        assert process.stdout is not None
        return _heard(process.stdout)
    except (_BrokeOff, LookupError, TypeError, ValueError):
        with suppress(subprocess.TimeoutExpired):  # it may have said nonsense and go on
            process.wait(timeout=1)
        if late.is_set() or process.returncode == -signal.SIGXCPU:
            raise Unreadable(
                f"Reading the file took longer than {seconds:g} seconds: keep only what you need."
            ) from None
        raise Unreadable(child.TOO_MUCH) from None
    finally:
        watchdog.cancel()
        process.kill()
        with suppress(OSError):
            process.stdout and process.stdout.close()
        process.wait()


class _BrokeOff(Exception):
    """The process ended, or said something else than it should, before all was said."""


def _heard(out: IO[bytes]) -> Sheet:
    lines = _lines(out)
    head = next(lines)
    if not isinstance(head, dict):
        raise _BrokeOff
    if "unreadable" in head:
        raise Unreadable(str(head["unreadable"])[:500])
    rows, numbers = list[list[str]](), list[int]()
    width = len(head["headings"])
    for line in lines:
        if isinstance(line, dict):
            if line.get("rows") != len(rows) or width > MAX_COLUMNS:
                raise _BrokeOff
            return _sheet(head, rows, numbers)
        number, *cells = line
        if len(cells) != width or len(rows) > MAX_ROWS:
            raise _BrokeOff
        numbers.append(int(number))
        rows.append([str(cell) for cell in cells])
    raise _BrokeOff


def _sheet(head: dict[str, Any], rows: list[list[str]], numbers: list[int]) -> Sheet:
    return Sheet(
        headings=[str(heading) for heading in head["headings"]],
        rows=rows,
        row_numbers=numbers,
        notes=[Note(text=text, column=column, row=row) for text, column, row in head["notes"]],
        kind=head["kind"],
        encoding=head["encoding"],
        delimiter=head["delimiter"],
        has_headings=head["has_headings"],
        heading_row=head["heading_row"],
    )


def _lines(out: IO[bytes]) -> Iterator[Any]:
    left = MAX_SAID
    while line := out.readline(left):
        left -= len(line)
        if left <= 0 or not line.endswith(b"\n"):
            break
        try:
            yield json.loads(line)
        except ValueError:
            break
    raise _BrokeOff
