from __future__ import annotations

import time

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from leads.services import people, tokens
from tests.factories import OPERATOR, PASSWORD, actor_for

from .conftest import HTMX
from .page import parse

LOGIN, SESSIONS, LEADS = "/accounts/login/", "/accounts/sessions/", "/t/brewers/submissions/"
POLL = {**HTMX, "X-Portal-Poll": "1"}


@pytest.fixture
def clock(monkeypatch):
    now = [time.time()]
    monkeypatch.setattr("time.time", lambda: now[0])
    return now


def come_in(user, agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0 Safari/537.36") -> Client:
    client = Client(headers={"User-Agent": agent})
    assert client.post(LOGIN, {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(LEADS).status_code == 200


def test_it_ends_when_nobody_used_it_for_half_an_hour(bob, clock):
    client = come_in(bob)
    for _ in range(3):
        clock[0] += 29 * 60
        assert is_in(client)
    clock[0] += 30 * 60
    assert client.get(LEADS)["Location"].startswith(LOGIN)
    assert "_auth_user_id" not in client.session


def test_what_a_page_asks_by_itself_is_no_use_of_it(bob, clock):
    client = come_in(bob)
    for _ in range(3):
        clock[0] += 9 * 60
        assert client.get(LEADS, headers=POLL).status_code == 200
    clock[0] += 4 * 60
    assert client.get(LEADS, headers=POLL).status_code == 401


def test_it_ends_after_twelve_hours_whatever_happens(bob, clock):
    client = come_in(bob)
    for _ in range(35):
        clock[0] += 20 * 60
        assert is_in(client)
    clock[0] += 20 * 60
    assert not is_in(client)


def test_what_is_typed_when_it_ends_is_handed_back(bob, clock):
    client = come_in(bob)
    clock[0] += 31 * 60
    page = client.post(f"{LEADS}new/", {"email": "a@example.com", "icebreaker": "Good day"})
    assert page.status_code == 403
    assert parse(page).one("form", method="post").sends()["icebreaker"] == ["Good day"]


def test_it_shows_where_one_is_signed_in_and_ends_the_others(bob):
    here, there = come_in(bob), come_in(bob, "Mozilla/5.0 (iPhone) Version/18 Safari/604")
    page = parse(here.get(SESSIONS)).one("main").text
    assert "Chrome on Linux" in page and "Safari on iPhone" in page and page.count("This browser") == 1
    assert here.post(SESSIONS, {"which": "others"})["Location"] == SESSIONS
    assert is_in(here) and not is_in(there)
    page = parse(here.get(SESSIONS)).one("main").text
    assert "Chrome on Linux" in page and "iPhone" not in page
    assert UserSession.objects.filter(user=bob).count() == 1


def test_it_signs_out_everywhere(bob):
    here, there = come_in(bob), come_in(bob)
    assert here.post(SESSIONS, {"which": "all"})["Location"] == LOGIN
    assert not is_in(here) and not is_in(there)


def test_a_new_password_ends_every_session(bob):
    here, there = come_in(bob), come_in(bob)
    new = "a different horse 42"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert not is_in(there) and not is_in(here)


def test_whoever_is_switched_off_is_out_at_once_and_so_are_their_tokens(team, bob, client):
    """At the next request, also of a page that asks by itself; switched on again, the old session stays ended."""
    browser = come_in(bob)
    _, plain = tokens.issue_token(team=team, name="Script", actor=actor_for(bob))
    assert client.get("/rest/me", headers={"X-API-KEY": plain}).status_code == 200
    people.switch(user=bob, is_on=False, actor=OPERATOR)
    assert browser.get(LEADS, headers=POLL).status_code == 401
    assert browser.get(LEADS).status_code == 302
    assert client.get("/rest/me", headers={"X-API-KEY": plain}).status_code == 401
    people.switch(user=bob, is_on=True, actor=OPERATOR)
    assert not is_in(browser)
    assert client.get("/rest/me", headers={"X-API-KEY": plain}).status_code == 200


def test_signing_out_leaves_nothing_behind_in_the_browser(bob):
    client = come_in(bob)
    before = client.cookies["portal-session"].value
    answer = client.post("/accounts/logout/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert client.cookies["portal-session"].value != before and not is_in(client)
