"""What every page of a team says of its keys: of the one in use, and of the other while leads wait for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from leads.audit import OPERATOR, SYSTEM
from leads.models import BreakcoldKey, Team
from leads.models.teams import Environment
from leads.services import keys
from tests.factories import actor_for, give_app, make_submission

from .conftest import Browser
from .page import Element, parse

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"
TITLE = "1 lead for Breakcold waits."


@pytest.fixture
def live(key: BreakcoldKey, team: Team, alice, bob) -> BreakcoldKey:
    """The live key of a team that practises by now, while a lead waits for it; so its admin has a second factor."""
    give_app(alice)
    live = keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=OPERATOR)
    make_submission(team, bob)
    keys.set_environment(team=team, environment=Environment.SANDBOX, actor=OPERATOR)
    return live


def banners(browser: Browser) -> list[str]:
    found = parse(browser.get("submission_list")).all("div", class_="banner")
    return [" ".join(banner.text.split()) for banner in found]


def hold(key: BreakcoldKey, user: Any) -> None:
    keys.hold_key(team=key.team, seen=str(key.public_id), actor=actor_for(user))


def test_it_says_nothing_while_all_is_well(live, alice, browse) -> None:
    assert banners(browse(alice)) == []


def test_it_says_that_the_key_which_is_not_in_use_is_held(live, alice, bob, browse) -> None:
    hold(live, alice)
    [banner] = banners(browse(alice))
    assert banner.startswith(TITLE)
    assert f"Held by {alice.email}" in banner
    [banner] = banners(browse(bob))
    assert banner.startswith(TITLE)
    assert alice.email not in banner


def test_it_says_that_the_key_which_is_not_in_use_is_refused(live, alice, browse) -> None:
    with transaction.atomic():
        keys.pause_key(live, "Breakcold refused the key.", at=timezone.now(), actor=SYSTEM)
    [banner] = banners(browse(alice))
    assert TITLE in banner and "Breakcold refused the key." in banner


def test_it_says_that_the_key_which_is_not_in_use_is_gone(live, team, alice, browse) -> None:
    keys.revoke_key(team=team, seen=str(live.public_id), actor=actor_for(alice))
    [banner] = banners(browse(alice))
    assert TITLE in banner and "no Breakcold key at the moment" in banner


def test_it_leads_admins_to_the_key_it_speaks_of(live, key, team, alice, bob, browse) -> None:
    hold(live, alice)
    hold(key, alice)
    page = parse(browse(alice).get("submission_list"))
    links: list[Element] = [link for link in page.all("a") if "Look at the key" in link.text]
    url = f"/t/{team.slug}/settings/key/"
    assert [link.attrs["href"] for link in links] == [url, f"{url}?environment=live"]
    assert "Look at the key" not in browse(bob).get("submission_list").content.decode()


def test_it_keeps_quiet_of_a_key_nothing_waits_for(live, team, alice, browse) -> None:
    team.submissions.update(state="cancelled")
    hold(live, alice)
    assert banners(browse(alice)) == []


def test_it_names_the_sandbox_to_a_team_that_practises_without_its_key(live, key, team, alice, browse) -> None:
    keys.revoke_key(team=team, seen=str(key.public_id), actor=actor_for(alice))
    [banner] = banners(browse(alice))
    assert "no key of the practice sandbox at the moment" in banner
    assert "yet" not in banner
