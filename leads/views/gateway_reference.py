"""How a script uses the gateway: examples for the reader's own team, and everything it may ask."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leads.gateway.batches import MAX_LEADS
from leads.gateway.body import LEAD_LIMIT
from leads.gateway.call import DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS
from leads.gateway.openapi import SUMMARIES
from leads.gateway.routes import OPENAPI, ROUTES
from leads.models import PickerOption, Team
from leads.models.pickers import PickerKind
from leads.models.tokens import Scope

from .access import get_membership_for, signed_in

LEAD = {"first_name": "Sam", "last_name": "Sample", "email": "sam@example.com", "company": "Example Brewing Ltd"}
CURL = """\
curl --request POST \\
  --url {url} \\
  --header 'Content-Type: application/json' \\
  --header 'X-API-KEY: <token>' \\
  --data '{body}'
"""
PYTHON = """\
import os
import uuid
from urllib.parse import urljoin

import requests

answer = requests.post(
    "{url}",
    json={body},
    headers={{
        "X-API-KEY": os.environ["PORTAL_TOKEN"],
        "Idempotency-Key": str(uuid.uuid4()),  # keep it when you send the same lead again
    }},
    timeout=40,
)
if answer.status_code == 200:
    print("in Breakcold as", answer.json()["id"])
elif answer.status_code == 202:
    print("on its way, ask", urljoin(answer.url, answer.headers["Location"]))
else:
    print(answer.json()["message"], answer.json().get("issues"))
"""
#: Statuses a script meets, and what it should do.
STATUSES = (
    (200, "It is in Breakcold. The body is Breakcold’s own."),
    (
        202,
        "It is kept: it waits for its turn, for review or for the key. “Location” says where to ask what became of it.",
    ),
    (400, "Something is wrong with it; “issues” says what, field by field. Nothing was entered."),
    (401, "The token is missing, unknown, expired or revoked."),
    (403, "The token may not do this."),
    (409, "The Idempotency-Key is in use or was used for something else."),
    (413, "The body is too large."),
    (415, "The body is not JSON."),
    (422, "Breakcold did not take it; “issues” says why."),
    (429, "Too many requests this minute. “Retry-After” says in how many seconds to go on."),
    (
        503,
        "The portal could not reach its database, or is reading lists and tags for the first time. “Retry-After” says "
        "when to come again; send a lead again with the same Idempotency-Key.",
    ),
)


@require_safe
@signed_in
def gateway_reference(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_membership_for(request, team)
    lead = _example(membership.team)
    url = f"{settings.PORTAL_URL}/rest/lead"
    context = {
        "base_url": f"{settings.PORTAL_URL}/rest",
        "curl": CURL.format(url=url, body=json.dumps(lead, indent=2)),
        "python": PYTHON.format(url=url, body=_as_python(lead)),
        "n8n": json.dumps(_n8n(url, lead), indent=2),
        "rows": [
            (verb, path, SUMMARIES[method.procedure], _scopes(method.scopes))
            for path, methods in ROUTES.items()
            for verb, method in methods.items()
        ],
        "statuses": STATUSES,
        "openapi": OPENAPI,
        "max_leads": MAX_LEADS,
        "limit_kib": LEAD_LIMIT // 1024,
        "wait": DEFAULT_WAIT_SECONDS,
        "max_wait": MAX_WAIT_SECONDS,
    }
    return render(request, "gateway_reference/reference.html", context)


def _example(team: Team) -> dict[str, Any]:
    """A lead as this team might send it: into a list of its own, if it has one."""
    row = PickerOption.objects.offered_to(team).filter(kind=PickerKind.LIST).first()
    return {**LEAD, "lists": [row.external_id]} if row else dict(LEAD)


def _as_python(lead: dict[str, Any]) -> str:
    lines = "".join(f"        {name!r}: {value!r},\n" for name, value in lead.items()).replace("'", '"')
    return "{\n" + lines + "    }"


def _scopes(scopes: frozenset[Scope]) -> str:
    if scopes == frozenset(Scope):
        return "any"
    return " or ".join(scope for scope in Scope.values if scope in scopes)


def _n8n(url: str, lead: dict[str, Any]) -> dict[str, Any]:
    """An HTTP Request node, as n8n takes it from the clipboard; the token stands in a credential of its own."""
    node = {
        "name": "Enter the lead",
        "type": "n8n-nodes-base.httpRequest",
        "typeVersion": 4.2,
        "position": [0, 0],
        "parameters": {
            "method": "POST",
            "url": url,
            "authentication": "genericCredentialType",
            "genericAuthType": "httpHeaderAuth",
            "sendHeaders": True,
            "headerParameters": {
                "parameters": [{"name": "Idempotency-Key", "value": "={{ $execution.id }}-{{ $itemIndex }}"}]
            },
            "sendBody": True,
            "specifyBody": "json",
            "jsonBody": json.dumps(lead, indent=2),
            "options": {"timeout": 40000},
        },
    }
    return {"nodes": [node], "connections": {}}
