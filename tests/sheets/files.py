"""Files to be read: workbooks from plain XML, and archives that lie."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, *texts: str) -> str:
    cells = "".join(cell(f"{chr(ord('A') + index)}{number}", text) for index, text in enumerate(texts))
    return f'<row r="{number}">{cells}</row>'


PEOPLE = row(1, "Name", "Email") + row(2, "Sam", "sam@example.com")


def worksheet(rows: str = PEOPLE, *, before: str = "", after: str = "", head: str = HEAD) -> str:
    return f'{head}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def parts(sheets: Mapping[str, str] | None = None, *, hidden: Iterable[str] = (), shared: str = "") -> dict[str, str]:
    """The parts of a workbook: ``sheets`` by name, ``shared`` the items of its shared strings."""
    sheets = sheets or {"Leads": worksheet()}
    states = ("visible", "hidden")
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}" state="{states[name in hidden]}"/>'
        for number, name in enumerate(sheets, start=1)
    )
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(sheets) + 1)
    )
    if shared:
        relations += f'<Relationship Id="s" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    found = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="b" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
    }
    for number, xml in enumerate(sheets.values(), start=1):
        found[f"xl/worksheets/sheet{number}.xml"] = xml
    if shared:
        found["xl/sharedStrings.xml"] = f'{HEAD}<sst xmlns="{MAIN}">{shared}</sst>'
    return found


def zipped(entries: Mapping[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook(sheets: Mapping[str, str] | None = None, **kwargs: object) -> bytes:
    return zipped(parts(sheets, **kwargs))  # type: ignore[arg-type]


def saved(folder: Path, content: bytes, name: str = "leads.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


# Archives that lie


def central(data: bytes, name: str) -> int:
    """Where an entry stands in the table of contents."""
    at = data.rindex(name.encode())
    return data.rindex(b"PK\x01\x02", 0, at)


def with_field(data: bytes, at: int, offset: int, value: int, size: str = "<I") -> bytes:
    changed = bytearray(data)
    struct.pack_into(size, changed, at + offset, value)
    return bytes(changed)


def lying(name: str, *, size: int, data: bytes) -> bytes:
    """The same archive with another unpacked size of one entry, in both places."""
    at = central(data, name)
    start = struct.unpack_from("<I", data, at + 42)[0]
    return with_field(with_field(data, at, 24, size), start, 22, size)


def overlapping(data: bytes, name: str, other: str) -> bytes:
    """The same archive with one entry's content in the place of another's."""
    start = struct.unpack_from("<I", data, central(data, other) + 42)[0]
    return with_field(data, central(data, name), 42, start)
