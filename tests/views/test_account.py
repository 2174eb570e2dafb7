from __future__ import annotations

import pytest
from django.test import Client

from leads.models import User
from tests.factories import PASSWORD

from .page import parse

LOGIN = "/accounts/login/"


@pytest.fixture
def nobody(db):
    client = Client()
    client.raise_request_exception = False
    return client


def test_it_signs_in_with_the_email_in_any_case(bob, nobody):
    response = nobody.post(LOGIN, {"login": "BOB@example.com", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert nobody.get("/t/brewers/submissions/").status_code == 200


def test_it_makes_a_new_session_at_sign_in(bob, nobody):
    nobody.cookies["portal-session"] = "chosen-by-somebody-else"
    nobody.post(LOGIN, {"login": bob.email, "password": PASSWORD})
    morsel = nobody.cookies["portal-session"]
    assert morsel.value != "chosen-by-somebody-else"
    assert morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/"


@pytest.mark.parametrize(
    ("login", "password"),
    [("bob@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("", ""), ("bob@example.com", ""), ("\0", "\0"),
     ("x" * 10_000, "y" * 10_000), ("' OR 1=1--", "x"), ("bob@example.com\0", PASSWORD), ("\ufb01", "x")],
)  # fmt: skip
def test_it_lets_nobody_in_who_does_not_know_the_password(bob, nobody, login, password):
    response = nobody.post(LOGIN, {"login": login, "password": password})
    assert response.status_code == 200
    page = parse(response)
    assert page.all(role="alert")
    assert page.one("input", name="login").attrs.get("value", "") == login
    assert "value" not in page.one("input", name="password").attrs
    assert nobody.get("/t/brewers/submissions/").status_code == 302


def test_it_says_the_same_of_a_wrong_password_and_of_an_unknown_person(bob, nobody):
    texts = []
    for login in ("bob@example.com", "who@example.com"):
        page = parse(nobody.post(LOGIN, {"login": login, "password": "wrong"}))
        texts.append(" ".join(" ".join(element.text.split()) for element in page.all(role="alert")))
    assert texts[0] == texts[1]


AWAY = [
    "http://evil.example", "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example", "\t//evil.example", "http:///evil.example", "http:evil.example", "javascript:alert(1)",
    "data:text/html,x",
    "/%09/evil.example", "//evil%E3%80%82example", "https:evil.example", "http://testserver@evil.example",
    "http://testserver.evil.example",
    "//testserver@evil.example", "\u2028//evil.example", "/\r\n/evil.example", "/\r\nSet-Cookie: a=b", "http://[::1",
    "//", "\0//evil.example",
    "http://evil.example\\@testserver", "HTTPS://EVIL.EXAMPLE", "ftp://testserver/", "//////evil.example/..",
    "/..//evil.example", "\x00",
]  # fmt: skip


@pytest.mark.parametrize("target", AWAY, ids=ascii)
def test_it_leads_nobody_away_after_sign_in(bob, nobody, target):
    page = nobody.get(LOGIN, {"next": target})
    assert page.status_code == 200
    response = nobody.post(LOGIN, {"login": bob.email, "password": PASSWORD, "next": target})
    assert response.status_code == 302
    where = response["Location"]
    assert where == "/" or (where.startswith("/") and not where.startswith(("//", "/\\")) and "\r" not in where)
    assert "Set-Cookie: a" not in str(response.headers)


def test_it_leads_back_to_the_page_that_was_asked_for(bob, nobody):
    where = nobody.get("/t/brewers/submissions/?q=a%20b&mine=on")["Location"]
    form = parse(nobody.get(where)).one("form", action=LOGIN).sends()
    response = nobody.post(LOGIN, form | {"login": bob.email, "password": PASSWORD})
    assert response["Location"] == "/t/brewers/submissions/?q=a%20b&mine=on"


def test_it_lets_nobody_sign_up(nobody):
    response = nobody.get("/accounts/signup/")
    assert "form" not in {element.tag for element in parse(response).one("main").walk()}
    data = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    nobody.post("/accounts/signup/", data)
    assert not User.objects.filter(email="new@example.com").exists()


def test_it_signs_out_only_when_asked_by_post(bob, browse):
    client = browse(bob).client
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/t/brewers/submissions/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/t/brewers/submissions/").status_code == 302


def test_it_shuts_out_at_once_who_was_switched_off(bob, browse):
    browser = browse(bob)
    assert browser.get("submission_list").status_code == 200
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert browser.get("submission_list").status_code == 302
    assert browser.enter({"email": "a@example.com"}).status_code == 403


def test_it_shuts_out_at_once_who_left_the_team(team, bob, browse):
    browser = browse(bob)
    team.memberships.filter(user=bob).delete()
    assert browser.get("submission_list").status_code == 404
    assert browser.enter({"email": "a@example.com"}).status_code == 404


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/change/",
"/accounts/logout/",
                                  "/accounts/email/", "/accounts/reauthenticate/", "/accounts/inactive/"])  # fmt: skip
def test_it_has_a_page_for_everything_about_the_account(bob, browse, path):
    for user in (bob, None):
        response = browse(user).client.get(path)
        assert response.status_code in (200, 302, 404)
        if response.status_code == 200:
            assert parse(response).all("h1")


@pytest.mark.parametrize("place", ["email/", "confirm-email/", "confirm-email/abc/", "login/code/confirm/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_lets_nobody_change_the_address_they_are_known_by(bob, sign_in, place, method):
    """The audit log names people by it."""
    client = sign_in(bob)
    answer = getattr(client, method)(f"/accounts/{place}", {"email": "other@example.com", "action_add": ""})
    assert answer.status_code == 404
    assert list(bob.emailaddress_set.values_list("email", flat=True)) == [bob.email]


@pytest.mark.django_db
def test_it_writes_to_no_stranger(client, mailoutbox):
    client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert mailoutbox == []
