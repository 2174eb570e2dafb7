"""What a click on the key page does: hold, release, revoke, check, practise, go live."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from leads.audit import OPERATOR
from leads.models import AuditEntry, BreakcoldKey
from leads.models.keys import KeyStatus
from leads.services import keys
from leads.views.keys import DEEDS
from tests.factories import actor_for, give_app, make_submission
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from . import questions
from .conftest import HTMX, Browser
from .page import parse

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"


def click(browser: Browser, deed: str, key: BreakcoldKey | None = None, **kwargs: Any) -> Any:
    return browser.post("key_act", deed, data={"seen": str(key.public_id) if key else ""}, **kwargs)


def notices(browser: Browser) -> str:
    return " ".join(parse(browser.get("key_detail")).one("div", id="notices").text.split())


def words(response: Any) -> str:
    return " ".join(parse(response).one("main").text.split())


def newest() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


@pytest.mark.parametrize("deed", DEEDS)
def test_it_is_for_admins(deed, team, key, alice, bob, carol, charlie, browse) -> None:
    before = AuditEntry.objects.count()
    for user in (bob, carol):
        assert click(browse(user), deed, key).status_code == 403
    questions.hides_other_teams(browse(charlie), "post", "key_act", deed)
    questions.tells_htmx_among_the_notices(browse(None), "post", "key_act", deed)
    questions.rejects(browse(alice), "GET HEAD PUT PATCH DELETE", "key_act", deed)
    assert AuditEntry.objects.count() == before


def test_it_knows_no_other_deed(key, alice, browse) -> None:
    assert click(browse(alice), "steal", key).status_code == 404


def test_it_holds_and_goes_on(key, team, alice, bob, browse) -> None:
    make_submission(team, bob)
    browser = browse(alice)
    assert click(browser, "hold", key).status_code == 303
    assert "The queue is held. 1 lead waits and is safe." in notices(browser)
    key.refresh_from_db()
    assert (key.held_by, newest().action, newest().actor_id) == (alice, "key.held", alice.public_id)
    page = words(browser.get("key_detail"))
    assert f"Held by {alice.email}" in page and "Nothing is on the way any more" in page
    assert click(browser, "release", key).status_code == 303
    assert "The queue goes on with the key that ends in 0001." in notices(browser)
    assert newest().action == "key.released"


def test_it_revokes_after_saying_how_many_wait(key, team, alice, bob, browse) -> None:
    for number in range(2):
        make_submission(team, bob, email=f"lead{number}@example.com")
    browser = browse(alice)
    assert "2 leads wait for it and stay safe in the queue." in words(browser.get("key_detail"))
    assert click(browser, "revoke", key).status_code == 303
    assert "2 leads wait for another one. Delete it in Breakcold too" in notices(browser)
    key.refresh_from_db()
    assert (key.status, key.sealed, newest().action) == (KeyStatus.REVOKED, "", "key.revoked")
    assert "No key Leads wait" in words(browser.get("key_detail"))


def test_it_checks_now_but_not_at_once_again(key, alice, browse) -> None:
    cache.clear()
    browser = browse(alice)
    assert click(browser, "check", key).status_code == 303
    assert "It works. Breakcold says it belongs to Sandbox owner." in notices(browser)
    again = click(browser, "check", key)
    assert again.status_code == 422 and "a moment ago" in words(again)


def test_it_says_what_a_check_found(key, alice, browse, sandbox) -> None:
    cache.clear()
    sandbox.revoke(SANDBOX_KEY)
    response = click(browse(alice), "check", key)
    assert response.status_code == 422
    assert "Breakcold does not accept this key (401)" in words(response)
    assert "It does not work" in words(response)


@pytest.mark.parametrize("deed", ["hold", "release", "revoke", "check"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_tells_the_second_admin_that_the_key_is_another(deed, headers, key, team, alice, browse) -> None:
    keys.replace_key(
        team=team,
        plain=OTHER_SANDBOX_KEY,
        environment=key.environment,
        seen=str(key.public_id),
        other_owner=None,
        actor=actor_for(alice),
    )
    before = AuditEntry.objects.count()
    response = click(browse(alice), deed, key, headers=headers)
    assert response.status_code == 422
    assert "0002" in response.content.decode()
    assert parse(response).all("div", role="alert")
    assert AuditEntry.objects.count() == before


def test_it_practises_and_goes_live_again(team, alice, bob, browse, sandbox) -> None:
    give_app(alice)
    keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=OPERATOR)
    make_submission(team, bob)
    browser = browse(alice)
    assert "1 lead waits and still goes to Breakcold." in words(browser.get("key_detail"))
    assert click(browser, "practice").status_code == 303
    team.refresh_from_db()
    assert team.is_practice
    assert "The team practises: new leads go to the sandbox. 1 lead still goes to Breakcold." in notices(browser)
    page = browser.get("key_detail")
    assert "Go live with …0001" in words(page)
    assert parse(page).one("p", class_="practice")
    assert click(browser, "live").status_code == 303
    assert "The team is live: new leads go to Breakcold." in notices(browser)
    assert newest().action == "team.environment_changed"
    assert not parse(browser.get("key_detail")).all("p", class_="practice")


def test_it_says_what_to_do_without_a_live_key(key, alice, browse) -> None:
    browser = browse(alice)
    assert "Paste it and go live" in words(browser.get("key_detail"))
    response = click(browser, "live")
    assert response.status_code == 422 and "no Breakcold key to go live with" in words(response)


@pytest.mark.parametrize("name", ["submission_list", "submission_new", "audit_list", "field_reference", "key_detail"])
def test_every_page_says_that_the_team_practises(name, key, alice, browse) -> None:
    assert "Practice" in parse(browse(alice).get(name)).one("p", class_="practice").text


def test_a_practice_lead_is_marked_wherever_it_is_shown(key, team, alice, bob, browse) -> None:
    practice = make_submission(team, bob)
    keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=OPERATOR)
    real = make_submission(team, bob, email="real@example.com")
    browser = browse(bob)
    rows = parse(browser.get("submission_list"))
    assert "Practice" in rows.one("tr", id=f"submission-{practice.public_id}").text
    assert "Practice" not in rows.one("tr", id=f"submission-{real.public_id}").text
    for lead, is_marked in ((practice, True), (real, False)):
        article = parse(browser.get("submission_detail", lead.public_id)).one("article")
        assert ("Practice" in [badge.text.strip() for badge in article.all("span", class_="badge")]) is is_marked


# The banner on every page


def banner(browser: Browser) -> str:
    found = parse(browser.get("submission_list")).one("main").all("div", class_="banner")
    return " ".join(found[0].text.split()) if found else ""


def test_it_tells_admins_more_than_others(key, team, alice, bob, browse) -> None:
    assert banner(browse(alice)) == banner(browse(bob)) == ""
    BreakcoldKey.objects.update(status=KeyStatus.PAUSED, last_trouble="Breakcold does not accept the team's key.")
    assert "does not accept the team's key. They are safe" in banner(browse(bob))
    assert "Look at the key" in banner(browse(alice)) and "Look at the key" not in banner(browse(bob))


def test_it_shows_a_hold_that_was_forgotten(key, team, alice, bob, browse) -> None:
    keys.hold_key(team=team, seen=str(key.public_id), actor=actor_for(alice))
    assert f"Held by {alice.email}" in banner(browse(alice))
    plain = banner(browse(bob))
    assert "They are safe" in plain and alice.email not in plain
