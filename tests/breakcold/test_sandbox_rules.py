"""What the sandbox accepts as a lead, field by field."""

import json

import pytest

from leads.breakcold.fields import CURRENCIES, FIELDS, AttributeKind, Kind
from leads.breakcold.sandbox.rules import NotAnObject, check_lead, read_object
from leads.breakcold.sandbox.world import make_id, make_world

WORLD = make_world()
LEAD_ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
TEXTS = [field for field in FIELDS if field.kind not in (
    Kind.BOOLEAN, Kind.AMOUNT, Kind.CURRENCY, Kind.OPTION, Kind.OPTIONS, Kind.ATTRIBUTES
)]  # fmt: skip
BOOLEANS = [field.name for field in FIELDS if field.kind is Kind.BOOLEAN]
INBOUND, TRADE_FAIR = make_id("list", "Inbound"), make_id("list", "Trade fair")
NEW, TO_CALL = make_id("status", "Inbound/New"), make_id("status", "Trade fair/To call")


def paths(body):
    return [found["path"] for found in check_lead(body, WORLD, {LEAD_ID})]


def attribute_id(kind, *, multiple=False):
    return next(row["id"] for row in WORLD["attributes"] if row["type"] == kind and row["isMultiSelect"] is multiple)


def options(attribute):
    return [option["id"] for row in WORLD["attributes"] if row["id"] == attribute for option in row["select_options"]]


@pytest.mark.parametrize("field", TEXTS, ids=lambda field: field.name)
def test_it_takes_texts_as_strings_only(field):
    assert paths({field.name: "google"}) == []
    assert paths({field.name: None}) == ([] if field.nullable else [[field.name]])
    for wrong in (1, 1.5, True, [], ["a"], {}):
        assert paths({field.name: wrong}) == [[field.name]]


@pytest.mark.parametrize("name", BOOLEANS)
def test_it_takes_booleans_as_booleans_only(name):
    assert paths({name: True}) == paths({name: False}) == []
    for wrong in (None, 0, 1, "true", []):
        assert paths({name: wrong}) == [[name]]


@pytest.mark.parametrize("value", ["0", "12500", "-3", "9" * 18])
def test_it_takes_a_contract_value_that_is_a_whole_number_as_a_string(value):
    assert paths({"contract_value": value}) == []


@pytest.mark.parametrize("value", ["", "12.5", "1,000", "1e3", " 5", "<string>", "٣", "9" * 19, 5, None, True])
def test_it_refuses_any_other_contract_value(value):
    assert paths({"contract_value": value}) == [["contract_value"]]


def test_it_takes_the_twelve_currencies_and_no_other():
    assert all(paths({"contract_currency": currency}) == [] for currency in CURRENCIES)
    for wrong in ("", "eur", "SEK", None, 1, ["EUR"]):
        assert paths({"contract_currency": wrong}) == [["contract_currency"]]


@pytest.mark.parametrize(
    ("name", "kind"), [("lists", "lists"), ("tags", "tags"), ("owners", "members")], ids=lambda name: name
)
def test_it_takes_known_option_ids_only(name, kind):
    known = [row["id"] for row in WORLD[kind]]
    assert paths({name: known}) == paths({name: []}) == []
    assert paths({name: [known[0], "unknown", 3]}) == [[name, 1], [name, 2]]
    for wrong in (None, known[0], {}):
        assert paths({name: wrong}) == [[name]]


def test_it_takes_a_known_main_list_only():
    assert paths({"id_list": INBOUND}) == []
    assert paths({"id_list": "unknown"}) == paths({"id_list": None}) == [["id_list"]]


def test_it_wants_a_status_to_belong_to_a_list_of_the_lead():
    assert paths({"status": [NEW], "lists": [INBOUND]}) == paths({"status": [NEW], "id_list": INBOUND}) == []
    assert paths({"status": [NEW, TO_CALL], "lists": [TRADE_FAIR]}) == [["status", 0]]
    assert paths({"status": [NEW]}) == [["status", 0]]
    assert paths({"status": ["unknown"], "lists": [INBOUND]}) == [["status", 0]]


def test_it_lets_a_status_without_a_list_be_used_anywhere():
    world = make_world()
    world["status"][0]["id_list"] = None
    assert check_lead({"status": [NEW]}, world, set()) == []


