"""How a script uses the gateway: the examples are for the reader's own team, and they work."""

from __future__ import annotations

import json
import shlex

import pytest
from django.test import Client

from leads.gateway.routes import ROUTES
from leads.models import Submission, Team, User
from leads.services import tokens
from tests.factories import OPERATOR

from .page import parse
from .questions import answers_head, asks_to_sign_in, hides_other_teams, rejects

pytestmark = pytest.mark.django_db
BASE = "http://localhost:8000"


def example(response, name: str) -> str:
    return parse(response).one(id=f"example-{name}").text


def send(plain: str, url: str, body: str):
    assert url.startswith(BASE)
    headers = {"X-API-KEY": plain, "Prefer": "respond-async"}
    return Client().post(url.removeprefix(BASE), body, content_type="application/json", headers=headers)


def test_its_examples_work(browse, bob: User, team: Team, options) -> None:
    plain = tokens.issue_token(team=team, name="script", actor=OPERATOR)[1]
    page = browse(bob).get("gateway_reference")
    words = shlex.split(example(page, "curl"))
    url, data = (words[words.index(name) + 1] for name in ("--url", "--data"))
    assert send(plain, url, data).status_code == 202
    node = json.loads(example(page, "n8n"))["nodes"][0]["parameters"]
    assert send(plain, node["url"], node["jsonBody"]).status_code == 202
    compile(example(page, "python"), "example", "exec")
    assert f"{BASE}/rest/lead" in example(page, "python")
    assert {len(row.values["lists"]) for row in Submission.objects.all()} == {1}


def test_it_names_every_address(browse, bob: User) -> None:
    page = parse(browse(bob).get("gateway_reference")).text
    for path, methods in ROUTES.items():
        for verb in methods:
            assert f"{verb} {path}" in page


def test_it_says_what_holds_for_this_team(browse, bob: User, team: Team) -> None:
    assert "until somebody has looked" not in parse(browse(bob).get("gateway_reference")).text
    Team.objects.update(reviews=True)
    assert "until somebody has looked" in parse(browse(bob).get("gateway_reference")).text


def test_everyone_in_the_team_may_read_it_and_nobody_else(browse, bob: User, charlie: User) -> None:
    asks_to_sign_in(browse(None), "gateway_reference")
    hides_other_teams(browse(charlie), "get", "gateway_reference")
    rejects(browse(bob), "POST PUT DELETE", "gateway_reference")
    answers_head(browse(bob), "gateway_reference")
