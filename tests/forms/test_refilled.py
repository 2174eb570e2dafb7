"""One form filled in again for many rows says of each what a fresh entry form says of it."""

from __future__ import annotations

import random

import pytest

from leads.forms.lead import LeadForm
from leads.forms.refilled import LONGEST, MOST, RefilledForm
from leads.models import CustomAttribute, PickerOption
from tests.factories import make_preset, make_row

SAID = {
    "first_name": ("Aoife", " Aoife ", "Aoife", "a\nb", "x" * (LONGEST + 1), "\ufffd"),
    "email": ("aoife@example.com", "not an address", "AOIFE@example.com", ""),
    "phone": ("+353 1 234 5678", "1234", "+353 1 234 5678 ext. 7", ""),
    "website_url": ("example.com", "https://example.com/a?b#c", "http://exa mple.com", "https://b.example"),
    "contract_value": ("12,500", "0012", "twelve"),
    "contract_currency": ("EUR", "XXX"),
    "is_company": ("true", "false", "", "perhaps"),
    "lists": (["inbound"], ["inbound", "fair"], ["gone"], []),
    "status": (["new"], ["free"], []),
    "attributes.size": ("12.5", "large", ""),
    "attributes.place_address": ("Dublin", ""),
    "attributes.place_latitude": ("53.3", "north"),
    "attributes.place_longitude": ("-6.2",),
    "attributes.vanished": ("it said this", ""),
}


@pytest.fixture
def options(team):
    of_inbound = {"list_id": "inbound"}
    for kind, external_id, extra in (
        ("list", "inbound", {}), ("list", "fair", {}), ("status", "new", of_inbound), ("status", "free", {}),
    ):  # fmt: skip
        PickerOption.objects.create(
            team=team, environment=team.environment, kind=kind, external_id=external_id, name=external_id, **extra
        )
    for external_id, kind in (("size", "NUMBER"), ("place", "LOCATION")):
        CustomAttribute.objects.create(
            team=team, environment=team.environment, external_id=external_id, name=external_id, kind=kind
        )


def some_rows(count: int) -> list[dict]:
    dice = random.Random(5)
    return [{name: dice.choice(said) for name, said in SAID.items() if dice.random() < 0.6} for _ in range(count)]


def agree(team, preset=None, only=tuple(SAID)) -> set[bool]:
    refilled = RefilledForm({}, team=team, preset=preset)
    valid = set()
    for row in some_rows(150):
        data = {name: said for name, said in row.items() if name in only}
        fresh = LeadForm(data, team=team, preset=preset)
        refilled.fill_in(data)
        assert refilled.errors == fresh.errors, data
        assert list(refilled.errors) == list(fresh.errors), data
        assert refilled.is_valid() == fresh.is_valid()
        if fresh.is_valid():
            assert refilled.values() == fresh.values(), data
        valid.add(fresh.is_valid())
    return valid


@pytest.mark.django_db
def test_it_says_what_a_fresh_form_says(team, options):
    assert agree(team) == {True, False}


@pytest.mark.django_db
def test_it_says_what_a_fresh_form_says_with_a_preset(team, options):
    preset = make_preset(
        team,
        make_row("email", "required"),
        make_row("first_name", default="Sam"),
        make_row("lists", "locked", default=["inbound"]),
        make_row("contract_currency", "locked", default="gone"),
        make_row("is_company", "hidden", default=True),
        make_row("attributes.size"),
    )
    assert agree(team, preset) == {False}
    preset.rows = [row for row in preset.rows if row["name"] != "contract_currency"]
    assert agree(team, preset, only=("email", "first_name", "attributes.size")) == {True, False}


@pytest.mark.django_db
def test_it_remembers_only_so_much(team):
    form = RefilledForm({}, team=team)
    for number in range(MOST + 10):
        form.fill_in({"first_name": f"Sam {number}", "icebreaker": "x" * (LONGEST + 1)})
        assert form.is_valid() and form.values()["first_name"] == f"Sam {number}"
    assert len(form._known["first_name"]) == MOST and not form._known["icebreaker"]


def test_the_form_has_no_checks_of_single_fields():
    """``RefilledForm`` would pass them by."""
    assert [name for name in dir(LeadForm) if name.startswith("clean_")] == []
