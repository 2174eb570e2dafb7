"""What a webhook is told, in the form it wants, and how it is signed (the Standard Webhooks headers)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from leads.models import Event
from leads.models.notifications import EventKind
from leads.models.webhooks import WebhookKind
from leads.services.webhook_targets import SECRET_PREFIX

DECISIONS = {"approved": "was approved", "sent_back": "was sent back with a comment", "rejected": "was rejected"}


def body_of(event: Event, kind: str) -> bytes:
    """The same bytes whenever the same event is sent."""
    said: dict[str, Any]
    if kind == WebhookKind.TEXT:
        said = {"text": text_of(event)}
    else:
        at = event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {"type": event.kind, "timestamp": at, "data": event.data}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def text_of(event: Event) -> str:
    """One line for people in a chat."""
    data = event.data
    practice = " (practice)" if data.get("practice") else ""
    return f"{_sentence(event.kind, data)}{practice}: {data['link']}"


def _sentence(kind: str, data: dict[str, Any]) -> str:
    lead = f"{data['team']}: lead {data.get('reference', '')}"
    match kind:
        case EventKind.LEAD_CREATED:
            return f"{lead} is in Breakcold"
        case EventKind.LEAD_FAILED:
            return f"{lead} was not accepted"
        case EventKind.LEAD_NEEDS_ATTENTION:
            return f"{lead} needs a person, nobody knows whether it arrived"
        case EventKind.REVIEW_WANTED:
            return f"{lead} waits for review"
        case EventKind.REVIEW_DECIDED:
            return f"{lead} {DECISIONS[data['decision']]}"
        case EventKind.KEY_PAUSED:
            return f"{data['team']}: the key was paused and {data['waiting']} leads wait"
        case EventKind.EXPORT_LARGE:
            what = "wanted to take out more leads than a day allows" if data["refused"] else "took out very many leads"
            return f"{data['team']}: somebody {what} ({data['leads']})"
    return f"{data['team']}: a test of this webhook"


def headers_for(event: Event, body: bytes, secret: str, *, at: datetime) -> dict[str, str]:
    """The id is the event's, the same at every try and replay; the time is that of this try."""
    headers = {"Content-Type": "application/json", "webhook-id": id_of(event)}
    stamp = str(int(at.timestamp()))
    if secret:
        headers |= {"webhook-timestamp": stamp, "webhook-signature": signature(secret, id_of(event), stamp, body)}
    return headers


def id_of(event: Event) -> str:
    return f"evt_{event.public_id.hex}"


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
