"""``/rest/openapi.json``: valid, complete, and true of what the gateway answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from leads.breakcold.fields import FIELDS
from leads.gateway import openapi, routes
from leads.models import BreakcoldKey, Submission
from leads.states import State
from tests.views.conftest import options as options

from .conftest import LEAD

pytestmark = pytest.mark.django_db
SPECIFICATION = json.loads((Path(__file__).parents[1] / "data" / "specification.json").read_text())


@pytest.fixture
def document() -> dict[str, Any]:
    answer = Client().get("/rest/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    return answer.json()


def test_it_is_valid(document) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_it_would_find_what_is_not_valid(document) -> None:
    del document["info"]["version"]
    assert list(OpenAPIV31SpecValidator(document).iter_errors())


def test_it_has_every_route_and_no_other(document) -> None:
    described = {(path, verb.upper()) for path, verbs in document["paths"].items() for verb in verbs}
    there = {(path, verb) for path, methods in routes.ROUTES.items() for verb in methods}
    assert described == there | {(routes.OPENAPI, "GET")}


def test_it_has_every_field_as_breakcold_states_it(document) -> None:
    properties = document["components"]["schemas"]["Lead"]["properties"]
    assert list(properties) == [field.name for field in FIELDS]
    for row in SPECIFICATION["body"]:
        ours = properties[row["name"]]["type"]
        if row["type"] in ("string", "boolean"):
            assert ours == ([row["type"], "null"] if row["nullable"] else row["type"]), row["name"]
        if row["enum"]:
            assert properties[row["name"]]["enum"] == row["enum"]
        if row["default"] is not None:
            assert properties[row["name"]]["default"] is row["default"]


def test_it_has_every_field_of_the_answer(document) -> None:
    properties = document["components"]["schemas"]["CreatedLead"]["properties"]
    assert set(properties) == {row["name"] for row in SPECIFICATION["response"]}
    for row in SPECIFICATION["response"]:
        if row["type"] in ("boolean", "integer", "object"):
            assert row["type"] in properties[row["name"]]["type"], row["name"]


def test_its_examples_are_leads(document, script) -> None:
    for field in FIELDS:
        schema = document["components"]["schemas"]["Lead"]["properties"][field.name]
        for example in schema["examples"]:
            check(document, {"$ref": f"#/components/schemas/Lead/properties/{field.name}"}, example)


def check(document: dict[str, Any], schema: Any, value: Any) -> None:
    whole = {**schema, "components": document["components"]}
    assert [error.message for error in Draft202012Validator(whole).iter_errors(value)] == []


def check_answer(document: dict[str, Any], path: str, verb: str, answer: Any) -> None:
    """The answer is one the document knows, and looks like it."""
    responses = document["paths"][path][verb]["responses"]
    assert str(answer.status_code) in responses, (path, answer.status_code)
    response = responses[str(answer.status_code)]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    check(document, response["content"]["application/json"]["schema"], answer.json())
    for name in response.get("headers", {}):
        if name.startswith("X-RateLimit"):
            assert answer[name].isdigit()


def test_it_is_true_of_every_answer(document, script, options, issue, key) -> None:
    accepted = script.post(LEAD)
    check_answer(document, "/rest/lead", "post", accepted)
    check_answer(document, "/rest/lead", "post", script.post(LEAD, "/rest/lead?dry_run=1"))
    check_answer(document, "/rest/lead", "post", script.post({"x": 1}))
    check_answer(document, "/rest/lead", "post", script.ask("POST", "/rest/lead", raw=b"{", content_type="text/html"))
    check_answer(document, "/rest/lead", "post", script.post({"icebreaker": "x" * 300_000}))
    check_answer(document, "/rest/lead", "post", issue(scopes=["read"]).post(LEAD))
    check_answer(document, "/rest/lead", "post", issue(requests_a_minute=1).post(LEAD))
    check_answer(document, "/rest/leads", "post", script.post([LEAD, {}, 1], "/rest/leads"))
    for state in State:
        about = {"breakcold_id": "x", "response": {"id": "x"}, "queued_at": "2026-01-01T00:00:00Z"}
        row = Submission.objects.filter(public_id=accepted.json()["id"])
        row.update(
            state=state, send_after="2026-01-01T00:00:00Z", review_since="2026-01-01T00:00:00Z",
            attempt_token=row.values("public_id"), lease_until="2026-01-01T00:00:00Z",
            problem={"message": "No", "issues": [{"field": "email", "message": "no"}]}, **about,
        )  # fmt: skip
        answer = script.get(accepted["Location"])
        assert answer.json()["state"] == state
        check_answer(document, "/rest/lead/{id}", "get", answer)
    missing = script.get("/rest/lead/3c90c3cc-0d44-4b50-8888-8dd25736052a")
    check_answer(document, "/rest/lead/{id}", "get", missing)
    waiting = script.get("/rest/lists", prefer="respond-async")
    assert waiting.status_code == 503
    check_answer(document, "/rest/lists", "get", waiting)
    BreakcoldKey.objects.update(pickers_synced_at="2026-01-01T00:00:00Z")
    for name in ("me", "lists", "status", "tags", "members", "attributes"):
        answer = script.get(f"/rest/{name}")
        assert answer.status_code == 200
        check_answer(document, f"/rest/{name}", "get", answer)


def test_it_loads_nothing_from_elsewhere(document, settings) -> None:
    text = openapi.as_bytes().decode()
    assert "http" not in text.replace(settings.PORTAL_URL, "").replace("https://example", "").replace(
        "https://www.linkedin.com", ""
    ).replace("httpStatus", "")


def test_it_is_read_alone() -> None:
    answer = Client().post("/rest/openapi.json", {}, content_type="application/json")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert Client().head("/rest/openapi.json").content == b""
    assert Client().options("/rest/openapi.json")["Allow"] == "GET, HEAD, OPTIONS"
