"""A look into an XLSX file's ZIP before anything that trusts it does: what is in it, and how large it really is.

The table of contents is only believed where the entries themselves agree with it. Each is inflated once, to nowhere,
with a count kept; what follows reads the same bytes.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from .sheet import Unreadable

MAX_ENTRIES = 1_000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 100
SMALL = 1024 * 1024  # up to here a ratio says nothing: little XML packs very well
CHUNK = 64 * 1024

_LOCAL = struct.Struct("<4s5H3I2H")
_DAMAGED = "The file is damaged: its ZIP parts do not fit together."
_BOMB = "The file unpacks to far more than a list of leads could be, so it was not opened."
_PROTECTED = "The file is protected by a password: save it without one."
#: Parts that tell what a ZIP is, when it is no XLSX.
_OTHERS = (
    ("xl/workbook.bin", "The file is an XLSB workbook: save it as XLSX."),
    ("word/", "The file is a text document: save the table as XLSX or CSV."),
    ("ppt/", "The file is a presentation: save the table as XLSX or CSV."),
    ("content.xml", "The file is an OpenDocument file: save it as XLSX or CSV."),
    ("Index/", "The file is a Numbers document: export it as XLSX or CSV."),
)


def inspected(file: BinaryIO) -> zipfile.ZipFile:
    """The archive, once nothing is wrong with it."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, UnicodeDecodeError):
        raise Unreadable(_DAMAGED) from None
    entries = archive.infolist()
    _check_list(entries)
    ends = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < ends:
            raise Unreadable(_BOMB)
        ends = _check_entry(file, entry)
    if ends > archive.start_dir:
        raise Unreadable(_DAMAGED)
    return archive


def _check_list(entries: list[zipfile.ZipInfo]) -> None:
    """What the table of contents says of itself."""
    names = [entry.filename for entry in entries]
    if len(names) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise Unreadable(_BOMB)
    if any(entry.file_size > max(SMALL, entry.compress_size * MAX_RATIO) for entry in entries):
        raise Unreadable(_BOMB)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unreadable(_PROTECTED)
    if len({name.casefold() for name in names}) < len(names):
        raise Unreadable(_DAMAGED)
    if any("vbaproject" in name.casefold() or "xl/macrosheets/" in name.casefold() for name in names):
        raise Unreadable("The file holds macros, and they are not let in: save it as XLSX without them.")
    if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
        for start, sentence in _OTHERS:
            if any(name.startswith(start) for name in names):
                raise Unreadable(sentence)
        raise Unreadable("The file is a ZIP archive, not a workbook: take the spreadsheet out of it.")
    for start, sentence in _OTHERS[:3]:
        if any(name.startswith(start) for name in names):
            raise Unreadable(sentence)


def _check_entry(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Inflates one entry to nowhere; where it ends in the file."""
    file.seek(entry.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
        raise Unreadable(_DAMAGED)
    _, _, flags, method, _, _, _, packed, unpacked, name_length, extra_length = _LOCAL.unpack(header)
    name = file.read(name_length)
    file.seek(extra_length, 1)
    start = file.tell()
    later, zip64 = flags & 0x8, 0xFFFFFFFF  # sizes that follow the data, or stand in an extra field
    if method != entry.compress_type or name != _raw_name(entry):
        raise Unreadable(_DAMAGED)
    if not later and not (packed in (entry.compress_size, zip64) and unpacked in (entry.file_size, zip64)):
        raise Unreadable(_DAMAGED)
    size, crc = 0, 0
    for number, chunk in enumerate(_inflated(file, entry)):
        if number == 0 and chunk.startswith(b"PK\x03\x04"):
            raise Unreadable(f"The workbook holds another archive ({entry.filename[:80]}): take it out.")
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        if size > entry.file_size:
            raise Unreadable(_BOMB)
    if size != entry.file_size or crc != entry.CRC:
        raise Unreadable(_DAMAGED)
    return start + entry.compress_size


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")


def _inflated(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    left = entry.compress_size
    if entry.compress_type == zipfile.ZIP_STORED:
        while chunk := file.read(min(CHUNK, left)):
            left -= len(chunk)
            yield chunk
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise Unreadable(_DAMAGED)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while not inflate.eof and (packed := inflate.unconsumed_tail or file.read(min(CHUNK, left))):
            left -= 0 if inflate.unconsumed_tail else len(packed)
            if chunk := inflate.decompress(packed, CHUNK):
                yield chunk
    except zlib.error:
        raise Unreadable(_DAMAGED) from None
    if not inflate.eof or left or inflate.unused_data:
        raise Unreadable(_DAMAGED)
