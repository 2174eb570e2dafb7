"""``FIELDS`` and the specification of "Create a lead", written down as data in ``tests/data``, say the same."""

import json
import re
from pathlib import Path

import pytest

from leads.breakcold.client import BreakcoldClient
from leads.breakcold.fields import BY_NAME, CURRENCIES, FIELDS, GROUP_LABELS, AttributeKind, Group, Kind, in_group
from leads.breakcold.payload import build_payload
from leads.breakcold.sandbox.lead import RESPONSE_FIELDS
from tests.fakes import SANDBOX_KEY, running_sandbox

SPECIFICATION = json.loads((Path(__file__).parent.parent / "data" / "specification.json").read_text(encoding="utf-8"))
STATED = {row["name"]: row for row in SPECIFICATION["body"]}
ANSWERED = {row["name"]: row for row in SPECIFICATION["response"]}

TEXTS = {Kind.TEXT, Kind.MULTILINE, Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.HANDLE}
#: What a value of each kind is in JSON.
JSON_TYPES = {
    **dict.fromkeys((*TEXTS, Kind.AMOUNT, Kind.CURRENCY, Kind.OPTION), "string"),
    Kind.BOOLEAN: "boolean",
    Kind.OPTIONS: "array",
    Kind.ATTRIBUTES: "object",
}
PYTHON_TYPES = {"string": str, "boolean": bool, "array": list, "object": dict, "integer": int}
LIMITED = TEXTS | {Kind.AMOUNT, Kind.OPTION, Kind.OPTIONS, Kind.ATTRIBUTES}

every_field = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)


def test_it_states_the_specification_in_full():
    assert len(SPECIFICATION["body"]) == len(STATED) == 39
    assert len(SPECIFICATION["response"]) == len(ANSWERED) == 49
    assert [row["name"] for row in SPECIFICATION["response"] if not row["required"]] == ["company_enrich"]
    untyped = {row["name"] for row in SPECIFICATION["body"] if row["type"] is None}
    assert untyped == {"phone", "contract_value", "lists", "status", "tags", "owners"}


def test_it_has_every_field_of_the_specification_and_no_other():
    assert sorted(field.name for field in FIELDS) == sorted(STATED)
    assert len(FIELDS) == len(BY_NAME) == 39


@every_field
def test_it_agrees_on_the_type(field):
    """Where no type is stated the example decides."""
    row = STATED[field.name]
    stated = row["type"] or {str: "string", list: "array"}[type(row["example"])]
    assert JSON_TYPES[field.kind] == stated


@every_field
def test_it_agrees_on_null_default_and_choices(field):
    row = STATED[field.name]
    assert field.nullable is bool(row["nullable"])
    assert field.default is row["default"]
    assert (field.kind is Kind.CURRENCY) is (row["enum"] is not None)
    if row["enum"]:
        assert list(CURRENCIES) == row["enum"]


@every_field
def test_it_defaults_booleans_and_nothing_else(field):
    assert (field.default is not None) is (field.kind is Kind.BOOLEAN)
    assert field.words is None or (field.kind is Kind.BOOLEAN and len(set(field.words)) == 2)


@every_field
def test_it_describes_each_field(field):
    assert field.label == field.label.strip() != ""
    assert field.group in Group and field.kind in Kind
    assert field.help == "" or field.help.endswith(".")
    assert (field.picker is not None) is (field.kind in {Kind.OPTION, Kind.OPTIONS})
    assert field.picker in {None, "list", "status", "tag", "owner"}


@every_field
def test_it_bounds_each_field_whose_kind_does_not(field):
    assert (field.limit is not None) is (field.kind in LIMITED)
    assert field.limit is None or (type(field.limit) is int and field.limit > 0)


@every_field
def test_it_shows_an_example_that_is_valid(field):
    example, kind = field.example, field.kind
    assert type(example) is PYTHON_TYPES[JSON_TYPES[kind]]
    assert build_payload({field.name: example}, send_own_id=True) == {field.name: example}
    assert field.limit is None or 0 < len(example) <= field.limit
    if kind in TEXTS:
        assert example == example.strip()
    if kind is not Kind.MULTILINE and kind in TEXTS:
        assert example.isprintable()
    rule = {
        Kind.EMAIL: r"[^@\s]+@example\.com",
        Kind.PHONE: r"\+[0-9]{7,15}",
        Kind.URL: r"https://\S+",
        Kind.HANDLE: r"[^@\s]+",
        Kind.AMOUNT: r"[1-9][0-9]*",
        Kind.CURRENCY: "|".join(CURRENCIES),
    }.get(kind, r"[\s\S]+")
    assert kind not in {*TEXTS, Kind.AMOUNT, Kind.CURRENCY} or re.fullmatch(rule, example)


def test_it_shows_examples_that_the_sandbox_accepts():
    """All at once, attributes aside: which of those exist is up to each account."""
    examples = {field.name: field.example for field in FIELDS if field.kind is not Kind.ATTRIBUTES}
    body = build_payload(examples, send_own_id=True)
    world = {"lists": ["list-1"], "status": ["status-1"], "tags": ["tag-1", "tag-2"], "members": ["member-1"]}
    with running_sandbox() as sandbox:
        for kind, ids in world.items():
            sandbox.set_rows(SANDBOX_KEY, kind, [{"id": one, "name": one, "id_list": "list-1"} for one in ids])
        with BreakcoldClient(base_url=sandbox.url, key=SANDBOX_KEY, user_agent="tests/1") as client:
            created = client.create_lead(body)
        assert sandbox.ledger()[0]["body"] == body
    assert created.body["email"] == body["email"]


def test_it_groups_every_field_once():
    assert set(GROUP_LABELS) == set(Group)
    assert sorted(field.name for group in Group for field in in_group(group)) == sorted(BY_NAME)
    assert all(in_group(group) for group in Group)


def folded(text):
    """How a heading of a file is compared: without case, spaces and signs."""
    return "".join(char for char in text.casefold() if char.isalnum())


def test_it_gives_no_two_fields_the_same_label():
    assert len({folded(field.label) for field in FIELDS}) == 39


def test_it_lets_no_heading_mean_two_fields():
    meant: dict[str, str] = {}
    for field in FIELDS:
        for word in (field.name, field.label, *field.aliases):
            assert folded(word), (field.name, word)
            assert meant.setdefault(folded(word), field.name) == field.name, word


@every_field
def test_it_lists_each_alias_once_and_in_small_letters(field):
    assert len(set(field.aliases)) == len(field.aliases)
    assert all(alias == alias.casefold().strip() for alias in field.aliases)


def test_it_knows_attribute_kinds_by_their_own_names():
    assert all(kind.value == kind.name for kind in AttributeKind)


def test_it_answers_with_the_specified_fields_in_order():
    assert list(RESPONSE_FIELDS) == [row["name"] for row in SPECIFICATION["response"]]


def test_it_answers_with_values_of_the_specified_types():
    with (
        running_sandbox() as sandbox,
        BreakcoldClient(base_url=sandbox.url, key=SANDBOX_KEY, user_agent="tests/1") as client,
    ):
        body = client.create_lead({"email": "sam@example.com", "contract_value": "12500"}).body
    assert list(body) == list(ANSWERED)
    for name, value in body.items():
        row = ANSWERED[name]
        if value is None:
            assert row["nullable"], name
        else:
            assert type(value) is PYTHON_TYPES[row["type"].removesuffix("<uuid>")], name
