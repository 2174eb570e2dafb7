from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError

from leads.breakcold.fields import BY_NAME
from leads.forms import preset_file
from leads.forms.lead import LeadForm
from leads.forms.presets import PresetForm, Use
from leads.models import CustomAttribute, FormPreset, PickerOption
from tests.factories import make_preset, make_row

PLACE = {"latitude": 51.9, "longitude": -8.5, "address": "Cork"}


@pytest.fixture
def choices(team):
    for kind, external_id, extra in (
        ("list", "inbound", {}),
        ("list", "fair", {}),
        ("status", "new", {"list_id": "inbound"}),
        ("tag", "hot", {}),
    ):
        PickerOption.objects.create(
            team=team,
            environment=team.environment,
            kind=kind,
            external_id=external_id,
            name=external_id.title(),
            **extra,
        )
    for external_id, kind in (("size", "NUMBER"), ("place", "LOCATION")):
        CustomAttribute.objects.create(
            team=team, environment=team.environment, external_id=external_id, name=external_id.title(), kind=kind
        )


def edited(team, uses, order=(), **data):
    """The editor with these uses; whatever is not named is left out."""
    made = {"name": "Fair", "order": json.dumps([*order])} | {f"use.{name}": use for name, use in uses.items()}
    return PresetForm(made | data, team=team)


def test_it_begins_with_the_first_group_shown(team, choices):
    made = PresetForm(team=team)
    assert [row.name for row in made.in_form()] == [n for n, field in BY_NAME.items() if field.group == "who"]
    left = [row.name for _, rows in made.left_out() for row in rows]
    assert set(left) | {row.name for row in made.in_form()} == set(LeadForm(team=team).fields)


def test_it_brings_every_row_back_the_same(team, choices):
    rows = [
        make_row("company", "required", help="As in the register"),
        make_row("attributes.size", default=12, kind="NUMBER"),
        make_row("tags", "hidden", default=["hot"]),
        make_row("is_draft", "locked", default=True),
        make_row("attributes.place", default=PLACE, kind="LOCATION"),
    ]
    made = preset_file.form_from_rows(team, "Fair", rows)
    assert made.is_valid(), made.errors
    assert made.rows() == rows
    shown = PresetForm(team=team, preset=FormPreset(team=team, name="Fair", rows=rows))
    assert [row.name for row in shown.in_form()] == [row["name"] for row in rows]
    assert shown["default.tags"].value() == ["hot"]


@pytest.mark.parametrize(
    ("name", "typed", "wrong"),
    [
        ("email", "nope", "not an email address"),
        ("phone", "01 234", "Begin with +"),
        ("contract_value", "1.5", "whole number"),
        ("tags", ["gone"], "not one of the options"),
        ("attributes.size", "many", "Enter a number"),
    ],
)
@pytest.mark.parametrize("use", ["shown", "required", "locked", "hidden"])
def test_it_checks_a_default_with_the_field_it_is_for(team, choices, name, typed, wrong, use):
    made = edited(team, {"company": "shown", name: use}, **{f"default.{name}": typed})
    assert wrong in made.errors[f"default.{name}"][0]
    assert made[f"default.{name}"].value() == typed
    [row] = [row for row in made.in_form() if row.name == name]
    assert row.is_open
    left_out = edited(team, {"company": "shown", name: "out"}, **{f"default.{name}": typed})
    assert left_out.is_valid(), left_out.errors


def test_it_wants_a_value_for_what_is_fixed(team):
    made = edited(team, {"email": "shown", "city": "locked", "icebreaker": "hidden", "is_draft": "hidden"})
    assert sorted(made.errors) == ["default.city", "default.icebreaker"]


@pytest.mark.parametrize("uses", [{}, {"city": "shown", "tags": "shown"}, {"is_company": "shown"}])
def test_it_refuses_a_preset_with_which_no_lead_could_be_entered(team, uses):
    assert "No lead could be entered" in edited(team, uses).non_field_errors()[0]


@pytest.mark.parametrize("name", ["first_name", "last_name", "email", "phone", "company", "linkedin_url"])
@pytest.mark.parametrize("use", ["shown", "hidden"])
def test_it_takes_one_that_names_the_lead(team, name, use):
    value = {"email": "a@example.com", "phone": "+35312345678", "linkedin_url": "https://linkedin.com/in/a"}
    made = edited(team, {name: use}, **{f"default.{name}": value.get(name, "A")})
    assert made.is_valid(), made.errors


