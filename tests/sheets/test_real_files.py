"""Files as spreadsheet programs and their libraries save them: read, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from leads.sheets import Unreadable, read_in_child

FILES = Path(__file__).resolve().parents[1] / "data" / "sheets"
REFUSED = {
    "protected.xlsx": "protected by a password: save it without one",
    "old.xls": "in the old XLS format",
    "macros.xlsm": "macros",
    "libre.ods": "OpenDocument",
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("called", ["as it is", "people.csv"])
def test_it_refuses(name: str, called: str) -> None:
    with pytest.raises(Unreadable, match=REFUSED[name]) as caught:
        read_in_child(FILES / name, name=called if "." in called else name, seconds=60)
    assert str(caught.value).endswith(".")


def test_it_reads_what_another_library_wrote() -> None:
    with (FILES / "openpyxl.xlsx").open("rb") as file:  # as an import hands it over
        sheet = read_in_child(file, name="openpyxl.xlsx", seconds=60)
    assert sheet.headings == ["Vorname", "Nachname", "E-Mail", "Telefon", "Firma", "Gesehen am", "Summe"]
    assert sheet.rows == [
        ["Aoife", "Byrne", "aoife@example.com", "4930123456789", "Example Brewing", "2026-03-02", ""],
        ["Jürgen", "Müller", "juergen@example.com", "+49 30 1234567", "Beispiel & Söhne", "2026-03-02T14:30:00", ""],
        ["Eimear", "", "eimear@example.com", "", "", "", ""],
    ]
    said = " ".join(note.text for note in sheet.notes)
    assert "Cells G2, G3 hold a formula without a value" in said
    assert "Merged cells (A4:B4)" in said and "Hidden sheets are not read: “Intern”" in said
