"""What is refused before anything is entered, in words that name the place."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.breakcold.fields import BY_NAME, FIELDS, Kind
from leads.breakcold.sandbox.world import make_id
from leads.gateway.body import BATCH_LIMIT, LEAD_LIMIT, parse
from leads.gateway.errors import Refusal
from leads.models import Submission
from tests.views.conftest import options as options

from .conftest import LEAD
from .test_door import check_error

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"null",
        b"[]",
        b'"lead"',
        b"42",
        b'{"email": "a@example.com"} {}',
        b'{"email": "a@example.com", "email": "b@example.com"}',
        b'{"contract_value": NaN}',
        b'{"contract_value": Infinity}',
        b'{"contract_value": 1e999}',
        b'{"contract_value": ' + b"9" * 5000 + b"}",
        b'{"first_name": "\\ud800"}',
        b'{"\\ud800": "a"}',
        b'{"first_name": "\xff"}',
        json.dumps(LEAD).encode("utf-16"),
        json.dumps(LEAD).encode("utf-16-le"),
        b"\xef\xbb\xbf" + json.dumps(LEAD).encode(),
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"attributes": ' + b"[" * 20 + b"]" * 20 + b"}",
        b"first_name=Sam&email=sam@example.com",
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_it_refuses_what_is_not_one_json_object(raw: bytes, script) -> None:
    body = check_error(script.ask("POST", "/rest/lead", raw=raw), 400, "invalid_json")
    assert body["issues"][0]["path"] == []
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/xml",
        "",
        "json",
    ],
)
def test_it_takes_json_alone(kind: str, script) -> None:
    check_error(script.ask("POST", "/rest/lead", LEAD, content_type=kind), 415, "content_type")
    assert not Submission.objects.exists()


def test_it_takes_json_however_it_is_announced(script) -> None:
    for kind in ("application/json", "Application/JSON", "application/json; charset=utf-8"):
        headers = {"content_type": kind, "prefer": "respond-async"}
        assert script.ask("POST", "/rest/lead", LEAD, **headers).status_code == 202


def test_it_does_not_unpack_compressed_bodies(script) -> None:
    check_error(script.ask("POST", "/rest/lead", LEAD, content_encoding="gzip"), 415, "content_encoding")


def test_it_bounds_the_body(script) -> None:
    big = {"icebreaker": "x" * LEAD_LIMIT}
    check_error(script.post(big), 413, "too_large")
    check_error(script.ask("POST", "/rest/lead", raw=b"x" * (5 << 20)), 413, "too_large")
    check_error(script.ask("POST", "/rest/leads", raw=b"[" + b" " * BATCH_LIMIT + b"]"), 413, "too_large")
    exact = json.dumps(LEAD).encode()
    assert script.ask("POST", "/rest/lead", raw=exact + b" " * (LEAD_LIMIT - len(exact))).status_code == 202


def test_it_names_unknown_fields(script) -> None:
    body = check_error(script.post({**LEAD, "firstName": "Sam", "__proto__": {}}), 400, "invalid_lead")
    assert [(row["code"], row["path"]) for row in body["issues"]] == [
        ("unrecognized_keys", ["firstName"]),
        ("unrecognized_keys", ["__proto__"]),
    ]
    assert "firstName" in body["issues"][0]["message"]


WRONG = {"string": [1, 1.5, True, [], {}, ["a"]], "boolean": ["true", 1, 0, "", [], {}], "array": ["a", 1, {}, True],
         "object": ["a", 1, [], True]}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_it_wants_the_json_type_of_the_contract(field, script) -> None:
    expected = {Kind.BOOLEAN: "boolean", Kind.OPTIONS: "array", Kind.ATTRIBUTES: "object"}.get(field.kind, "string")
    for value in WRONG[expected]:
        body = check_error(script.post({**LEAD, field.name: value}), 400, "invalid_lead")
        assert body["issues"][0]["path"] == [field.name]
        assert body["issues"][0]["message"].startswith(f"Expected {expected}, received ")
    assert not Submission.objects.exists()


def test_it_names_the_place_in_a_list(script) -> None:
    body = check_error(script.post({**LEAD, "tags": ["a", 1, None]}), 400)
    assert [row["path"] for row in body["issues"]] == [["tags", 1], ["tags", 2]]


def test_it_has_the_rules_of_the_form(script, options) -> None:
    bad = {"email": "google", "phone": "12", "website_url": "not an address", "contract_value": "12.5",
           "contract_currency": "XXX", "tags": ["nope"], "first_name": "x" * 201}  # fmt: skip
    body = check_error(script.post(bad), 400, "invalid_lead")
    assert {row["path"][0] for row in body["issues"]} == set(bad)
    assert check_error(script.post({"city": "Dublin"}), 400)["issues"][0]["path"] == []


def test_it_has_a_status_s_list_chosen_too(script, options) -> None:
    status = make_id("status", "Inbound/New")
    body = check_error(script.post({**LEAD, "status": [status]}), 400)
    assert body["issues"][0]["path"] == ["status"]
    assert script.post({**LEAD, "status": [status], "lists": [make_id("list", "Inbound")]}).status_code == 202


GOOD = {
    "Customer number": "C-12", "Number of sites": 42, "Agreed to be contacted": True, "Contract ends": "2027-01-31",
    "Call back at": "2027-01-31T09:00:00Z", "Industry": make_id("option/Industry", "Retail"),
    "Interested in": [make_id("option/Interested in", "Training")], "Yearly budget": 12.5,
    "Delivery address": {"address": "1 Main Street", "latitude": 53.3, "longitude": -6.2},
}  # fmt: skip


def test_it_takes_every_kind_of_attribute(script, options) -> None:
    attributes = {make_id("attribute", name): value for name, value in GOOD.items()}
    answer = script.post({**LEAD, "attributes": attributes})
    assert answer.status_code == 202, answer.content
    assert Submission.objects.get().values["attributes"] == attributes


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Customer number", 12), ("Number of sites", "42"), ("Number of sites", True), ("Yearly budget", "12.5"),
        ("Agreed to be contacted", "true"), ("Agreed to be contacted", 1), ("Contract ends", "31.01.2027"),
        ("Industry", ["a"]), ("Industry", "no such option"), ("Interested in", "a"), ("Interested in", [1]),
        ("Delivery address", "1 Main Street"), ("Delivery address", {"address": "x"}),
        ("Delivery address", {"address": "x", "latitude": "53", "longitude": -6.2}),
        ("Delivery address", {"address": "x", "latitude": 153.3, "longitude": -6.2}),
        ("Delivery address", {"address": "x", "latitude": 53.3, "longitude": -6.2, "zip": "D1"}),
        ("Customer number", None), ("Yearly budget", 1e300), ("Number of sites", 10**60),
    ],
)  # fmt: skip
def test_it_refuses_a_wrong_value_of_an_attribute(name, value, script, options) -> None:
    key = make_id("attribute", name)
    body = check_error(script.post({**LEAD, "attributes": {key: value}}), 400, "invalid_lead")
    assert body["issues"][0]["path"][:2] == ["attributes", key]
    assert not Submission.objects.exists()


def test_it_refuses_an_attribute_the_team_does_not_have(script, options) -> None:
    body = check_error(script.post({**LEAD, "attributes": {"nope": "x"}}), 400)
    assert body["issues"][0]["path"] == ["attributes", "nope"]


@pytest.mark.parametrize("query", ["?dryrun=1", "?dry_run=yes", "?dry_run=", "?dry_run=1&dry_run=0", "?wait=5"])
def test_it_does_not_guess_what_a_parameter_means(query, script) -> None:
    check_error(script.post(LEAD, "/rest/lead" + query), 400, "unknown_parameter")
    assert not Submission.objects.exists()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(sorted(BY_NAME)), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(BY_NAME)) | st.text(), json_values, max_size=8))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_never_breaks_on_json(script, body) -> None:
    script.token.__class__.objects.update(window_used=0)
    raw = json.dumps(body).encode()
    answer = script.ask("POST", "/rest/lead", raw=raw, prefer="respond-async")
    assert answer.status_code in (202, 400), answer.content


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_it_never_breaks_on_bytes(raw: bytes) -> None:
    try:
        parse(raw)
    except Refusal as refusal:
        assert refusal.status == 400