@pytest.mark.parametrize(
    ("uses", "data", "is_fine"),
    [
        ({"status": "shown"}, {}, False),
        ({"status": "shown", "lists": "shown"}, {}, True),
        ({"status": "shown", "id_list": "required"}, {}, True),
        ({"status": "shown", "lists": "hidden"}, {"default.lists": ["fair"]}, True),
        ({"status": "hidden"}, {"default.status": ["new"]}, False),
        ({"status": "hidden", "lists": "hidden"}, {"default.status": ["new"], "default.lists": ["fair"]}, False),
        ({"status": "hidden", "lists": "hidden"}, {"default.status": ["new"], "default.lists": ["inbound"]}, True),
    ],
    ids=str,
)
def test_it_wants_the_list_of_a_status(team, choices, uses, data, is_fine):
    made = edited(team, {"email": "shown", **uses}, **data)
    assert made.is_valid() is is_fine
    assert is_fine or "use.status" in made.errors


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\0", "\u200b"])
def test_it_refuses_a_name_that_is_none(team, name):
    assert list(edited(team, {"email": "shown"}, name=name).errors) == ["name"]


@pytest.mark.parametrize(
    "order", ["", "nonsense", "{}", "[1, null, {}]", '["gone", "email", "email"]', "[" * 100_000, "9" * 5000]
)
def test_it_survives_an_order_that_is_garbage(team, order):
    made = edited(team, {"email": "shown", "phone": "shown"}, order=order)
    made.data["order"] = order
    made = PresetForm(made.data, team=team)
    assert made.is_valid(), made.errors
    assert [row["name"] for row in made.rows()] == ["email", "phone"]


def test_it_moves_a_field_among_those_of_the_form(team):
    uses = {"phone": "shown", "email": "out", "city": "shown", "company": "shown"}

    def moved(name, up):
        made = edited(team, uses, ["phone", "email", "city", "company"], **{"default.city": "\0"})
        made.move(name, up=up)
        assert not made.errors
        return json.loads(made.order_text())

    assert moved("city", True) == ["city", "phone", "company"]
    assert moved("phone", False) == ["city", "phone", "company"]
    for name, up in (("phone", True), ("company", False), ("email", True), ("nonsense", True)):
        assert moved(name, up) == ["phone", "city", "company"]


def test_it_offers_no_must_for_what_always_says_something(team):
    made = PresetForm(team=team)
    assert Use.REQUIRED not in dict(made.fields["use.is_company"].choices)
    assert "use.is_company" in edited(team, {"email": "shown", "is_company": "required"}).errors


def test_it_says_what_does_not_work_any_more(team, choices):
    preset = make_preset(team, make_row("email"), make_row("tags", default=["hot"]))
    PickerOption.objects.filter(kind="tag").update(is_gone=True)
    [row] = [row for row in PresetForm(team=team, preset=preset).in_form() if row.name == "tags"]
    assert "not one of the options" in row.trouble and row.is_open


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (None, []),
        ("Fair", None),
        ("Fair", {}),
        ("Fair", "email"),
        ("Fair", ["email"]),
        ("Fair", [{}]),
        ("Fair", [{"name": 1}]),
        ("Fair", [{"name": "nonsense"}]),
        ("Fair", [{"name": "email", "help": 1}]),
    ],
    ids=str,
)
def test_it_refuses_what_is_no_list_of_rows(team, name, rows):
    with pytest.raises(ValidationError):
        preset_file.form_from_rows(team, name, rows)


@pytest.mark.parametrize("value", [5, 1.5, True, ["2026-05-31"], "31 May"], ids=str)
def test_it_refuses_a_file_s_default_for_a_date_that_is_none(team, value):
    CustomAttribute.objects.create(
        team=team, environment=team.environment, external_id="met", name="Met on", kind="DATE"
    )
    made = preset_file.form_from_rows(team, "Fair", [make_row("email"), make_row("attributes.met", default=value)])
    assert not made.is_valid()
    assert made.errors == {"default.attributes.met": ["Enter a valid date."]}


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"presets": 1}', '{"presets": [1]}', "[" * 100_000])
def test_it_refuses_a_file_that_holds_no_presets(text):
    with pytest.raises(ValidationError):
        preset_file.from_file(text)
