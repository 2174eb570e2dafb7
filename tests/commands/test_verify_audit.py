from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from leads.models import Team
from tests.audit.tampering import edit

from .helpers import run

pytestmark = pytest.mark.django_db


def test_it_says_that_every_chain_is_whole(team: Team, other_team: Team) -> None:
    assert run("verify_audit").splitlines() == [
        "brewers: 1 entries, the chain is whole.",
        "strangers: 1 entries, the chain is whole.",
    ]


def test_it_says_nothing_when_there_is_no_team() -> None:
    assert run("verify_audit") == ""


def test_it_names_the_entry_looks_at_the_other_teams_and_ends_with_one(team: Team, other_team: Team) -> None:
    edit(team, 1, action="x")
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=out)
    assert ended.value.code == 1
    assert out.getvalue().splitlines() == [
        "brewers: entry 1: its content was changed",
        "strangers: 1 entries, the chain is whole.",
    ]


def test_it_looks_at_one_team(team: Team, other_team: Team) -> None:
    edit(team, 1, action="x")
    assert run("verify_audit", "--team", "strangers") == "strangers: 1 entries, the chain is whole.\n"


def test_it_refuses_a_team_there_is_not(team: Team) -> None:
    with pytest.raises(CommandError):
        run("verify_audit", "--team", "nobody")
