"""The JSON schemas of what goes in and out, made from ``FIELDS``."""

from __future__ import annotations

from typing import Any

from leads.breakcold.fields import CURRENCIES, FIELDS, Field, Kind
from leads.breakcold.sandbox.lead import RESPONSE_FIELDS
from leads.models.tokens import Scope
from leads.states import State

from .batches import MAX_LEADS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
IDS: Schema = {"type": "array", "items": TEXT}
UUID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
ATTRIBUTE_VALUE: Schema = {
    "description": "Text, a number, yes or no, one option id, a list of option ids, or a location.",
    "oneOf": [
        TEXT,
        {"type": "number"},
        {"type": "boolean"},
        IDS,
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["address", "latitude", "longitude"],
            "properties": {"address": TEXT, "latitude": {"type": "number"}, "longitude": {"type": "number"}},
        },
    ],
}
#: What of Breakcold's answer is no text.
ANSWER_TYPES = {
    "email_bounce_score": "integer", "is_company": "boolean", "is_contract": "boolean", "is_tracked": "boolean",
    "is_deleted": "boolean", "order": "integer", "contract_value": "integer", "score": "integer",
    "ai_enabled": "boolean", "is_draft": "boolean", "company_enrich": "object",
}  # fmt: skip


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def field_schema(field: Field) -> Schema:
    """One body field: its JSON type and limits, and what the entry form says of it."""
    schema: Schema = {"type": "string"}
    if field.kind is Kind.BOOLEAN:
        schema = {"type": "boolean", "default": bool(field.default)}
    elif field.kind is Kind.OPTIONS:
        schema = {**IDS, "maxItems": field.limit}
    elif field.kind is Kind.ATTRIBUTES:
        schema = {"type": "object", "additionalProperties": ATTRIBUTE_VALUE}
    elif field.kind is Kind.CURRENCY:
        schema = {"type": "string", "enum": list(CURRENCIES)}
    elif field.limit and field.kind is not Kind.AMOUNT:
        schema = {"type": "string", "maxLength": field.limit}
    if field.nullable:
        schema["type"] = [schema["type"], "null"]
    words = " ".join(filter(None, (f"{field.label}.", field.help)))
    return {**schema, "title": field.label, "description": words, "examples": [field.example]}


def _lead() -> Schema:
    return {
        "type": "object",
        "description": "A lead as Breakcold takes it. No field is required, but one must tell who it is: a name, an "
        "email, a phone number, a company or a LinkedIn profile.",
        "additionalProperties": False,
        "properties": {field.name: field_schema(field) for field in FIELDS},
    }


def _created_lead() -> Schema:
    properties = {name: {"type": [ANSWER_TYPES.get(name, "string"), "null"]} for name in RESPONSE_FIELDS}
    return {
        "type": "object",
        "description": "Breakcold's own answer, as it gave it. Only the id is sure to be there.",
        "required": ["id"],
        "additionalProperties": True,
        "properties": {**properties, "id": TEXT},
    }


def _object(properties: dict[str, Schema], *, optional: tuple[str, ...] = (), description: str = "") -> Schema:
    required = [name for name in properties if name not in optional]
    about = {"description": description} if description else {}
    return {"type": "object", **about, "required": required, "properties": properties}


STATE: Schema = {"type": "string", "enum": list(State.values)}
ISSUE = _object(
    {
        "code": TEXT,
        "path": {"type": "array", "items": {"type": ["string", "integer"]}},
        "message": TEXT,
    },
    description="One complaint, and where in the body it belongs; an empty path means the lead as a whole.",
)
ERROR = _object(
    {
        "message": {**TEXT, "description": "A sentence for people."},
        "code": {**TEXT, "description": "Breakcold's word for the status."},
        "data": _object({"code": TEXT, "httpStatus": {"type": "integer"}, "path": TEXT}),
        "reason": {**TEXT, "description": "A word for programs, finer than the code."},
        "reference": {**TEXT, "description": "Finds the request in the token's log."},
        "issues": {"type": "array", "items": ref("Issue")},
        "retryAfterMs": {"type": "integer"},
        "id": UUID,
        "state": STATE,
    },
    optional=("issues", "retryAfterMs", "id", "state"),
    description="Breakcold's error shape.",
)
WAITING = {"id": UUID, "state": STATE, "expected_at": MOMENT, "reference": TEXT}


def schemas() -> dict[str, Schema]:
    """Every named schema."""
    return {
        "Lead": _lead(),
        "CreatedLead": _created_lead(),
        "Issue": ISSUE,
        "Error": ERROR,
        "AcceptedLead": _object(WAITING, description="The lead is kept and on its way. The id is the portal's."),
        "LeadState": _object(
            {
                **WAITING,
                "entered_at": MOMENT,
                "breakcold_id": MAYBE_TEXT,
                "lead": {"oneOf": [ref("CreatedLead"), {"type": "null"}]},
                "error": {"oneOf": [ref("Error"), {"type": "null"}]},
            },
            description="Where a lead is on its way, with Breakcold's answer once there is one.",
        ),
        "DryRun": _object(
            {
                "dry_run": {"const": True},
                "payload": ref("Lead"),
                "duplicates": {"type": "array", "items": ref("Duplicate")},
                "duplicate_count": {"type": "integer", "minimum": 0},
                "would_be": STATE,
            },
            description="What would be sent, and leads of the team it looks like. Nothing was entered.",
        ),
        "Duplicate": _object(
            {"id": UUID, "reference": TEXT, "state": STATE, "breakcold_id": MAYBE_TEXT, "entered_at": MOMENT}
        ),
        "Batch": {
            "oneOf": [
                {"type": "array", "minItems": 1, "maxItems": MAX_LEADS, "items": ref("Lead")},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["leads"],
                    "properties": {
                        "leads": {"type": "array", "minItems": 1, "maxItems": MAX_LEADS, "items": ref("Lead")}
                    },
                },
            ]
        },
        "BatchResult": _object(
            {
                "index": {"type": "integer", "minimum": 0},
                "status": {"type": "integer"},
                "id": UUID,
                "state": STATE,
                "reference": TEXT,
                "location": TEXT,
                "error": ref("Error"),
            },
            optional=("id", "state", "reference", "location", "error"),
            description="What became of one lead: 202 when it was entered, 200 in a dry run, else the error.",
        ),
        **pickers(),
    }


def pickers() -> dict[str, Schema]:
    return {
        "Me": _object(
            {
                "id": UUID,
                "email": MAYBE_TEXT,
                "name": TEXT,
                "team": _object({"slug": TEXT, "name": TEXT, "is_practice": {"type": "boolean"}}),
                "scopes": {"type": "array", "items": {"type": "string", "enum": list(Scope.values)}},
                "expires_at": MOMENT,
            }
        ),
        "List": _object({"id": TEXT, "name": TEXT}),
        "Status": _object(
            {
                "id": TEXT,
                "name": TEXT,
                "order": {"type": "integer"},
                "color": TEXT,
                "success_rate": {"type": ["number", "null"]},
                "id_space": MAYBE_TEXT,
                "type": MAYBE_TEXT,
                "id_list": MAYBE_TEXT,
            }
        ),
        "Tag": _object({"id": TEXT, "name": TEXT, "color": TEXT}),
        "Member": _object({"id": TEXT, "name": TEXT, "full_name": TEXT}),
        "Attribute": _object(
            {
                "id": TEXT,
                "name": TEXT,
                "slug": TEXT,
                "type": TEXT,
                "isMultiSelect": {"type": "boolean"},
                "select_options": {"type": "array", "items": ref("List")},
            }
        ),
    }
