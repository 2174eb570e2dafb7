"""``/rest/openapi.json``: the gateway as OpenAPI 3.1, generated from the table of routes and from ``FIELDS``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings

from .call import DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS
from .errors import CODES, to_json
from .replay import HEADER, MAX_CHARACTERS
from .routes import OPENAPI, ROUTES
from .schemas import TEXT, ref, schemas

EVERYWHERE = (401, 403, 405, 429, 500, 503)
WRITING = (400, 409, 413, 415)

WORDS = {
    400: "The request cannot be read, or the lead breaks a rule; `issues` says which.",
    401: "There is no token, or it opens nothing.",
    403: "The token may not do this.",
    404: "There is no such lead, or this token may not see it.",
    405: "The address has no such verb.",
    409: "It conflicts with something: an Idempotency-Key that is in use or was used for another request, a preset "
    "that was removed, or Breakcold's own answer.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Breakcold did not take the lead; `issues` says why.",
    429: "The token made too many requests this minute.",
    500: "The portal broke off.",
    503: "The portal could not reach its database, or is reading from Breakcold for the first time.",
}
SUMMARIES = {
    "lead.create": "Enter a lead",
    "lead.get": "Ask what became of a lead",
    "lead.createMany": "Enter many leads at once",
    "me.get": "Whose token this is",
    "lists.list": "The lists of the team's Breakcold account",
    "status.list": "The statuses of its lists",
    "tags.list": "Its tags",
    "members.list": "Its members, who can be owners",
    "attributes.list": "Its custom attributes",
}
#: What each answers with when it went well: status -> words and schema.
ANSWERS: dict[str, dict[int, tuple[str, Any]]] = {
    "lead.create": {
        200: (
            "The lead is in Breakcold: its own answer. With `dry_run`, what would have been sent.",
            {"anyOf": [ref("CreatedLead"), ref("DryRun")]},
        ),
        202: ("The lead is kept and on its way, or waits for review.", ref("AcceptedLead")),
    },
    "lead.get": {200: ("Where the lead is.", ref("LeadState"))},
    "lead.createMany": {
        207: ("One result for each lead, in the order they were sent.", {"type": "array", "items": ref("BatchResult")})
    },
    "me.get": {200: ("The token.", ref("Me"))},
    **{
        f"{name}.list": {200: ("What was last synced.", {"type": "array", "items": ref(schema)})}
        for name, schema in (
            ("lists", "List"),
            ("status", "Status"),
            ("tags", "Tag"),
            ("members", "Member"),
            ("attributes", "Attribute"),
        )
    },
}
BODIES = {"lead.create": "Lead", "lead.createMany": "Batch"}
DRY_RUN = {
    "name": "dry_run",
    "in": "query",
    "description": "Check it and show what would be sent, without entering anything.",
    "schema": {"type": "string", "enum": ["1", "true", "0", "false"]},
}
#: What is read from the last reading of Breakcold.
PICKERS = ("lists.list", "status.list", "tags.list", "members.list", "attributes.list")
KEY = {
    "name": HEADER,
    "in": "header",
    "description": "A text of your own for this one request. Sent again within 24 hours it gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": "^[ -~]+$"},
}
PREFER = {
    "name": "Prefer",
    "in": "header",
    "description": f"`wait=N`: seconds to wait for Breakcold, 0 to {MAX_WAIT_SECONDS}, {DEFAULT_WAIT_SECONDS} unless "
    "said. `respond-async`: do not wait.",
    "schema": {"type": "string"},
    "examples": {"wait": {"value": "wait=20"}, "async": {"value": "respond-async"}},
}
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "lead.create": [DRY_RUN, KEY, PREFER],
    "lead.createMany": [DRY_RUN, KEY, PREFER],
    "lead.get": [
        {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "The id in the answer that accepted the lead, or the one Breakcold gave it.",
            "schema": {"type": "string", "format": "uuid"},
        }
    ],
    **{name: [PREFER] for name in PICKERS if name != "status.list"},
    "status.list": [
        PREFER,
        {"name": "all", "in": "query", "schema": {"type": "string"}, "description": "All of them; the usual."},
        {"name": "id_list", "in": "query", "schema": {"type": "string"}, "description": "Those of one list."},
    ],
}
WHAT_BECAME_OF_IT = {
    "operationId": "lead_get",
    "description": "The id in the answer is what to ask with.",
    "parameters": {"id": "$response.body#/id"},
}
RATE_HEADERS = {
    "X-RateLimit-Limit": "Requests the token may make in a minute.",
    "X-RateLimit-Remaining": "How many are left.",
    "X-RateLimit-Reset": "Seconds until all are back.",
}


def as_bytes() -> bytes:
    return _bytes(settings.PORTAL_URL, settings.PORTAL_VERSION)


@lru_cache(maxsize=4)
def _bytes(portal_url: str, version: str) -> bytes:
    return to_json(document(portal_url, version))


def document(portal_url: str, version: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lead portal gateway",
            "version": version,
            "description": "Breakcold's “Create a lead”, through the portal: the same body, the same answer, with a "
            "portal token in place of the key.",
        },
        "servers": [{"url": portal_url}],
        "security": [{"token": []}],
        "paths": {**{path: _path(path) for path in ROUTES}, OPENAPI: _own_path()},
        "components": {
            "schemas": schemas(),
            "headers": {name: _header(words) for name, words in RATE_HEADERS.items()},
            "responses": {CODES[status]: _error(status) for status in WORDS},
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-API-KEY",
                    "description": "A token of the portal; it begins with lpt_.",
                }
            },
        },
    }


def _path(path: str) -> dict[str, Any]:
    return {verb.lower(): _operation(method.procedure) for verb, method in ROUTES[path].items()}


def _operation(procedure: str) -> dict[str, Any]:
    writes = procedure in BODIES
    errors = {*EVERYWHERE, 400, *(WRITING if writes else ())}
    errors |= {"lead.create": {422}, "lead.get": {404}}.get(procedure, set())
    responses = {str(status): _response(*answer, writes) for status, answer in ANSWERS[procedure].items()}
    if procedure == "lead.create":
        for status in ("200", "202"):
            responses[status]["links"] = {"whatBecameOfIt": WHAT_BECAME_OF_IT}
    if procedure in PICKERS:
        read_at = {"description": "When it was last read from Breakcold.", "schema": TEXT}
        responses["200"]["headers"]["Last-Modified"] = read_at
    responses |= {str(status): {"$ref": f"#/components/responses/{CODES[status]}"} for status in sorted(errors)}
    operation: dict[str, Any] = {
        "operationId": procedure.replace(".", "_"),
        "summary": SUMMARIES[procedure],
        "parameters": PARAMETERS.get(procedure, []),
        "responses": responses,
    }
    if writes:
        content = {"application/json": {"schema": ref(BODIES[procedure])}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _response(words: str, schema: Any, writes: bool) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}
    if writes:
        replayed = {"description": "“true” when this was answered before.", "schema": {"type": "string"}}
        headers |= {"Idempotency-Replayed": replayed}  # type: ignore[dict-item]
    return {"description": words, "headers": headers, "content": {"application/json": {"schema": schema}}}


def _header(words: str) -> dict[str, Any]:
    return {"description": words, "schema": {"type": "integer"}}


def _error(status: int) -> dict[str, Any]:
    return {"description": WORDS[status], "content": {"application/json": {"schema": ref("Error")}}}


def _own_path() -> dict[str, Any]:
    answer = {"description": "This document.", "content": {"application/json": {"schema": {"type": "object"}}}}
    operation = {
        "operationId": "openapi_get",
        "summary": "This document",
        "security": [],
        "responses": {"200": answer, "405": {"$ref": f"#/components/responses/{CODES[405]}"}},
    }
    return {"get": operation}
