"""What tests of the gateway need beside the cast: tokens, and a script that uses one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from leads.gateway import door
from leads.models import GatewayToken, Team
from leads.services import tokens
from tests.factories import OPERATOR

LEAD = {"first_name": "Aoife", "email": "aoife@example.com", "company": "Example Brewing"}


@dataclass
class Script:
    """A program with a token; a gateway that crashes answers 500 instead of raising."""

    plain: str
    token: GatewayToken | None = None

    def ask(self, verb: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Any:
        client = Client(raise_request_exception=False)
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = named.pop("content-type", "application/json")
        sent = {"X-API-KEY": self.plain, **named} if self.plain else named
        return client.generic(verb, path, content, content_type=kind, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, body: Any, path: str = "/rest/lead", **headers: str) -> Any:
        return self.ask("POST", path, body, **{"prefer": "respond-async", **headers})


@pytest.fixture
def script(team: Team) -> Script:
    token, plain = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    return Script(plain, token)


@pytest.fixture
def issue(team: Team) -> Callable[..., Script]:
    """A script with a token of its own: ``issue(scopes=["read"])``."""

    def make(**wishes: Any) -> Script:
        token, plain = tokens.issue_token(**{"team": team, "name": "Fair app", "actor": OPERATOR, **wishes})
        return Script(plain, token)

    return make


@pytest.fixture(autouse=True)
def notes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one process may note of strangers in a minute is not used up by other tests."""
    monkeypatch.setattr(door, "_uncounted", door._Uncounted())


@pytest.fixture
def time_machine_at() -> Callable[[datetime], Any]:
    """``with time_machine_at(moment):`` it stands still at that moment."""
    return lambda moment: time_machine.travel(moment, tick=False)
