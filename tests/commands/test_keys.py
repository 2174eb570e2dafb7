"""Everything an admin can click about a key, as an operator: hold, release, check, revoke, practise."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.management import CommandError

from leads.breakcold.sandbox import SandboxServer
from leads.models import AuditEntry, BreakcoldKey, Team, User
from leads.models.keys import KeyStatus
from leads.services import keys
from tests.factories import make_submission
from tests.fakes import SANDBOX_KEY

from .helpers import run

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"


def newest() -> tuple[str, str]:
    entry = AuditEntry.objects.latest("pk")
    return entry.action, entry.actor_kind


def test_it_holds_and_releases(key: BreakcoldKey) -> None:
    assert run("holdkey", "brewers", "--sandbox") == "The queue of brewers is held, with the key that ends in 0001.\n"
    assert newest() == ("key.held", "operator")
    with pytest.raises(CommandError, match="An operator holds the queue already"):
        run("holdkey", "brewers", "--sandbox")
    assert "goes on" in run("holdkey", "brewers", "--sandbox", "--release")
    assert newest() == ("key.released", "operator")


def test_it_sets_another_key_on_a_held_queue(key: BreakcoldKey, team: Team) -> None:
    run("holdkey", "brewers", "--sandbox")
    run("setkey", "brewers", stdin=f"{SANDBOX_KEY}-new")
    assert keys.find_current_key(team).held_at is None


def test_it_revokes_and_says_how_many_wait(key: BreakcoldKey, team: Team, bob: User) -> None:
    make_submission(team, bob)
    assert run("revokekey", "brewers", "--sandbox").endswith("wait for another: 1.\n")
    key.refresh_from_db()
    assert (key.status, newest()) == (KeyStatus.REVOKED, ("key.revoked", "operator"))


def test_it_checks(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    cache.clear()
    assert run("checkkey", "brewers", "--sandbox") == "The key that ends in 0001 works. It belongs to Sandbox owner.\n"
    cache.clear()
    sandbox.revoke(SANDBOX_KEY)
    with pytest.raises(CommandError, match="does not accept this key"):
        run("checkkey", "brewers", "--sandbox")


def test_it_switches_practice_on_and_off(team: Team, sandbox: SandboxServer) -> None:
    run("setkey", "brewers", "--no-check", stdin=LIVE_KEY)
    assert run("practice", "brewers", "on") == "New leads of brewers go to the practice sandbox.\n"
    with pytest.raises(CommandError, match="there already"):
        run("practice", "brewers", "on")
    assert run("practice", "brewers", "off") == "New leads of brewers go to Breakcold.\n"
    assert newest() == ("team.environment_changed", "operator")


@pytest.mark.parametrize("command", ["holdkey", "revokekey", "checkkey"])
def test_it_says_that_there_is_no_key(command: str, team: Team) -> None:
    with pytest.raises(CommandError, match="brewers has no live key"):
        run(command, "brewers")
    with pytest.raises(CommandError, match="There is no team"):
        run(command, "nobody")
