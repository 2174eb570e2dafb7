from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django.utils import timezone

from leadportal.redaction import RedactingFormatter
from leads import outbound
from leads.models import AuditEntry, User
from leads.models.teams import Role, Source
from leads.openid import wire
from tests.factories import PASSWORD
from tests.openid.loopback import CLIENT_SECRET, OpenIDProvider, Token, running_provider, say
from tests.views.page import parse
from tests.views.test_account import AWAY

from .conftest import BEGIN, CALLBACK, NAME, come_in, is_in, make_browser, way_back

LOGIN = "/accounts/login/"
OWN = [BEGIN, CALLBACK, "/accounts/openid/link/abc/", "/accounts/connections/"]
NOT_OURS = [
    "/accounts/3rdparty/", "/accounts/3rdparty/signup/", "/accounts/3rdparty/login/error/",
    "/accounts/3rdparty/login/cancelled/", "/accounts/social/signup/", "/accounts/social/connections/",
    "/accounts/oidc/openid_connect/login/", "/accounts/oidc/openid_connect/login/callback/", "/accounts/oidc/x/login/",
]  # fmt: skip


# Without a provider


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", [*OWN, *NOT_OURS])
def test_it_is_not_there_without_a_provider(bob, sign_in, path, method):
    for client in (Client(), sign_in(bob)):
        assert getattr(client, method)(path).status_code in (404, 405)


def test_it_shows_nothing_of_it_without_a_provider(bob, sign_in, nobody):
    assert BEGIN not in nobody.get(LOGIN).content.decode()
    assert "/accounts/connections/" not in sign_in(bob).get("/t/brewers/submissions/").content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", NOT_OURS)
def test_it_has_none_of_the_library_s_own_pages(company, bob, sign_in, path, method):
    for client in (Client(), sign_in(bob)):
        assert getattr(client, method)(path).status_code == 404


# In


def test_it_lets_somebody_in_whose_group_has_a_place(team, company, nobody):
    assert parse(nobody.get(LOGIN)).one("a", href=BEGIN).text == f"Sign in with {NAME}"
    response = come_in(nobody)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert nobody.get("/t/brewers/submissions/").status_code == 200
    dora = User.objects.get()
    assert (dora.email, dora.name, dora.has_usable_password()) == ("dora@example.com", "Dora D.", False)
    assert not dora.is_staff and not dora.is_superuser
    place = dora.memberships.get()
    assert (place.team, place.role, place.source) == (team, Role.MEMBER, Source.GROUPS)
    entry = AuditEntry.objects.get(action="member.added")
    assert (entry.actor_kind, entry.actor_id, entry.subject_id) == ("system", None, dora.public_id)
    assert entry.details == {"role": "member", "by": "groups"}
    assert entry.request_id and entry.ip_digest


def test_it_asks_with_state_nonce_and_verifier(team, company, nobody):
    asked = [parse_qs(urlsplit(nobody.get(BEGIN)["Location"]).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) >= 16 and asked[0][name] != asked[1][name]
    assert asked[0]["redirect_uri"] == [f"http://testserver{CALLBACK}"]


def test_it_asks_for_nothing_a_link_adds(team, company, nobody):
    begun = nobody.get(BEGIN, {"scope": "admin", "auth_params": "prompt=none&redirect_uri=//x", "process": "connect"})
    asked = parse_qs(urlsplit(begun["Location"]).query)
    assert asked["scope"] == ["openid email profile"] and "prompt" not in asked
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    assert come_in(nobody, process="connect").status_code == 302 and is_in(nobody)


def test_it_sends_people_back_to_the_portal_s_own_address_alone(team, company, nobody, settings):
    settings.ALLOWED_HOSTS = ["*"]
    asked = parse_qs(urlsplit(nobody.get(BEGIN, headers={"host": "evil.example"})["Location"]).query)
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]


