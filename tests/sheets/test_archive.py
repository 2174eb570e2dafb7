"""ZIP archives that unpack to more than they say, or to something else."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import pytest

from leads.sheets import Unreadable, read

from .files import PEOPLE, central, lying, overlapping, parts, saved, with_field, workbook, worksheet, zipped

BLANKS = " " * 5_000_000
SHEET = "xl/worksheets/sheet1.xml"
GOOD = workbook()
#: A sheet that packs well, in an archive that says it is small: what lies has the checksum of what it pretends to be.
LARGE = zipped(parts({"Leads": worksheet(PEOPLE + BLANKS)}))


def with_checksum(data: bytes, name: str, checksum: int) -> bytes:
    at = central(data, name)
    start = int.from_bytes(data[at + 42 : at + 46], "little")
    return with_field(with_field(data, at, 16, checksum), start, 14, checksum)


def small_in_appearance() -> bytes:
    text = worksheet(PEOPLE + BLANKS).encode()[:2_000]
    return with_checksum(lying(SHEET, size=2_000, data=LARGE), SHEET, zlib.crc32(text))


def many(count: int) -> dict[str, str]:
    return parts() | {f"xl/media/{number}.txt": "x" for number in range(count)}


def flagged() -> bytes:
    at = central(GOOD, SHEET)
    start = int.from_bytes(GOOD[at + 42 : at + 46], "little")
    return with_field(with_field(GOOD, at, 8, 1, "<H"), start, 6, 1, "<H")


REFUSED = {
    "a bomb": (LARGE, "unpacks to far more"),
    "a large bomb": (zipped(parts() | {"xl/media/x.txt": b"\0" * 101 * 1024 * 1024}), "unpacks to far more"),
    "a bomb that lies about its size": (small_in_appearance(), "unpacks to far more"),
    "a size that is too large": (lying(SHEET, size=90_000, data=GOOD), "do not fit together"),
    "entries in one place": (overlapping(GOOD, SHEET, "xl/workbook.xml"), "unpacks to far more|do not fit together"),
    "an archive in the archive": (zipped(parts() | {"xl/embeddings/x.bin": GOOD}), "another archive"),
    "too many entries": (zipped(many(1_000)), "unpacks to far more"),
    "an entry with a password": (flagged(), "password"),
    "a name twice": (zipped(parts() | {"XL/workbook.xml": "<x/>"}), "do not fit together"),
    "another way of packing": (zipped(parts(), method=zipfile.ZIP_LZMA), "do not fit together"),
    "half a file": (GOOD[: len(GOOD) // 2], "do not fit together"),
    "a wrong checksum": (with_checksum(GOOD, SHEET, 7), "do not fit together"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what: str, tmp_path: Path) -> None:
    content, reason = REFUSED[what]
    with pytest.raises(Unreadable, match=reason):
        read(saved(tmp_path, content), name="leads.xlsx")


def test_it_takes_archives_as_programs_write_them(tmp_path: Path) -> None:
    """With sizes behind the data, where a program could not go back; with data packed or as it is."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *args: int) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts().items():
            archive.writestr(name, text)
    for content in (pipe.getvalue(), zipped(parts(), method=zipfile.ZIP_STORED)):
        assert read(saved(tmp_path, content), name="leads.xlsx").rows == [["Sam", "sam@example.com"]]
