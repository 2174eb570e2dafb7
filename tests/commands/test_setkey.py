from __future__ import annotations

import pytest
from django.core.management import CommandError

from leads.breakcold.sandbox import SandboxServer
from leads.models import BreakcoldKey, Team
from leads.models.teams import Environment
from leads.services import keys
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from .helpers import run

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"


def test_it_says_whose_key_it_is(team: Team, sandbox: SandboxServer) -> None:
    printed = run("setkey", "brewers", stdin=f"{SANDBOX_KEY}\n")
    assert printed == "brewers now sends with the key that ends in 0001. It belongs to Sandbox owner.\n"
    team.refresh_from_db()
    assert keys.find_current_key(team).is_sandbox


def test_it_keeps_a_key_without_asking(team: Team) -> None:
    printed = run("setkey", "brewers", "--no-check", stdin=LIVE_KEY)
    assert printed == "brewers now sends with the key that ends in 0001.\n"
    assert keys.find_current_key(team).environment == Environment.LIVE


def test_it_never_prints_the_key(team: Team) -> None:
    assert LIVE_KEY not in run("setkey", "brewers", "--no-check", stdin=LIVE_KEY)


def test_it_does_not_keep_a_key_that_is_refused(team: Team, sandbox: SandboxServer) -> None:
    sandbox.revoke(SANDBOX_KEY)
    with pytest.raises(CommandError, match="The key was not kept") as caught:
        run("setkey", "brewers", stdin=SANDBOX_KEY)
    assert SANDBOX_KEY not in str(caught.value)
    assert keys.find_current_key(team) is None


def test_it_does_not_keep_a_key_it_could_not_try(team: Team, settings) -> None:
    settings.BREAKCOLD_BASE_URL = "http://127.0.0.1:1/rest"
    with pytest.raises(CommandError, match="could not be reached"):
        run("setkey", "brewers", stdin=LIVE_KEY)


def test_it_asks_for_a_word_before_another_owner_s_key(key: BreakcoldKey, team: Team, sandbox: SandboxServer) -> None:
    BreakcoldKey.objects.filter(pk=key.pk).update(owner_id="somebody-else", owner_label="Somebody Else")
    with pytest.raises(CommandError, match=r"belongs to Sandbox owner; .* add --other-owner"):
        run("setkey", "brewers", stdin=OTHER_SANDBOX_KEY)
    assert keys.find_current_key(team) == key
    assert "ends in 0002" in run("setkey", "brewers", "--other-owner", stdin=OTHER_SANDBOX_KEY)
    assert keys.find_current_key(team).last4 == "0002"


@pytest.mark.parametrize("text", ["", "\n", "bc_live_0123456789", "two words here"])
def test_it_refuses_what_is_no_key(text: str, team: Team) -> None:
    with pytest.raises(CommandError):
        run("setkey", "brewers", "--no-check", stdin=text)


def test_it_refuses_a_team_there_is_not() -> None:
    with pytest.raises(CommandError, match="Teams: none yet"):
        run("setkey", "nobody", stdin=LIVE_KEY)
