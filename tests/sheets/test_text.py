"""CSV, TSV and pasted cells."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from leads.sheets import MAX_BYTES, MAX_ROWS, Sheet, Unreadable, from_text, read

from .files import saved

LEADS = "Name,Email,City\nZoë,zoe@example.com,Köln\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def read_bytes(folder: Path, content: bytes, name: str = "leads.csv") -> Sheet:
    return read(saved(folder, content, name), name=name)


def said(sheet: Sheet) -> str:
    return "\n".join(note.text for note in sheet.notes)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (LEADS.encode(), "UTF-8"),
        (LEADS.encode("utf-8-sig"), "UTF-8 with BOM"),
        (b"\xff\xfe" + LEADS.encode("utf-16-le"), "UTF-16 LE"),
        (b"\xfe\xff" + LEADS.encode("utf-16-be"), "UTF-16 BE"),
        (LEADS.encode("utf-16-le"), "UTF-16 LE"),
        (LEADS.encode("utf-16-be"), "UTF-16 BE"),
        (LEADS.encode("cp1252"), "Windows-1252"),
    ],
)
def test_it_recognises_the_encoding(tmp_path: Path, content: bytes, encoding: str) -> None:
    sheet = read_bytes(tmp_path, content)
    assert sheet.encoding == encoding
    assert (sheet.headings, sheet.rows) == (["Name", "Email", "City"], [["Zoë", "zoe@example.com", "Köln"]])
    is_guess = encoding == "Windows-1252" or (content[:1] in (b"N", b"\0") and "16" in encoding)
    assert ("does not say how its letters are encoded" in said(sheet)) == is_guess


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("Name,Email\nSam,sam@example.com\n", ","),
        ("Name;Email\nSam;sam@example.com\n", ";"),
        ("Name\tEmail\nSam\tsam@example.com\n", "\t"),
        ("Name;Deal value\nSam;1,5\nBo;2,5\n", ";"),
        ("Name,Tags,Lists,Owners\nSam,a;b;c;d;e,x,y\nBo,a;b;c;d;e,x,y\n", ","),
        ('"Last name, first";Email\n"Sample, Sam";sam@example.com\n', ";"),
        ("Fair in Cologne\n\nName;Email\nSam, Jr;sam@example.com\n", ";"),
        ("sep=;\nName;Email\nSam;x,y\n", ";"),
        ("Email\nsam@example.com\n", ","),
    ],
)
def test_it_recognises_the_delimiter(text: str, delimiter: str) -> None:
    sheet = from_text(text)
    assert sheet.delimiter == delimiter
    assert sheet.kind == ("tsv" if delimiter == "\t" else "csv")


def test_it_keeps_quotes_and_line_breaks_inside_cells() -> None:
    sheet = from_text('Name,Note,"Deal\nvalue"\n"O""Neill, Pat","one\r\ntwo",1\n\nBo,x,2\n')
    assert sheet.headings[2] == "Deal\nvalue"
    assert sheet.rows == [['O"Neill, Pat', "one\r\ntwo", "1"], ["Bo", "x", "2"]]
    assert sheet.row_numbers == [2, 4], "as a spreadsheet program counts, not lines"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_it_reads_every_line_end(ends: str) -> None:
    assert from_text(ends.join(["a,b", "1,2", "3,4"])).rows == [["1", "2"], ["3", "4"]]


def test_it_says_what_it_made_of_ragged_rows() -> None:
    sheet = from_text("Name,Email\nSam\nBo,bo@example.com,Cork\nAl,al@example.com\n")
    assert sheet.headings == ["Name", "Email", ""]
    assert sheet.rows == [["Sam", "", ""], ["Bo", "bo@example.com", "Cork"], ["Al", "al@example.com", ""]]
    assert [(note.row, note.column) for note in sheet.notes] == [(3, None), (None, 2)]


def test_it_leaves_titles_and_blank_rows_out_and_says_so() -> None:
    sheet = from_text("Fair 2026,\n,,\nName,Email\n\nSam,s@example.com\n , \nBo,b@example.com\n\n\n")
    assert sheet.headings == ["Name", "Email"]
    assert sheet.row_numbers == [5, 7]
    assert "Row 1 (“Fair 2026”) stands above the headings" in said(sheet)
    assert "3 blank rows between" in said(sheet)


def test_it_takes_no_data_for_a_title() -> None:
    assert from_text("Company\nAcme\nFoo, Ltd\nBar\n").headings == ["Company", ""]


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (["1", "4.93E+10"], "cut digits off"),
        (["4,93E+10"], "cut digits off"),
        (["x", "#NAME?"], "could not work"),
        (["#####"], "too narrow"),
        (["MÃ¼ller"], "damaged"),
        (["Itâ€™s"], "damaged"),
    ],
)
def test_it_says_what_a_spreadsheet_program_has_spoilt(cells: list[str], note: str) -> None:
    sheet = from_text("Name\tPhone\n" + "".join(f"Sam\t{text}\n" for text in cells))
    assert [(found.column, found.row) for found in sheet.notes] == [(1, len(cells) + 1)]
    assert note in said(sheet) and "“Phone”" in said(sheet)


@pytest.mark.parametrize("text", ["5E12", "E+10", "model 4.93E+10 b", "1.5", "# 12", "Ångström", "#1"])
def test_it_finds_nothing_wrong_with(text: str) -> None:
    assert from_text(f"Name\tNote\nSam\t{text}").notes == []


def test_it_notes_days_that_are_numbers() -> None:
    assert "format it as a date" in said(from_text("Name\tDate of visit\nSam\t46024\nBo\t\n"))
    assert said(from_text("Name\tValue\nSam\t46024")) == ""


def test_it_says_when_headings_are_missing_or_twice() -> None:
    sheet = from_text("Email\t\temail\na@example.com\tx\tb@example.com\n")
    assert sheet.has_headings
    assert {note.column for note in sheet.notes} == {1, 2}


@pytest.mark.parametrize("first", ["sam@example.com", "+353 1 234 5678", "https://example.com"])
def test_it_sees_a_first_row_of_data(first: str) -> None:
    sheet = from_text(f"Sam\t{first}\nBo\tx\n")
    assert not sheet.has_headings and "looks like a lead" in said(sheet)


REFUSED = {
    "empty": (b"", "empty"),
    "a mark alone": (b"\xef\xbb\xbf", "empty"),
    "blank": (b",,\r\n , \n\n", "empty"),
    "headings only": (b"Name,Email\r\n", "no rows"),
    "NUL bytes": (b"Name,Email\nS\0am,x\n", "Line 2 holds a NUL"),
    "nothing but NUL bytes": (bytes(5000), "NUL"),
    "control characters": (b"Name,Email\nSam,\x02\x03\n", "Line 2 holds characters that no text has"),
    "a JPEG": (JPEG, "a JPEG picture"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(90), "a PNG picture"),
    "a PDF": (b"%PDF-1.7\n1 0 obj", "a PDF document"),
    "an old workbook": (OLE, "old XLS"),
    "a protected workbook": (OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    "a web page": (b"\n <html><table><tr><td>Name</td></tr></table>", "web page"),
    "UTF-32": (LEADS.encode("utf-32"), "UTF-32"),
    "two encodings": ("Zoë,Köln,Müller,é\n".encode() * 5 + "Zoë".encode("cp1252"), "Line 6 is not UTF-8"),
    "an undefined letter": (b"Name,City\nZo\xeb,\x81\x8d\n", "Windows-1252"),
    "an open quotation mark": (b'Name,Email\nSam,"x\nBo,y\n', "line 2 a cell begins that has no end"),
    "a quotation mark open for long": (b'a,b\n1,"' + b"x\n" * 100_000, "line 2 a cell begins that has no end"),
    "a cell too long": (b"Name,Email\nSam," + b"x" * 40_000, "Cell B2 holds 40,000"),
    "16,384 columns": (b",".join([b"x"] * 16_384) + b"\n1,2\n", "16,384 columns"),
    "too many rows": (b"a,b\n" + b"1,2\n" * (MAX_ROWS + 1), "more than 10,000 rows"),
    "over a million blank rows": (b"a,b\n" + b"\n" * 1_100_000 + b"1,2\n", "more than 1,048,576 rows"),
    "too large": (b"a,b\n" * (MAX_BYTES // 4 + 1), "10 MiB"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what: str, tmp_path: Path) -> None:
    content, reason = REFUSED[what]
    with pytest.raises(Unreadable, match=rf"(?i){reason}"):
        read_bytes(tmp_path, content)


def test_it_reads_a_million_blank_rows(tmp_path: Path) -> None:
    sheet = read_bytes(tmp_path, b"a,b\n" + b"\n" * 1_000_000 + b"1,2\n")
    assert (sheet.rows, sheet.row_numbers) == ([["1", "2"]], [1_000_002])


def test_it_reads_as_many_rows_as_it_says(tmp_path: Path) -> None:
    assert len(read_bytes(tmp_path, b"a,b\n" + b"1,2\n" * MAX_ROWS).rows) == MAX_ROWS


def test_it_leaves_a_stray_control_character_where_it_is() -> None:
    text = "Name\tNote\n" + "Sam\tword\n" * 100 + "Bo\tx\x0by\x01\n"
    assert from_text(text).rows[-1] == ["Bo", "x\x0by\x01"]


def test_it_looks_at_the_content_and_not_at_the_name(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, LEADS.encode(), "leads.xlsx").kind == "csv"
    assert read_bytes(tmp_path, b"BMW,MZ\nx,y\n", "cars.csv").headings == ["BMW", "MZ"]


def test_nothing_but_a_reason_comes_of_damaged_text(tmp_path: Path) -> None:
    """Three hundred files, each a good one that was cut, mixed up, or written over."""
    dice = random.Random(6)
    sources = [text for text, _ in REFUSED.values() if len(text) < 5_000]
    sources += [LEADS.encode(codec) for codec in ("utf-8", "utf-16", "cp1252")]
    for number in range(300):
        content = bytearray(dice.choice(sources) + dice.choice(sources))
        for _ in range(dice.randrange(12)):
            if content:
                content[dice.randrange(len(content))] = dice.choice(b"\0\"',;\t\r\n=\xff\xfe\xc3x")
        content = content[: dice.randrange(len(content) + 1)]
        try:
            sheet = read_bytes(tmp_path, bytes(content))
        except Unreadable as exc:
            assert str(exc).endswith((".", "?")), number
        else:
            assert all(len(row) == len(sheet.headings) for row in sheet.rows), number
