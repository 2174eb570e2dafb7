"""The key page: what it shows, and a key that is pasted into it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from leads.audit import OPERATOR
from leads.models import AuditEntry, BreakcoldKey, Submission
from leads.models.keys import KeyStatus
from leads.models.teams import Environment
from leads.services import keys
from tests.factories import actor_for, give_app, make_submission
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from . import questions
from .conftest import HTMX, Browser
from .page import parse

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"


def paste(browser: Browser, plain: str = OTHER_SANDBOX_KEY, headers: Any = None, **data: str) -> Any:
    """Fill the page's own form in and send it."""
    page = parse(browser.get("key_detail", query="?environment=" + data.get("environment", "sandbox")))
    sent = {name: values[0] for name, values in page.one("form", id="key-form").sends().items()}
    return browser.post("key_detail", data={**sent, "breakcold_key": plain, **data}, headers=headers)


def words(response: Any) -> str:
    return " ".join(parse(response).one("main").text.split())


def part(response: Any) -> str:
    """What htmx got."""
    return " ".join(parse(response).one("div", id="key").text.split())


def actions(team: Any) -> list[str]:
    rows = AuditEntry.objects.filter(team=team).order_by("sequence").values_list("action", flat=True)
    return [action for action in rows if action.startswith(("key.", "team.env"))]


# The questions every page answers


def test_it_is_for_admins(team, key, alice, bob, carol, charlie, browse) -> None:
    assert browse(alice).get("key_detail").status_code == 200
    for user in (bob, carol):
        assert browse(user).get("key_detail").status_code == 403
        assert browse(user).post("key_detail", data={"breakcold_key": OTHER_SANDBOX_KEY}).status_code == 403
    for method in ("get", "post"):
        questions.hides_other_teams(browse(charlie), method, "key_detail")
        questions.tells_htmx_among_the_notices(browse(None), method, "key_detail")
    questions.asks_to_sign_in(browse(None), "key_detail")
    questions.rejects(browse(alice), "PUT PATCH DELETE", "key_detail")
    questions.answers_head(browse(alice), "key_detail")
    assert keys.find_current_key(team) == key


def test_it_gives_htmx_the_fragment(key, alice, browse) -> None:
    questions.gives_htmx_the_fragment(browse(alice), "key", "key_detail")


def test_it_knows_two_environments(key, alice, browse) -> None:
    assert browse(alice).get("key_detail", query="?environment=elsewhere").status_code == 404
    assert browse(alice).post("key_detail", data={"environment": "elsewhere"}).status_code == 404


# What it shows


def test_it_shows_what_is_kept_of_a_key(team, alice, bob, browse, sandbox) -> None:
    key = keys.set_key(team=team, plain=SANDBOX_KEY, environment=Environment.SANDBOX, actor=actor_for(alice))
    for number in range(2):
        make_submission(team, bob, email=f"lead{number}@example.com")
    now = timezone.now()
    BreakcoldKey.objects.filter(pk=key.pk).update(
        last_success_at=now, last_trouble="Breakcold could not be reached.", last_trouble_at=now
    )
    response = browse(alice).get("key_detail")
    facts = " ".join(parse(response).one("dl", class_="facts").text.split())
    for text in ("…0001", key.fingerprint, "Practice sandbox", "Sandbox owner", alice.email, "could not be reached"):
        assert text in facts
    assert "2 leads wait for it. They are safe." in words(response)
    assert SANDBOX_KEY not in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "Ready"),
        ({"last_success_at": timezone.now()}, "It works"),
        ({"status": KeyStatus.PAUSED, "last_trouble": "It was refused."}, "It does not work It was refused."),
        ({"probe_at": timezone.now()}, "No clear answers just now"),
        ({"held_at": timezone.now()}, "The queue is held"),
    ],
)
def test_it_says_how_it_stands_with_the_key(changes, says, key, alice, browse) -> None:
    BreakcoldKey.objects.filter(pk=key.pk).update(**changes)
    page = parse(browse(alice).get("key_detail"))
    assert says in " ".join(page.one("section", id="key-state").text.split())


