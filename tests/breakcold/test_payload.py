"""The body of POST /lead: what is left out, what stays as it is, and which bytes leave."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.breakcold.fields import BY_NAME, CURRENCIES, FIELDS, Kind
from leads.breakcold.payload import build_payload, digest, encode, is_empty

EMPTIES = ["", None, [], {}]

every_field = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)


@every_field
@pytest.mark.parametrize("empty", EMPTIES, ids=repr)
def test_it_leaves_out_what_is_empty(field, empty):
    if field.kind is Kind.ATTRIBUTES and empty in ("", []):
        empty = None  # attributes are an object or nothing
    assert build_payload({field.name: empty}, send_own_id=True) == {}


@every_field
def test_it_sends_each_field_under_its_own_name(field):
    assert build_payload({field.name: field.example}, send_own_id=True) == {field.name: field.example}


def test_it_leaves_out_what_it_was_not_given():
    assert build_payload({}) == {}


def test_it_leaves_out_what_is_no_field():
    assert build_payload({"search_query": "x", "key": "secret", "email": "a@example.com"}) == {"email": "a@example.com"}


@pytest.mark.parametrize("name", [field.name for field in FIELDS if field.kind is Kind.BOOLEAN])
@pytest.mark.parametrize("value", [True, False])
def test_it_sends_booleans_as_booleans(name, value):
    body = build_payload({name: value})
    assert body[name] is value
    assert encode(body) == b'{"%s":%s}' % (name.encode(), b"true" if value else b"false")


def test_it_sends_lists_as_lists_in_their_order():
    body = build_payload({"tags": ["b", "a", "c"], "lists": ["only"]})
    assert encode(body) == b'{"lists":["only"],"tags":["b","a","c"]}'


def test_it_sends_an_amount_as_text():
    assert encode(build_payload({"contract_value": "12500"})) == b'{"contract_value":"12500"}'


def test_it_keeps_the_types_of_attributes():
    attributes = {"a": "New", "b": 42, "c": True, "d": "option-1", "e": ["option-2", "option-3"], "f": 1.5}
    body = json.loads(encode(build_payload({"attributes": attributes})))
    assert body == {"attributes": attributes}
    assert [type(value) for value in body["attributes"].values()] == [str, int, bool, str, list, float]


def test_it_leaves_out_empty_attributes_but_not_false_and_zero():
    attributes = {"a": "", "b": None, "c": [], "d": {}, "e": False, "f": 0, "g": 0.0, "h": "x"}
    assert build_payload({"attributes": attributes}) == {"attributes": {"e": False, "f": 0, "g": 0.0, "h": "x"}}
    assert build_payload({"attributes": {"a": "", "b": []}}) == {}


def test_it_sends_an_own_id_only_when_asked():
    values = {"id": "3c90c3cc-0d44-4b50-8888-8dd25736052a", "email": "a@example.com"}
    assert build_payload(values) == {"email": "a@example.com"}
    assert build_payload(values, send_own_id=True) == {"email": "a@example.com", "id": values["id"]}


def test_it_keeps_the_order_of_the_fields_whatever_it_is_given():
    values = {field.name: field.example for field in reversed(FIELDS)}
    assert list(build_payload(values, send_own_id=True)) == [field.name for field in FIELDS]


def test_it_leaves_its_argument_alone():
    values = {"attributes": {"a": "", "b": 1}, "tags": ["a"]}
    build_payload(values)
    assert values == {"attributes": {"a": "", "b": 1}, "tags": ["a"]}


@pytest.mark.parametrize("value", EMPTIES, ids=repr)
def test_it_knows_what_is_empty(value):
    assert is_empty(value)


@pytest.mark.parametrize("value", [False, True, 0, 0.0, " ", "0", [""], {"a": None}, [0]], ids=repr)
def test_it_knows_what_is_not_empty(value):
    assert not is_empty(value)


def test_it_writes_utf_8_without_needless_bytes():
    assert encode({"first_name": "Zoë 🍺", "city": 'a"\\\n'}) == '{"first_name":"Zoë 🍺","city":"a\\"\\\\\\n"}'.encode()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("write", [encode, digest])
def test_it_refuses_what_is_no_json_number(write, number):
    with pytest.raises(ValueError, match="JSON compliant"):
        write({"attributes": {"a": number}})


def test_it_writes_half_a_surrogate_pair_as_a_question_mark():
    """No UTF-8 exists for it; a lead that holds one must not stop those behind it."""
    assert encode({"city": "a\ud800b"}) == b'{"city":"a?b"}'
    assert digest({"city": "a\ud800b"}) == digest({"city": "a?b"})


def test_it_digests_the_content_and_not_its_order():
    one = {"email": "a@example.com", "attributes": {"x": 1, "y": [1, 2]}}
    other = {"attributes": {"y": [1, 2], "x": 1}, "email": "a@example.com"}
    assert digest(one) == digest(other)
    assert len(digest(one)) == 64 and set(digest(one)) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "change",
    [{"email": "b@example.com"}, {"attributes": {"y": [2, 1]}}, {"attributes": {"y": ["1", 2]}}, {"city": "x"}],
)
def test_it_digests_every_difference(change):
    lead = {"email": "a@example.com", "attributes": {"y": [1, 2]}}
    assert digest(lead) != digest(lead | change)


def test_it_digests_the_same_in_every_process():
    code = "from leads.breakcold.payload import digest; print(digest({'b': 'ü', 'a': [True]}))"
    for seed in ("1", "2"):
        said = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
        )
        assert said.stdout.strip() == digest({"a": [True], "b": "ü"})


# Any lead at all. Bounded and the same in every run.

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
scalars = st.one_of(texts, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
values_of_kind = {
    **dict.fromkeys(Kind, texts),
    Kind.BOOLEAN: st.booleans(),
    Kind.CURRENCY: st.sampled_from(CURRENCIES),
    Kind.OPTIONS: st.lists(texts, min_size=1, max_size=4),
    Kind.ATTRIBUTES: st.dictionaries(texts, st.one_of(scalars, st.lists(texts, min_size=1, max_size=3)), min_size=1),
}
leads = st.fixed_dictionaries({}, optional={field.name: values_of_kind[field.kind] for field in FIELDS})


@given(values=leads)
@settings(derandomize=True, max_examples=150, deadline=None, database=None)
def test_it_says_exactly_what_it_was_given(values):
    body = build_payload(values, send_own_id=True)
    assert body == values
    read = json.loads(encode(body))
    assert read == values and list(read) == [name for name in BY_NAME if name in values]
    assert digest(read) == digest(values) == digest(dict(reversed(values.items())))


@given(values=leads, empties=st.dictionaries(st.sampled_from([f.name for f in FIELDS]), st.sampled_from(["", None])))
@settings(derandomize=True, max_examples=50, deadline=None, database=None)
def test_it_does_not_notice_empties(values, empties):
    assert build_payload({**empties, **values}, send_own_id=True) == build_payload(values, send_own_id=True)
