"""What was really created: one JSON line per lead, only ever appended, read back at the next start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

Entry = dict[str, Any]  # account, id, body (as received), time (ISO 8601)


class Ledger:
    """In memory always, in a file when one is given. The owner holds the lock."""

    def __init__(self, path: Path | None) -> None:
        self.entries: list[Entry] = []
        self._file: BinaryIO | None = None
        self._closed = False
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = path.read_bytes() if path.exists() else b""
        self.entries = [entry for line in raw.splitlines() if (entry := _read(line))]
        # Unbuffered: a line is in the file before its lead is answered.
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        if raw and not raw.endswith(b"\n"):
            self._file.write(b"\n")  # a crash left half a line; it stays, and nothing is glued to it

    def append(self, entry: Entry) -> None:
        """An OSError ends the call unanswered when the sandbox has stopped: no lead is told that is not kept."""
        if self._closed:
            raise ConnectionAbortedError("the sandbox has stopped")
        if self._file is not None:
            self._file.write(json.dumps(entry).encode() + b"\n")
        self.entries.append(entry)

    def close(self) -> None:
        self._closed = True
        if self._file is not None:
            self._file.close()


def _read(line: bytes) -> Entry | None:
    try:
        entry = json.loads(line)
        return entry if isinstance(entry["body"], dict) and entry["account"] and entry["id"] and entry["time"] else None
    except (ValueError, KeyError, TypeError):
        return None
