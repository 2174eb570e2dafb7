"""The file of a backup: a zip with ``about.json`` and the database as its own engine copies it.

The zip's sums and its end, which is written last, are what shows that a file is cut off or changed by accident.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

KIND = "lead portal backup"
VERSION = 1
ABOUT, CONTENT = "about.json", "database"
MAX_ABOUT_BYTES = 1_000_000
CHUNK_BYTES = 1024 * 1024


class Unusable(Exception):
    """A backup cannot be made or used, in words for the operator."""


@dataclass(frozen=True, slots=True)
class About:
    """What a backup says of itself."""

    engine: str  # as Django names it: sqlite, postgresql
    portal: str
    taken_at: str
    migrations: list[str]
    kind: str = KIND
    version: int = VERSION


def write_file(path: Path, about: About, fill: Callable[[Path], None]) -> None:
    """Have ``fill`` write the database's copy and put it into ``path``: whole, for its owner alone, or not at all."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:  # 0700
        content, whole = Path(folder, CONTENT), Path(folder, "whole")
        fill(content)
        with open(whole, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                archive.writestr(ABOUT, json.dumps(asdict(about), indent=1))
                archive.write(content, CONTENT)
            file.flush()
            os.fsync(file.fileno())
        os.replace(whole, path)
    folder_handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder_handle)  # the name, too
    finally:
        os.close(folder_handle)


@contextmanager
def read_file(path: Path, folder: Path) -> Iterator[tuple[About, Path]]:
    """What the backup says of itself, and its copy of the database, taken out whole into ``folder`` for as long as
    this lasts. Raises ``Unusable``, before anything else has happened.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore.") as inside:
        content = Path(inside, CONTENT)
        try:
            about = _take_out(path, content)
        except FileNotFoundError:
            raise Unusable(f"There is no file {path}.") from None
        except OSError as exc:
            raise Unusable(f"{path} cannot be read: {exc.strerror}.") from None
        yield about, content


def _take_out(path: Path, content: Path) -> About:
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            raise Unusable(f"{path} is no backup of a lead portal.")
        try:
            with zipfile.ZipFile(file) as archive:
                about = _about(path, archive)
                with archive.open(CONTENT) as source, content.open("xb") as target:
                    while chunk := source.read(CHUNK_BYTES):
                        target.write(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError):
            raise Unusable(f"{path} is damaged or cut off: it cannot be used. Take another backup.") from None
    return about


def _about(path: Path, archive: zipfile.ZipFile) -> About:
    if ABOUT not in archive.namelist():
        raise Unusable(f"{path} is no backup of a lead portal.")
    with archive.open(ABOUT) as file:
        text = file.read(MAX_ABOUT_BYTES)
    try:
        said: Any = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("kind") != KIND:
        raise Unusable(f"{path} is no backup of a lead portal.")
    if said.get("version") != VERSION:
        raise Unusable(f"{path} was made by another version of the portal, in a way this one does not read.")
    try:
        return About(**said)
    except TypeError:
        raise Unusable(f"{path} is no backup of a lead portal.") from None
