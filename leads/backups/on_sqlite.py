"""SQLite's own way to copy a database that is being written to: one snapshot, and nobody waits for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection

from .archive import Unusable
from .parts import HOLD_KEYS, LEFT_OUT

WAIT_SECONDS = 30  # for writers; each is done in a moment


def copy_out(content: Path) -> None:
    """Write the database into ``content``, without sessions."""
    try:
        with closing(_open(_path())) as source, closing(sqlite3.connect(content, isolation_level=None)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            for table in _tables(copy) & set(LEFT_OUT):
                copy.execute(f'DELETE FROM "{table}"')  # nosec B608  names of ours
            copy.execute("VACUUM")  # or what was deleted would still be in the file
    except sqlite3.Error as exc:
        raise Unusable(f"The database cannot be copied: {exc}.") from None


def put_back(content: Path) -> None:
    """Hold the keys in the copy, then put it in the database's place in one transaction."""
    path = _path()
    connection.close()
    is_new = not path.exists()
    try:
        with closing(sqlite3.connect(content, isolation_level=None)) as copy:
            found = [row[0] for row in copy.execute("PRAGMA quick_check")]
            if found != ["ok"]:
                raise Unusable("The database in the backup is damaged. Nothing was changed.")
            copy.execute(HOLD_KEYS)
            with closing(_open(path)) as target:
                if is_new:
                    path.chmod(0o600)
                copy.backup(target)
    except sqlite3.Error as exc:
        raise Unusable(f"Nothing was restored. The database said: {exc}.") from None


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)


def _path() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _tables(copy: sqlite3.Connection) -> set[str]:
    return {str(row[0]) for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
