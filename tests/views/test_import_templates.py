from __future__ import annotations

import io

import openpyxl
import pytest

from leads.breakcold.fields import FIELDS
from leads.sheets import from_text
from tests.factories import make_preset, make_row
from tests.picking import add, add_attribute, add_many, add_select

from . import questions

VIEW = "import_template"


def first_line(response):
    return from_text(b"".join(response.streaming_content).decode() + "x").headings


def book_of(response):
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


@pytest.fixture
def preset(team):
    add(team, "tag", "t1", name="Fair")
    add(team, "tag", "t2", name="Hot")
    add_attribute(team, "where", "LOCATION", name="Site")
    rows = [
        make_row("tags"),
        make_row("email", "required"),
        make_row("city", "locked", default="Cork"),
        make_row("attributes.where"),
        make_row("is_draft", "hidden"),
        make_row("is_company"),
    ]
    return make_preset(team, *rows)


HEADINGS = ["Tags", "Email", "Site: address", "Site: latitude", "Site: longitude", "This lead is a"]


def test_it_has_the_columns_that_a_preset_shows(preset, bob, browse):
    response = browse(bob).get(VIEW, "csv", query=f"?preset={preset.public_id}")
    assert response["Content-Disposition"] == 'attachment; filename="brewers-trade-fair-template.csv"'
    assert first_line(response) == HEADINGS


def test_it_has_all_fields_without_a_preset(team, bob, browse):
    add_attribute(team, "size", name="Size")
    labels = [field.label if field.name != "attributes" else "Size" for field in FIELDS]
    assert first_line(browse(bob).get(VIEW, "csv")) == labels


def test_a_workbook_offers_what_may_stand_in_a_column(preset, bob, browse):
    book = book_of(browse(bob).get(VIEW, "xlsx", query=f"?preset={preset.public_id}"))
    sheet, options = book.worksheets
    assert [cell.value for cell in sheet[1]] == HEADINGS
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules == {"A2:A10001": "Options!$A$2:$A$3", "F2:F10001": "Options!$B$2:$B$3"}
    assert list(options.values) == [("Tags", "This lead is a"), ("Fair", "Company"), ("Hot", "Person")]
    assert sheet.column_dimensions["B"].number_format == "@", "or a phone number would lose its plus"


def test_it_lists_the_options_for_a_file_without_lists(preset, bob, browse):
    response = browse(bob).get(VIEW, "csv", query=f"?preset={preset.public_id}&options")
    sheet = from_text(b"".join(response.streaming_content).decode())
    assert sheet.headings == ["Column", "Option"]
    assert sheet.rows == [
        ["Tags", "Fair"],
        ["Tags", "Hot"],
        ["This lead is a", "Company"],
        ["This lead is a", "Person"],
    ]


def test_it_holds_every_option_of_many(team, bob, browse):
    add_many(team, "tag", 300)
    add_select(team, "size", 70)
    book = book_of(browse(bob).get(VIEW, "xlsx"))
    filled = {
        column[0]: sum(cell is not None for cell in column[1:])
        for column in book["Options"].iter_cols(values_only=True)
    }
    assert filled["Tags"] == 300 and filled["Currency"] == 12
    assert 70 in filled.values()


def test_it_knows_only_its_formats_and_the_team_s_presets(preset, other_team, bob, browse):
    theirs = make_preset(other_team)
    for kind, query in (("exe", ""), ("csv", "?preset=x"), ("csv", f"?preset={theirs.public_id}")):
        assert browse(bob).get(VIEW, kind, query=query).status_code == 404


def test_it_answers_the_usual_questions(team, bob, charlie, browse):
    questions.asks_to_sign_in(browse(None), VIEW, "csv")
    questions.hides_other_teams(browse(charlie), "get", VIEW, "csv")
    questions.rejects(browse(bob), "POST PUT DELETE", VIEW, "csv")
