"""One file: what it is, by its content and not by its name, and what is in it."""

from __future__ import annotations

from pathlib import Path

from .sheet import MAX_BYTES, Sheet, Unreadable
from .text import read_text

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: What people call what they have uploaded, by how it begins.
_OTHERS = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a picture or a sound"),
    (b"BM", "a BMP picture"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a text document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
)


def read(path: Path, *, name: str) -> Sheet:
    """Reads the file in this process; what strangers upload belongs into one of its own, see ``apart``."""
    size = path.stat().st_size
    if not size:
        raise Unreadable("The file is empty.")
    if size > MAX_BYTES:
        raise Unreadable(f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB: split it into several.")
    content = path.read_bytes()  # once: a file without a name need not begin anew when it is opened again
    if content.startswith(_ZIP):
        from .workbook import read_workbook  # with a library that text needs not

        return read_workbook(path)
    _refuse_what_is_no_table(content, name)
    return read_text(content)


def _refuse_what_is_no_table(content: bytes, name: str) -> None:
    head = content[:4096]
    if head.startswith(_OLE):
        raise Unreadable(_said_of_ole(content))
    for start, what in _OTHERS:
        is_text = start.isalnum() and b"\0" not in head  # “BM” and “MZ” may begin a heading
        if head.startswith(start) and not is_text:
            raise Unreadable(f"The file is {what}, whatever its name says: save the table as CSV or XLSX.")
    opening = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    if opening.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise Unreadable("The file is a web page or XML: open it in your spreadsheet program and save it as XLSX.")
    if opening.startswith((b"{", b"[{")) and name.lower().endswith(".json"):
        raise Unreadable("The file is JSON: save the table as CSV or XLSX.")


def _said_of_ole(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "The file is protected by a password: save it without one."
    return "The file is in the old XLS format, or no spreadsheet at all: save it as XLSX."