def test_it_leads_on_to_the_page_that_was_asked_for(team, company, nobody):
    wanted = nobody.get("/t/brewers/submissions/?q=a%20b&mine=on")["Location"]
    button = parse(nobody.get(wanted)).one("a", class_="button block").attrs["href"]
    assert come_in(nobody, button)["Location"] == "/t/brewers/submissions/?q=a%20b&mine=on"


@pytest.mark.parametrize("target", AWAY[:12], ids=ascii)
def test_it_leads_nobody_away(team, company, nobody, target):
    assert come_in(nobody, next=target)["Location"] == "/"


def test_it_makes_a_new_session(team, company, nobody):
    back = way_back(nobody)
    before = nobody.session.session_key
    nobody.get(back)
    assert is_in(nobody) and nobody.session.session_key != before
    old = Client()
    old.cookies["portal-session"] = before
    assert old.get("/t/brewers/submissions/").status_code == 302


def test_it_asks_the_provider_again_within_the_day(team, company, nobody):
    come_in(nobody)
    ends = nobody.session.get_expiry_date()
    assert timedelta(hours=11) < ends - timezone.now() <= timedelta(hours=12)
    session = nobody.session
    session["touched"] = True
    session.save()
    assert nobody.session.get_expiry_date() == ends


def test_it_ends_a_password_s_session_with_the_browser(bob, company, nobody):
    nobody.post(LOGIN, {"login": bob.email, "password": PASSWORD})
    assert nobody.session.get_expire_at_browser_close()


def test_it_sends_nobody_who_is_in_already(bob, company, sign_in):
    assert sign_in(bob).get(BEGIN)["Location"] == "/"
    assert company.seen == []


def test_it_keeps_the_password_beside_it(bob, company, nobody):
    nobody.post(LOGIN, {"login": bob.email, "password": PASSWORD})
    assert is_in(nobody)


# Not in


def out(client: Client, back: str, status: int) -> str:
    response = client.get(back)
    assert response.status_code == status and not is_in(client)
    assert SocialAccount.objects.count() == 0 and User.objects.filter(email="dora@example.com").count() == 0
    return " ".join(parse(response).one("main").text.split())


def test_it_takes_no_answer_twice(team, company, nobody):
    back = way_back(nobody)
    nobody.get(back)
    nobody.post("/accounts/logout/")
    assert nobody.get(back).status_code == 400 and not is_in(nobody)


def test_it_takes_no_answer_begun_in_another_browser(team, company, nobody):
    """Else somebody could be signed in as somebody else without noticing."""
    assert "no longer open" in out(make_browser(), way_back(nobody), 400)


def test_it_takes_no_answer_that_took_too_long(team, company, nobody):
    back = way_back(nobody)
    session = nobody.session
    for state in session["socialaccount_states"].values():
        state[1] = time.time() - 601
    session.save()
    assert "too long" in out(nobody, back, 400)


@pytest.mark.parametrize("query", ["", "?code=x", "?state=", "?code=x&state=x", "?state=%00&code=%00", "?error=x"])
def test_it_takes_no_answer_to_nothing(team, company, nobody, query):
    out(nobody, CALLBACK + query, 400)
    assert company.seen == []


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("error=access_denied", 403, "called off"),
        ("error=server_error&error_description=canary", 502, "does not answer"),
        ("error=access_denied&code=x", 403, "called off"),
        ("", 502, "does not answer"),
        ("code=never-given", 502, "does not answer"),
        ("code=x&iss=https://evil.example", 403, "could not be trusted"),
    ],
)
def test_it_says_what_became_of_a_sign_in_that_failed(team, company, nobody, query, status, words):
    state = parse_qs(urlsplit(nobody.get(BEGIN)["Location"]).query)["state"][0]
    text = out(nobody, f"{CALLBACK}?state={state}&{query}", status)
    assert words in text and "canary" not in text


def drop_the_signature(token: Token) -> None:
    token.after = lambda text: text.rpartition(".")[0] + "."


@pytest.mark.parametrize(
    "twist",
    [lambda token: token.claims.update(nonce="x"), lambda token: token.claims.update(aud="x"), drop_the_signature],
)
def test_it_lets_nobody_in_by_a_wrong_token(team, company, nobody, twist):
    """tests/openid has all the ways in which one can be wrong."""
    company.twist = twist
    assert "could not be trusted" in out(nobody, way_back(nobody), 403)


