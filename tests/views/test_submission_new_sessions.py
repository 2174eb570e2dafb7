"""The entry form with an old or wrong token or session: its own is handed back whole, another site gets nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from leads.models import AuditEntry, Submission

from .conftest import HTMX
from .page import lead_form, parse

VIEW = "submission_new"
HERE = {"Origin": "http://testserver"}
TYPED = {"email": "a@example.com", "icebreaker": "first\r\nsecond", "tags": ["x", "y"]}


@pytest.fixture
def strict(bob, browse):
    """Bob's browser where the token is checked as in life."""
    browser = browse(bob)
    client = Client(enforce_csrf_checks=True)
    client.raise_request_exception = False
    client.cookies = browser.client.cookies
    browser.client = client
    return browser


def handed_back(response):
    assert response.status_code == 403
    sent = parse(response).one("form", action=reverse(VIEW, args=["brewers"])).sends()
    return {name: values for name, values in sent.items() if name != "csrfmiddlewaretoken"}


@pytest.mark.parametrize("token", [None, "", "x", "a" * 64, "\0", "é" * 32])
def test_it_hands_back_a_form_of_its_own_whose_token_is_missing_or_wrong(strict, token):
    extra = {} if token is None else {"csrfmiddlewaretoken": token}
    response = strict.post(VIEW, data=TYPED | extra, headers=HERE)
    assert handed_back(response) == {"email": ["a@example.com"], "icebreaker": ["first\r\nsecond"], "tags": ["x", "y"]}
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": "https://testserver"}, {"Origin": "http://testserver.evil.example"},
     {"Origin": "http://evil.example"}, {"Origin": "http://["}, {"Origin": ""}, {"Referer": "http://evil.example/"},
     {"Referer": "http://["}, {"Origin": "http://testserver@evil.example"}, {"Origin": "http://testserver:8000"}],
    ids=str,
)  # fmt: skip
def test_it_gives_nothing_back_to_another_site(strict, headers):
    response = strict.post(VIEW, data=TYPED, headers=headers)
    assert response.status_code == 403
    assert "a@example.com" not in response.content.decode()
    assert not Submission.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="submission").exists()


def test_it_takes_a_form_again_after_a_sign_in_in_another_tab(strict, bob):
    stale = lead_form(strict.get(VIEW)).sends()
    strict.client.logout()
    strict.client.get("/accounts/login/")
    token = strict.client.cookies["portal-csrf"].value
    login = {"login": bob.email, "password": "correct horse battery", "csrfmiddlewaretoken": token}
    assert strict.client.post("/accounts/login/", login, headers=HERE).status_code == 302
    typed = stale | {"email": "a@example.com", "city": "Cork"}
    response = strict.post(VIEW, data=typed, headers=HERE)
    again = parse(response).one("form", action=strict.url(VIEW)).sends()
    assert again["city"] == ["Cork"]
    assert strict.post(VIEW, data=again, headers=HERE).status_code == 303
    assert Submission.objects.get().values["city"] == "Cork"


def test_it_takes_a_form_again_after_the_session_ended_in_the_middle_of_it(strict, bob):
    page = lead_form(strict.get(VIEW)).sends()
    strict.client.session.flush()
    typed = page | {"email": "a@example.com", "city": "Cork"}
    response = strict.post(VIEW, data=typed, headers=HERE)
    assert "You were signed out" in response.content.decode()
    again = parse(response).one("form", action=strict.url(VIEW)).sends()
    strict.client.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    third = strict.post(VIEW, data=again, headers=HERE)
    if third.status_code == 403:  # the token changed at sign-in: once more
        third = strict.post(VIEW, data=parse(third).one("form", action=strict.url(VIEW)).sends(), headers=HERE)
    assert third.status_code == 303
    assert Submission.objects.get().values["city"] == "Cork"


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_it_leaves_the_form_alone_when_htmx_has_an_old_token_or_session(strict, is_signed_in):
    if not is_signed_in:
        strict.client.logout()
    response = strict.post(VIEW, data=TYPED, headers=HERE | HTMX)
    assert response.status_code in (401, 403)
    assert response["HX-Retarget"] == "#notices"
    assert "everything you typed is still here" in response.content.decode()


@pytest.mark.parametrize("value", ["true", "false", "1", "TRUE", ""])
def test_it_changes_only_the_layout_for_a_forged_htmx_header(bob, charlie, browse, value):
    forged = {"HX-Request": value, "HX-Current-URL": "http://evil.example/", "HX-Target": "x", "HX-Boosted": "true"}
    assert browse(None).enter({"email": "a@example.com"}, headers=forged).status_code in (401, 403)
    assert browse(charlie).enter({"email": "a@example.com"}, headers=forged).status_code == 404
    assert not Submission.objects.exists()
    response = browse(bob).enter({"email": "a@example.com"}, headers=forged)
    assert response.get("HX-Redirect", response.get("Location")).startswith("/t/brewers/submissions/")
