"""Webhooks to a receiver of the test's own, on the loopback address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from leads.models import Team, Webhook, WebhookDelivery
from leads.models.notifications import OFFERED
from leads.services import webhooks
from tests.breakcold.loopback import answer
from tests.factories import OPERATOR

OK = answer(b"ok")
PATH = "/services/T0/B0/SecretPath"
EVERYTHING = [kind.value for kind in OFFERED]


def make_webhook(team: Team, url: str, *, kind: str = "json", events: Any = None, name: str = "hook") -> Webhook:
    """One at ``url``, which has to be allowed: PORTAL_WEBHOOK_PRIVATE_TARGETS is for the test to set."""
    return webhook_and_secret(team, url, kind=kind, events=events, name=name)[0]


def webhook_and_secret(
    team: Team, url: str, *, kind: str = "json", events: Any = None, name: str = "hook"
) -> tuple[Webhook, str]:
    address = url.removesuffix("/rest") + PATH
    wanted = EVERYTHING if events is None else events
    return webhooks.add_webhook(team=team, name=name, kind=kind, address=address, events=wanted, actor=OPERATOR)


@dataclass(frozen=True)
class Told:
    """One request a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


def told(request: bytes) -> Told:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Told(first.split(" ")[1], headers, body)


def is_signed(message: Told, secret: str) -> bool:
    """As the specification of Standard Webhooks says a receiver checks, written anew for the tests."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = f"{message.id}.{message.headers['webhook-timestamp']}.{message.body.decode()}"
    wanted = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in message.headers["webhook-signature"].split(" ")


def statuses(webhook: Webhook) -> list[str]:
    """Of its deliveries, oldest first."""
    rows = WebhookDelivery.objects.filter(webhook=webhook).order_by("pk")
    return list(rows.values_list("status", flat=True))
