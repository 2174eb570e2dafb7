"""XLSX: what people see becomes text, and what they may not see is said."""

from __future__ import annotations

import datetime
import io
import random
from pathlib import Path

import openpyxl
import pytest

from leads.sheets import MAX_ROWS, Sheet, Unreadable, read, xlsx_file

from .files import HEAD, MAIN, PEOPLE, cell, parts, row, saved, workbook, worksheet, zipped


def read_bytes(folder: Path, content: bytes) -> Sheet:
    return read(saved(folder, content), name="leads.xlsx")


def said(sheet: Sheet) -> str:
    return "\n".join(note.text for note in sheet.notes)


def by_a_program(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for values in rows:
        book.active.append(values)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_every_cell_becomes_the_text_people_would_type(tmp_path: Path) -> None:
    values = [
        (353861234567, "353861234567"),
        (49312345678.0, "49312345678"),
        (12.5, "12.5"),
        (1234.1, "1234.1"),
        (True, "TRUE"),
        (datetime.date(2026, 11, 24), "2026-11-24"),
        (datetime.datetime(2026, 11, 24, 9, 30, 1), "2026-11-24T09:30:01"),
        (datetime.time(9, 30), "09:30:00"),
        (datetime.timedelta(hours=30), "30:00:00"),
        ("4.93E+10", "4.93E+10"),
        ("two\nlines", "two\nlines"),
        (" kept ", " kept "),
        (None, ""),
    ]
    headings: list[object] = [f"h{index}" for index in range(len(values))]
    sheet = read_bytes(tmp_path, by_a_program(headings, [value for value, _ in values]))
    assert sheet.rows == [[text for _, text in values]]
    assert "“h9” holds numbers like 4.93E+10" in said(sheet)


def test_it_says_where_a_number_has_lost_its_end(tmp_path: Path) -> None:
    sheet = read_bytes(tmp_path, by_a_program(["Name", "Phone"], ["Sam", 35312345678901234]))
    assert "Cell B2 holds a number of more than 15 digits" in said(sheet)


def test_it_says_what_formulas_and_errors_became(tmp_path: Path) -> None:
    cells = (
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2"><f>B3</f><v></v></c>'
        '<c r="C2" t="str"><f>A2</f><v>two</v></c><c r="D2" t="e"><v>#REF!</v></c></row>'
    )
    sheet = read_bytes(tmp_path, workbook({"Leads": worksheet(row(1, "a", "b", "c", "d") + cells)}))
    assert sheet.rows == [["2", "", "two", ""]]
    assert "Cells A2, B2, C2 hold a formula: the value it had" in said(sheet)
    assert "Cell B2 holds a formula without a value" in said(sheet)
    assert "Cell D2 holds an error" in said(sheet)


def test_it_says_what_is_merged_or_hidden(tmp_path: Path) -> None:
    xml = worksheet(
        PEOPLE + row(3, "Bo", "b@example.com").replace("<row", '<row hidden="1"'),
        before='<cols><col min="2" max="2" hidden="1"/></cols>',
        after='<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>',
    )
    sheet = read_bytes(tmp_path, workbook({"Leads": xml}))
    assert [cells[0] for cells in sheet.rows] == ["Sam", "Bo"]
    assert "Merged cells (A2:A3)" in said(sheet)
    assert "One hidden row is read" in said(sheet)
    assert "Hidden columns are read" in said(sheet)


def test_it_reads_the_first_sheet_that_shows_something(tmp_path: Path) -> None:
    sheets = {
        "Old": worksheet(row(1, "not", "this")),
        "Cover": worksheet(""),
        "Fair": worksheet(),
        "Notes": worksheet(row(1, "nor", "this")),
    }
    sheet = read_bytes(tmp_path, workbook(sheets, hidden=["Old"]))
    assert sheet.rows == [["Sam", "sam@example.com"]]
    assert "Only the sheet “Fair” is read, not “Notes”." in said(sheet)
    assert "Hidden sheets are not read: “Old”." in said(sheet)


def test_it_numbers_rows_as_the_spreadsheet_program_does(tmp_path: Path) -> None:
    rows = row(4, "Name", "Email") + row(9, "Sam", "s@example.com") + row(12, "Bo", "b@example.com")
    sheet = read_bytes(tmp_path, workbook({"Leads": worksheet(rows)}))
    assert (sheet.heading_row, sheet.row_numbers) == (4, [9, 12])
    moved = worksheet('<row r="3">' + cell("C3", "Name") + cell("D3", "Email") + "</row>"
                      '<row r="4">' + cell("C4", "Sam") + cell("D4", "s@example.com") + "</row>")  # fmt: skip
    sheet = read_bytes(tmp_path, workbook({"Leads": moved}))
    assert sheet.rows == [["", "", "Sam", "s@example.com"]]
    assert (sheet.heading_row, sheet.row_numbers) == (3, [4])


def test_it_reads_a_million_blank_rows(tmp_path: Path) -> None:
    blank = "".join(f'<row r="{number}"><c r="A{number}" s="1"/></row>' for number in range(3, 300_000))
    sheet = read_bytes(tmp_path, workbook({"Leads": worksheet(PEOPLE + blank + '<row r="1048576"/>')}))
    assert sheet.rows == [["Sam", "sam@example.com"]]


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FAR = f'<row r="1048576">{cell("XFD1048576", "far")}</row>'
DOWN = f'<row r="1048576">{cell("D1048576", "far")}</row>'


def named(number: int) -> str:
    """A row whose only cell names the first of the shared strings."""
    return f'<row r="{number}"><c r="A{number}" t="s"><v>0</v></c></row>'


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no rows": (parts({"Leads": worksheet(row(1, "Name", "Email"))}), "no rows"),
    "nothing at all": (parts({"Leads": worksheet("")}), "empty"),
    "hidden sheets alone": (parts(hidden=["Leads"]), "All sheets of the workbook are hidden"),
    "a cell in the last column": (parts({"Leads": worksheet(PEOPLE + FAR)}), r"column XFD \(16,384 columns\)"),
    "a cell in the last row": (parts({"Leads": worksheet(PEOPLE + DOWN)}), "down to row 1,048,576"),
    "a document type": (parts({"Leads": worksheet(head=HEAD + BOMB)}), "document type"),
    "one in the shared strings": (parts() | {"xl/sharedStrings.xml": f"{HEAD}{BOMB}<sst/>"}, "document type"),
    "one in UTF-16": (
        parts() | {"xl/styles.xml": f"\ufeff{BOMB}<styleSheet/>".encode("utf-16-le")},  # type: ignore[dict-item]
        "document type",
    ),
    "one in the list of sheets": (parts() | {"xl/workbook.xml": f"{HEAD}{BOMB}<workbook/>"}, "document type"),
    "no list of sheets": ({"[Content_Types].xml": "<Types/>"}, "damaged"),
    "broken XML": (parts({"Leads": worksheet() + "<"}), "damaged"),
    "a sheet that is not there": (
        {name: xml for name, xml in parts().items() if "worksheets" not in name},
        "damaged",
    ),
    "a cell of no place": (parts({"Leads": worksheet('<row r="1"><c r="1A"><v>1</v></c></row>')}), "damaged"),
    "macros": (parts() | {"xl/vbaProject.bin": "x"}, "macros"),
    "old macros": (parts() | {"xl/macrosheets/sheet1.xml": "<x/>"}, "macros"),
    "a text document": ({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}, "a text document"),
    "an OpenDocument file": ({"mimetype": "x", "content.xml": "<x/>"}, "OpenDocument"),
    "an XLSB workbook": ({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}, "XLSB"),
    "an archive of files": ({"leads.csv": "a,b\n1,2\n"}, "ZIP archive"),
    "text without an end": (
        parts(
            {
                "Leads": worksheet(
                    "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 2_000))
                )
            },
            shared=f"<si><t>{'long ' * 6_000}</t></si>",
        ),
        "more text",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what: str, tmp_path: Path) -> None:
    entries, reason = REFUSED[what]
    with pytest.raises(Unreadable, match=reason):
        read_bytes(tmp_path, zipped(entries))


def test_it_refuses_too_many_rows(tmp_path: Path) -> None:
    rows = "".join(row(number, "Sam", "x") for number in range(1, MAX_ROWS + 3))
    with pytest.raises(Unreadable, match="more than 10,000 rows"):
        read_bytes(tmp_path, workbook({"Leads": worksheet(rows)}))


def test_it_reads_shared_strings(tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    shared = '<si><t>Name</t></si><si><r><t xml:space="preserve">Sam </t></r><r><t>Sample</t></r></si>'
    assert read_bytes(tmp_path, workbook({"Leads": worksheet(cells)}, shared=shared)).rows == [["Sam Sample"]]


def test_it_tells_the_same_of_a_sheet_with_prefixes(tmp_path: Path) -> None:
    """The fast look does not understand them, so the slow one must."""
    plain = worksheet()
    prefixed = plain.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("<x:?", "<?")
    prefixed = prefixed.replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')
    sheets = [read_bytes(tmp_path, workbook({"Leads": xml})) for xml in (plain, prefixed)]
    assert sheets[0] == sheets[1]


def test_nothing_but_a_reason_comes_of_damaged_workbooks(tmp_path: Path) -> None:
    """Two hundred files: a good one cut or written over, packed or not, and its XML likewise."""
    dice = random.Random(7)
    out = io.BytesIO()
    xlsx_file(["Name", "Phone"], [["Sam", "+353 1"], ["Bo", "=1"]], out)
    packed = out.getvalue()
    for number in range(200):
        if number % 2:
            content = bytearray(packed)
        else:
            name = dice.choice(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
            content = bytearray(parts()[name].encode())
        for _ in range(dice.randrange(1, 8)):
            content[dice.randrange(len(content))] = dice.choice(b"\0<>\"'&x19A/\xff")
        del content[dice.choice([len(content), dice.randrange(len(content))]) :]
        try:
            sheet = read_bytes(tmp_path, bytes(content) if number % 2 else zipped(parts() | {name: bytes(content)}))
        except Unreadable as exc:
            assert str(exc).endswith((".", "?")), number
        else:
            assert all(len(cells) == len(sheet.headings) for cells in sheet.rows), number