def test_it_asks_for_a_first_key(team, alice, browse) -> None:
    response = browse(alice).get("key_detail")
    assert "No key Leads wait" in words(response)
    box = parse(response).one("input", name="breakcold_key")
    assert (box.attrs["type"], box.attrs["autocomplete"], box.attrs.get("value")) == ("password", "off", None)


def test_it_watches_the_queue_without_touching_the_form(key, team, alice, bob, browse) -> None:
    make_submission(team, bob)
    browser = browse(alice)
    waiting = parse(browser.get("key_detail")).one("p", id="key-waiting")
    assert waiting.attrs["hx-select"] == "#key-waiting"
    assert browser.client.get(waiting.attrs["hx-get"], headers=HTMX).status_code == 204
    Submission.objects.all().delete()
    again = parse(browser.client.get(waiting.attrs["hx-get"], headers=HTMX)).one("p", id="key-waiting")
    assert "No lead waits." in again.text
    assert "hx-get" not in again.attrs


# A key that is taken


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_takes_the_place_of_the_old_one(headers, key, team, alice, bob, browse) -> None:
    make_submission(team, bob)
    browser = browse(alice)
    response = paste(browser, headers=headers)
    if headers:
        assert response["HX-Redirect"] == browser.url("key_detail")
    else:
        assert (response.status_code, response["Location"]) == (303, browser.url("key_detail"))
    after = words(browser.get("key_detail"))
    assert "The key that ends in 0002 works and is kept. It belongs to Sandbox owner. 1 lead goes out with" in after
    new = keys.find_current_key(team)
    assert (new.last4, new.set_by, new.held_at) == ("0002", alice, None)
    assert actions(team)[-3:] == ["key.held", "key.replaced", "key.set"]


def test_it_says_that_spaces_were_removed(key, team, alice, browse) -> None:
    browser = browse(alice)
    assert paste(browser, f"\t {OTHER_SANDBOX_KEY} \r\n").status_code == 303
    assert "Spaces or line ends around it were removed." in words(browser.get("key_detail"))
    assert keys.find_current_key(team).last4 == "0002"


def test_it_brings_a_first_live_key_and_goes_live(key, team, alice, browse, sandbox, settings) -> None:
    give_app(alice)
    settings.BREAKCOLD_BASE_URL = sandbox.url
    sandbox.fault("body", method="GET", path="/rest/me", status=200, body={"full_name": "Real Owner"}, key=LIVE_KEY)
    browser = browse(alice)
    assert paste(browser, LIVE_KEY, environment="live").status_code == 303
    team.refresh_from_db()
    assert not team.is_practice
    assert "It belongs to Real Owner" in words(browser.get("key_detail"))


# A key that is refused


REFUSED = {
    "empty": ("", "The key is empty"),
    "the newer kind": ("bc_live_0123456789abcdef", "newer API"),
    "one of ours": ("lpt_0123456789abcdef01234567", "token of this portal"),
    "live as sandbox": (LIVE_KEY, "not a key of the practice sandbox"),
    "with a space": ("breakcold-usr-sandbox 0123456789", "a space or a line break inside"),
    "with a line break": ("breakcold-usr-sandbox-01\r\nX-Evil: 1", "a space or a line break inside"),
    "with a NUL": ("breakcold-usr-sandbox-\x00-0123456", "perhaps hidden ones"),
    "too long": ("breakcold-usr-sandbox-" + "x" * 600, "longer than 500"),
    "too short": ("tiny-k", "shorter than 8"),
    "the one it has": (SANDBOX_KEY, "the team has already"),
}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses_and_does_not_repeat_what_was_pasted(what, headers, key, team, alice, browse) -> None:
    plain, says = REFUSED[what]
    response = paste(browse(alice), plain, headers=headers)
    assert response.status_code == 422
    assert says in " ".join(parse(response).one("div", id="message-breakcold_key").text.split())
    box = parse(response).one("input", name="breakcold_key")
    assert "value" not in box.attrs and "data-focus" in box.attrs
    assert not plain or plain not in response.content.decode()
    assert keys.find_current_key(team) == key