def test_it_lets_nobody_in_twice_by_one_token(team, company, nobody):
    kept: list[str] = []

    def replay(token: Token) -> None:
        token.after = lambda text: kept.append(text) or kept[0]

    company.twist = replay
    come_in(nobody)
    other = make_browser()
    assert come_in(other).status_code == 403 and not is_in(other)


def slow(handler: Any) -> None:
    handler.connection.settimeout(20)
    while handler.connection.recv(1024):
        pass


FAULTS = {
    "slow": slow,
    "garbage": lambda handler: say(handler, b"<html>\x00"),
    "no object": lambda handler: say(handler, []),
    "huge": lambda handler: say(handler, b" " * (outbound.MAX_ANSWER_BYTES + 1)),
    "an error": lambda handler: say(handler, {"error": "canary"}, 500),
}


@pytest.mark.parametrize("step", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("fault", FAULTS)
def test_it_has_one_plain_page_for_a_provider_in_trouble(team, company, nobody, monkeypatch, step, fault):
    monkeypatch.setattr(wire, "CALL_SECONDS", 0.4)
    back = way_back(nobody)
    company.faults[step] = FAULTS[fault]
    assert f"{NAME} does not answer" in out(nobody, back, 502)
    if step.startswith("/.well"):
        assert f"{NAME} does not answer" in out(nobody, BEGIN, 502)


def test_it_limits_how_often_one_machine_may_begin(team, company, nobody, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip"}
    assert [nobody.get(BEGIN).status_code for _ in range(4)] == [302, 302, 302, 429]


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "HEAD"])
@pytest.mark.parametrize("path", [BEGIN, CALLBACK])
def test_it_has_get_alone(team, company, nobody, path, verb):
    assert nobody.generic(verb, path).status_code == 405


# Secrets


def test_it_shows_the_secret_and_the_tokens_nowhere(team, company: OpenIDProvider, nobody, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(RedactingFormatter("%(message)s"))
    tokens: list[str] = []

    def keep(token: Token) -> None:
        token.after = lambda text: tokens.append(text) or text

    company.twist = keep
    texts = [nobody.get(LOGIN).content.decode(), str(come_in(nobody).headers)]
    texts += [nobody.get(path).content.decode() for path in ("/accounts/connections/", "/t/brewers/audit/")]
    company.faults["/token"] = lambda handler: say(handler, {"error": CLIENT_SECRET, "seen": tokens[0]}, 400)
    texts.append(come_in(make_browser()).content.decode())
    texts.append(caplog.text)
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            texts.append(str(cursor.fetchall()))
    assert tokens and company.access_tokens
    secrets = {CLIENT_SECRET, *company.access_tokens, *(token.split(".")[2] for token in tokens)}
    assert [secret for secret in secrets for text in texts if secret in text] == []
    assert "openid: sign-in failed" in caplog.text


def test_it_keeps_nothing_the_provider_told_beyond_the_subject(team, company, nobody):
    come_in(nobody)
    link = SocialAccount.objects.get()
    assert (link.uid, link.extra_data) == ("dora-1", {})
    come_in(make_browser())
    assert SocialAccount.objects.get().extra_data == {}


def test_it_knows_another_issuer_s_people_as_others(team, company, nobody, settings):
    """The same subject at another provider is somebody else."""
    come_in(nobody)
    with running_provider() as elsewhere:
        elsewhere.callback = company.callback
        elsewhere.person = {"sub": "dora-1", "email": "eve@example.com", "groups": ["sales"]}
        settings.OIDC_ISSUER = elsewhere.issuer
        other = make_browser()
        come_in(other)
    assert other.session["_auth_user_id"] != nobody.session["_auth_user_id"]
    known = set(SocialAccount.objects.values_list("user__email", "uid"))
    assert known == {("dora@example.com", "dora-1"), ("eve@example.com", "dora-1")}