def test_it_refuses_unknown_fields_and_reports_everything_at_once():
    issues = check_lead({"mail": "a@example.com", "email": 5, "is_draft": "no"}, WORLD, set())
    assert [found["path"] for found in issues] == [["mail"], ["email"], ["is_draft"]]
    assert all(set(found) == {"code", "path", "message"} for found in issues)
    assert issues[1]["message"] == "Expected string, received number"


MULTI = attribute_id(AttributeKind.SELECT, multiple=True)
SINGLE = attribute_id(AttributeKind.SELECT)
PLACE = {"latitude": 53.35, "longitude": -6, "address": "Dublin"}
ATTRIBUTE_CASES = {
    AttributeKind.TEXT: (["", "a"], [1, None, True, []]),
    AttributeKind.TEXTAREA: (["a\nb"], [1, None]),
    AttributeKind.EMAIL: (["google"], [1, None]),
    AttributeKind.PHONENUMBER: (["+353"], [353, None]),
    AttributeKind.NUMBER: ([0, -1, 2.5], ["1", True, None]),
    AttributeKind.CURRENCY: ([0, 99.5], ["1", False, None]),
    AttributeKind.CHECKBOX: ([True, False], ["true", 1, 0, None]),
    AttributeKind.DATE: (["2026-01-31"], ["2026-02-30", "31.01.2026", "20260131", "2026-01-31T00:00:00Z", 1, None]),
    AttributeKind.TIMESTAMP: (
        ["2026-01-31T09:00:00Z", "2026-01-31T09:00:00.123+01:00"],
        ["2026-01-31", "2026-01-31T09:00:00", "2026-01-31T25:00:00Z", 1769850000, None],
    ),
    AttributeKind.SELECT: (options(SINGLE), ["unknown", options(SINGLE), options(MULTI)[0], 1, None]),
    AttributeKind.RELATION: ([LEAD_ID], ["unknown", 1, None]),
}


@pytest.mark.parametrize("kind", ATTRIBUTE_CASES)
def test_it_checks_an_attribute_by_its_kind(kind):
    attribute = attribute_id(kind)
    right, wrong = ATTRIBUTE_CASES[kind]
    assert [paths({"attributes": {attribute: value}}) for value in right] == [[]] * len(right)
    assert [paths({"attributes": {attribute: value}}) for value in wrong] == [[["attributes", attribute]]] * len(wrong)


def test_it_checks_every_choice_of_a_multi_select():
    good = options(MULTI)
    assert paths({"attributes": {MULTI: good}}) == paths({"attributes": {MULTI: []}}) == []
    assert paths({"attributes": {MULTI: [good[0], "unknown", 1]}}) == [["attributes", MULTI, n] for n in (1, 2)]
    assert paths({"attributes": {MULTI: good[0]}}) == [["attributes", MULTI]]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, None),
        ({"latitude": "53.35"}, "latitude"),
        ({"latitude": True}, "latitude"),
        ({"latitude": 91}, "latitude"),
        ({"longitude": -181}, "longitude"),
        ({"longitude": None}, "longitude"),
        ({"address": None}, "address"),
        ({"country": "IE"}, "country"),
    ],
)
def test_it_checks_every_part_of_a_location(change, where):
    attribute = attribute_id(AttributeKind.LOCATION)
    expected = [["attributes", attribute, where]] if where else []
    assert paths({"attributes": {attribute: PLACE | change}}) == expected
    assert paths({"attributes": {attribute: "Dublin"}}) == [["attributes", attribute]]


def test_it_refuses_unknown_attributes_and_attributes_that_are_no_object():
    assert paths({"attributes": {"unknown": "a"}}) == [["attributes", "unknown"]]
    assert paths({"attributes": []}) == paths({"attributes": None}) == [["attributes"]]


def test_its_world_has_every_kind_of_attribute_and_both_kinds_of_select():
    assert {row["type"] for row in WORLD["attributes"]} == {kind.value for kind in AttributeKind}
    assert {row["isMultiSelect"] for row in WORLD["attributes"] if row["type"] == "SELECT"} == {True, False}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"attributes": {"b": 1, "b": 1}}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b"1" * 5_000 + b"}",
    ],
)
def test_it_refuses_a_body_that_is_not_one_plain_json_object(raw):
    with pytest.raises(NotAnObject) as caught:
        read_object(raw)
    assert caught.value.issues[0]["path"] == []


def test_it_reads_text_in_any_script():
    body = {"first_name": "Zoë 李 🍺", "company": "\u202eabc"}
    assert read_object(json.dumps(body).encode()) == read_object(json.dumps(body, ensure_ascii=False).encode()) == body