def test_it_refuses_a_sandbox_key_for_breakcold(key, team, alice, browse) -> None:
    response = paste(browse(alice), OTHER_SANDBOX_KEY, environment="live")
    assert (response.status_code, keys.find_key(team, Environment.LIVE)) == (422, None)
    assert "of the practice sandbox, not of Breakcold" in words(response)


@pytest.mark.parametrize("status", [302, 401, 403, 404, 429, 500])
def test_it_says_what_breakcold_said_and_keeps_the_old_key(status, key, team, alice, browse, sandbox) -> None:
    sandbox.fault("echo", status=status, method="GET", path="/rest/me")
    response = paste(browse(alice))
    assert response.status_code == 422
    assert "The key was not kept: " in words(response)
    assert OTHER_SANDBOX_KEY not in response.content.decode()
    assert (keys.find_current_key(team), keys.find_current_key(team).held_at) == (key, None)


def test_it_keeps_the_hold_when_the_new_key_fails(key, team, alice, browse, sandbox) -> None:
    keys.hold_key(team=team, seen=str(key.public_id), actor=actor_for(alice))
    sandbox.fault("status", status=500, method="GET", path="/rest/me")
    response = paste(browse(alice))
    page = words(response)
    assert "The queue is held" in page and "Go on with the old key" in page and "trouble of its own" in page


# Another owner, another admin


def test_it_asks_once_whether_another_user_is_meant(key, team, alice, browse, sandbox) -> None:
    BreakcoldKey.objects.filter(pk=key.pk).update(owner_label="Sandbox owner")
    other = {"method": "GET", "path": "/rest/me", "status": 200, "body": {"full_name": "<b>Zoë</b>"}}
    sandbox.fault("body", **other)
    browser = browse(alice)
    response = paste(browser)
    assert response.status_code == 422
    tick = parse(response).one("input", name="other_owner")
    assert tick.attrs["value"] == "<b>Zoë</b>" and "checked" not in tick.attrs
    assert OTHER_SANDBOX_KEY not in response.content.decode()
    assert keys.find_current_key(team) == key
    sandbox.fault("body", **other)
    assert paste(browser, other_owner=tick.attrs["value"]).status_code == 303
    assert keys.find_current_key(team).owner_label == "<b>Zoë</b>"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_it_tells_the_second_admin_what_changed(headers, key, team, alice, browse) -> None:
    browser = browse(alice)
    seen = str(key.public_id)
    assert paste(browser).status_code == 303
    new = keys.find_current_key(team)
    response = paste(browser, f"{SANDBOX_KEY}-third", seen=seen, headers=headers)
    assert response.status_code == 422
    assert f"{alice.email} set the key that ends in 0002" in (part(response) if headers else words(response))
    assert parse(response).one("form", id="key-form").sends()["seen"] == [str(new.public_id)]
    assert keys.find_current_key(team) == new


# A session that ended, a form that is old


def test_it_hands_no_key_back_when_the_session_ended(team, key, browse) -> None:
    response = browse(None).post("key_detail", data={"breakcold_key": OTHER_SANDBOX_KEY, "seen": ""})
    assert response.status_code == 403
    assert OTHER_SANDBOX_KEY not in response.content.decode()
    assert "never shown again" in words(response)
    assert not parse(response).one("main").all("form")


def test_it_hands_no_key_back_when_the_token_is_old(team, key, alice, browse) -> None:
    browser = browse(alice)
    browser.client.handler.enforce_csrf_checks = True
    response = browser.post(
        "key_detail", data={"breakcold_key": OTHER_SANDBOX_KEY}, headers={"Origin": "http://testserver"}
    )
    assert response.status_code == 403
    assert OTHER_SANDBOX_KEY not in response.content.decode()
    assert keys.find_current_key(team) == key


def test_it_says_that_an_operator_set_a_key(key, alice, browse) -> None:
    assert "by an operator" in words(browse(alice).get("key_detail"))
    assert OPERATOR.user is None
