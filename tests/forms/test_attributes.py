"""Custom attributes: what people type, and the JSON type Breakcold wants for it."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError

from leads.breakcold.fields import AttributeKind as Kind
from leads.forms.attributes import MAKERS, attribute_field
from leads.models import CustomAttribute

OPTIONS = [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]


def field_of(kind, *, many=False):
    row = CustomAttribute(external_id="x", name="X", kind=kind, is_multiple=many, options=OPTIONS)
    return attribute_field(row, country="")


def test_it_has_a_field_for_every_kind():
    assert set(MAKERS) == set(Kind)
    for kind in Kind:
        assert field_of(kind).clean("") in ("", [])


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (Kind.TEXT, " x ", "x"),
        (Kind.TEXTAREA, "a\r\nb", "a\nb"),
        (Kind.NUMBER, "3", 3),
        (Kind.NUMBER, "3.0", 3),
        (Kind.NUMBER, "-0.5", -0.5),
        (Kind.NUMBER, "0", 0),
        (Kind.NUMBER, "1e3", 1000),
        (Kind.NUMBER, "999999999999999", 999999999999999),
        (Kind.NUMBER, "0.1234567890123", 0.1234567890123),
        (Kind.CURRENCY, "12.50", 12.5),
        (Kind.EMAIL, "a@example.com", "a@example.com"),
        (Kind.CHECKBOX, "true", True),
        (Kind.CHECKBOX, "false", False),
        (Kind.CHECKBOX, False, False),
        (Kind.DATE, "2026-05-31", "2026-05-31"),
        (Kind.TIMESTAMP, "2026-05-31T14:30", "2026-05-31T14:30:00Z"),
        (Kind.TIMESTAMP, "2026-05-31 14:30:15", "2026-05-31T14:30:15Z"),
        (Kind.TIMESTAMP, "2026-05-31T14:30+02:00", "2026-05-31T12:30:00Z"),
        (Kind.TIMESTAMP, "2026-05-31T14:30:15Z", "2026-05-31T14:30:15Z"),
        (Kind.SELECT, "a", "a"),
        (Kind.LOCATION, ["Quay 1", "53.5", "-6"], {"latitude": 53.5, "longitude": -6.0, "address": "Quay 1"}),
        (Kind.LOCATION, ["Null island", "0", "0"], {"latitude": 0.0, "longitude": 0.0, "address": "Null island"}),
        (
            Kind.LOCATION,
            {"latitude": 1, "longitude": 2, "address": "x"},
            {"latitude": 1.0, "longitude": 2.0, "address": "x"},
        ),
        (Kind.LOCATION, ["", "", None], ""),
        (Kind.PHONENUMBER, "+353 1 234 5678", "+35312345678"),
        (Kind.RELATION, "\u200blead-1 ", "lead-1"),
    ],
    ids=repr,
)
def test_it_keeps_the_json_type(kind, typed, kept):
    value = field_of(kind).clean(typed)
    assert (value, type(value)) == (kept, type(kept))
    assert field_of(kind).clean(json.loads(json.dumps(value))) == kept


def test_it_keeps_several_options():
    assert field_of(Kind.SELECT, many=True).clean(["b", "a"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (Kind.NUMBER, "1,5"), (Kind.NUMBER, "NaN"), (Kind.NUMBER, "-Infinity"), (Kind.NUMBER, "1" * 16),
        (Kind.NUMBER, "1e999999"),
        (Kind.CURRENCY, "1.234"), (Kind.CHECKBOX, "maybe"), (Kind.DATE, "31.05.2026"), (Kind.DATE, "2026-02-29"),
        (Kind.TIMESTAMP, "xyzZ"), (Kind.TIMESTAMP, "2026-02-29T10:00"), (Kind.TIMESTAMP, "0001-01-01T00:00+14:00"),
        (Kind.TIMESTAMP, "9999-12-31T23:59-14:00"), (Kind.SELECT, "c"),
        (Kind.LOCATION, ["Quay 1", "", ""]),
        (Kind.LOCATION, ["", "1", "2"]), (Kind.LOCATION, ["x", "91", "0"]), (Kind.LOCATION, ["x", "0", "-181"]),
        (Kind.LOCATION, ["x", "nan", "0"]), (Kind.LOCATION, ["x\0", "0", "0"]), (Kind.RELATION, "x" * 101),
    ],
    ids=repr,
)  # fmt: skip
def test_it_refuses(kind, typed):
    with pytest.raises(ValidationError):
        field_of(kind).clean(typed)


@pytest.mark.parametrize("typed", ["xyzZ", "Z", "not a moment", "", "2026-05-31T14:30", None])
def test_it_shows_a_moment_that_is_none_as_it_was_typed(typed):
    assert field_of(Kind.TIMESTAMP).prepare_value(typed) == typed


def test_it_shows_a_kept_moment_as_the_browser_takes_it():
    field = field_of(Kind.TIMESTAMP)
    assert field.prepare_value("2026-05-31T14:30:00Z") == "2026-05-31T14:30"
    assert field.prepare_value("2026-05-31T14:30:15Z") == "2026-05-31T14:30:15"


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.CURRENCY])
def test_it_takes_numbers_in_a_box_that_loses_none(kind):
    """A browser sends "" for what it cannot read in a number box, and the typed value would be gone."""
    assert field_of(kind).widget.input_type == "text"
    assert field_of(Kind.LOCATION).widget.widgets[1].input_type == "text"
