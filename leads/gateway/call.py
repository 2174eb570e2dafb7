"""One request on its way through the gateway, and what is said to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from leads.audit import Actor, ActorKind
from leads.models import GatewayToken, Submission
from leads.models.submissions import Door
from leads.services.gateway_requests import Budget

from .errors import Refusal, to_json

DEFAULT_WAIT_SECONDS = 10
MAX_WAIT_SECONDS = 30
YES, NO = ("1", "true"), ("0", "false")


@dataclass(slots=True)
class Reply:
    """An answer. ``outcome`` is what the token's log says of it; ``submission`` the lead it is about."""

    status: int
    body: bytes
    outcome: str
    headers: dict[str, str] = field(default_factory=dict)
    submission: Submission | None = None

    @classmethod
    def of(cls, status: int, value: Any, outcome: str, **more: Any) -> Reply:
        return cls(status, to_json(value), outcome, **more)


@dataclass(slots=True)
class Call:
    """What handlers are given. ``token`` is there once the request was let in."""

    request: HttpRequest
    began_at: datetime
    reference: str
    procedure: str = ""
    path: str = ""
    target: UUID | None = None
    budget: Budget | None = None
    known_token: GatewayToken | None = None

    @property
    def token(self) -> GatewayToken:
        if self.known_token is None:
            raise RuntimeError("nobody was let in yet")
        return self.known_token

    @property
    def address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", ""))

    @property
    def actor(self) -> Actor:
        return Actor(
            kind=ActorKind.TOKEN, door=Door.GATEWAY, token=self.token, ip=self.address, request_id=self.reference
        )

    def header(self, name: str) -> str | None:
        return self.request.headers.get(name)

    def refuse_query_except(self, *names: str) -> None:
        """A misspelt “dry_run” must not become a lead. Raises ``Refusal``."""
        for name, values in self.request.GET.lists():
            if name not in names:
                raise Refusal(400, "unknown_parameter", f"There is no parameter “{name[:60]}” here.")
            if len(values) > 1:
                raise Refusal(400, "unknown_parameter", f"The parameter “{name[:60]}” is there twice. Keep one.")

    def flag(self, name: str) -> bool:
        value = self.request.GET.get(name, "0").lower()
        if value not in YES + NO:
            raise Refusal(400, "unknown_parameter", f"Say {name}=1 or leave it out.")
        return value in YES


Handler = Callable[[Call], Reply]


def read_prefer(text: str | None) -> Mapping[str, str]:
    """The preferences in a ``Prefer`` header, the first of each name (RFC 7240)."""
    found: dict[str, str] = {}
    for part in (text or "").split(","):
        name, _, value = part.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found


def seconds_to_wait(text: str | None) -> int:
    """How long an answer may take: ``respond-async`` and ``wait=N`` of a ``Prefer`` header. What is no number of
    seconds is passed over, as that standard wants it.
    """
    prefer = read_prefer(text)
    wait = prefer.get("wait", "")
    if wait.isascii() and wait.isdigit():
        return min(int(wait[:4]), MAX_WAIT_SECONDS)
    return 0 if "respond-async" in prefer else DEFAULT_WAIT_SECONDS
