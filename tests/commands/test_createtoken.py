from __future__ import annotations

import re

import pytest
from django.core.management import CommandError

from leads.models import GatewayToken, Team
from leads.services import tokens

from .helpers import run

pytestmark = pytest.mark.django_db


def test_it_prints_the_token_alone(team: Team) -> None:
    printed = run("createtoken", "brewers", "--name", "Fair app")
    assert re.fullmatch(r"lpt_[\w-]{43}\n", printed)
    token = GatewayToken.objects.get()
    assert (token.name, token.digest) == ("Fair app", tokens.digest(printed.strip()))


@pytest.mark.parametrize(("slug", "name"), [("nobody", "Fair app"), ("brewers", " "), ("brewers", "x" * 101)])
def test_it_refuses_in_a_sentence(slug: str, name: str, team: Team) -> None:
    with pytest.raises(CommandError):
        run("createtoken", slug, "--name", name)


def test_it_issues_what_it_is_told(team: Team) -> None:
    run("createtoken", "brewers", "--name", "Reader", "--scope", "read", "--days", "30", "--requests", "10")
    token = GatewayToken.objects.get()
    assert (token.scopes, token.requests_a_minute, token.owner) == (["read"], 10, None)
    assert (token.expires_at - token.created_at).days in (29, 30)


def test_it_lets_a_script_do_everything_unless_told(team: Team) -> None:
    run("createtoken", "brewers", "--name", "Fair app")
    token = GatewayToken.objects.get()
    assert (token.scopes, token.expires_at) == (["create", "read", "bulk"], None)


@pytest.mark.parametrize("options", [["--days", "0"], ["--days", "9999999"], ["--scope", "all"], ["--requests", "0"]])
def test_it_refuses_nonsense(options: list[str], team: Team) -> None:
    with pytest.raises(CommandError):
        run("createtoken", "brewers", "--name", "Fair app", *options)
    assert not GatewayToken.objects.exists()
