"""The page behind an invitation's link, for whoever opens it."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.db import connection
from django.test import Client
from django.utils import timezone

from leadportal.redaction import RedactingFormatter
from leads.models import AuditEntry, Invitation, Membership, User
from leads.services import invitations, members
from leads.views.invitations import masked
from tests.factories import OPERATOR, PASSWORD, actor_for

from .page import errors_of, parse
from .test_members import words

TYPED = {"name": "Dora Daly", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def nobody():
    client = Client()
    client.raise_request_exception = False
    return client


@pytest.fixture
def link(team, alice):
    return make_link(team, alice, "dora@example.com")


def make_link(team, alice, email, role="reviewer"):
    _, plain = invitations.invite(team=team, email=email, role=role, actor=actor_for(alice))
    return f"/invitations/{plain}/"


def text_of(response):
    return words(parse(response).one("main"))


def join(client, link, **typed):
    return client.post(link, TYPED | typed)


def test_it_makes_an_account_and_lets_in(team, alice, nobody, link):
    User.objects.filter(pk=alice.pk).update(name="Alice Ahern")
    page = parse(nobody.get(link))
    assert all(part in words(page.one("main")) for part in ("Brewers", "Alice Ahern invites you", "as a reviewer"))
    form = page.one("form", action=link)
    assert form.one("input", name="username").attrs["value"] == "dora@example.com"
    response = join(nobody, link)
    assert (response.status_code, response["Location"]) == (303, "/t/brewers/submissions/")
    arrived = nobody.get(response["Location"])
    assert "You are in Brewers, as a reviewer" in text_of(arrived)
    dora = get_user(nobody)
    assert (dora.email, dora.name, dora.check_password(PASSWORD)) == ("dora@example.com", "Dora Daly", True)
    nobody.post("/accounts/logout/")
    again = nobody.post("/accounts/login/", {"login": "dora@example.com", "password": PASSWORD})
    assert (again.status_code, again["Location"]) == (302, "/")


@pytest.mark.parametrize(
    ("typed", "field", "why"),
    [
        ({"name": " "}, "name", "Type your name"),
        ({"name": "x" * 101}, "name", "100"),
        ({"name": "Do\x07ra"}, "name", "cannot be shown"),
        ({"name": "Do\nra"}, "name", "one line"),
        ({"password1": ""}, "password1", "Choose a password"),
        ({"password1": "short1", "password2": "short1"}, "password1", "too short"),
        ({"password1": "password123", "password2": "password123"}, "password1", "too common"),
        ({"password1": "dora@example.com", "password2": "dora@example.com"}, "password1", "similar"),
        ({"password2": "correct horse bettary"}, "password2", "not the same"),
        ({"password2": ""}, "password2", "once more"),
        ({"password1": "x" * 5_000, "password2": "x" * 5_000}, "password1", "4096"),
    ],
)
def test_it_says_beside_the_field_what_is_wrong(nobody, link, typed, field, why):
    response = join(nobody, link, **typed)
    assert response.status_code == 422 and why in errors_of(response)[field]
    page = parse(response)
    assert page.one("input", name="name").attrs.get("value", "") == (TYPED | typed)["name"]
    assert not [box for box in page.all("input", type="password") if "value" in box.attrs]
    assert not User.objects.filter(email="dora@example.com").exists()
    assert not get_user(nobody).is_authenticated


def test_it_does_not_let_the_address_be_chosen(nobody, link):
    join(nobody, link, username="mallory@example.com", email="mallory@example.com")
    assert get_user(nobody).email == "dora@example.com"


def test_it_sends_who_has_an_account_to_sign_in_and_back(team, alice, charlie, nobody):
    link = make_link(team, alice, charlie.email)
    page = parse(nobody.get(link))
    assert "c…@e….com" in words(page.one("main")) and charlie.email not in words(page.one("main"))
    sign_in = page.one("main").one("a").attrs["href"]
    assert join(nobody, link).status_code == 422
    form = parse(nobody.get(sign_in)).one("form", action="/accounts/login/").sends()
    response = nobody.post("/accounts/login/", form | {"login": charlie.email, "password": PASSWORD})
    assert response["Location"] == link
    assert "Join Brewers" in text_of(nobody.get(link))
    assert nobody.post(link)["Location"] == "/t/brewers/submissions/"
    assert Membership.objects.get(team=team, user=charlie).role == "reviewer"


def test_it_changes_nothing_when_it_is_looked_at(nobody, link):
    before = AuditEntry.objects.count()
    for verb in ("get", "head"):
        assert getattr(nobody, verb)(link).status_code == 200
    for verb in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        assert nobody.generic(verb, link).status_code == 405
    assert AuditEntry.objects.count() == before and Invitation.objects.filter(accepted_at=None).exists()


def test_it_says_for_whom_it_is_without_telling_strangers(link, charlie, browse):
    client = browse(charlie).client
    for response in (client.get(link), client.post(link)):
        text = text_of(response)
        assert "d…@e….com" in text and "dora@example.com" not in text and "Brewers" not in text
    assert response.status_code == 403
    assert not Membership.objects.filter(user=charlie, team__slug="brewers").exists()
    form = parse(response).one("main").one("form", action="/accounts/logout/")
    assert client.post("/accounts/logout/", form.sends())["Location"] == link
    assert "Your email" in text_of(client.get(link))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("dora@example.com", "d…@e….com"),
        ("x@b.co.uk", "x…@b….uk"),
        ("a@[127.0.0.1]", "a…@[….1]"),
        ('"a@b"@c.ie', '"…@c….ie'),
    ],
)
def test_it_masks(address, shown):
    assert masked(address) == shown


def close(how, team, alice, link):
    row = Invitation.objects.get()
    if how == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "revoked":
        invitations.revoke(team=team, invitation=row.public_id, actor=actor_for(alice))
    else:
        join(Client(), link)


@pytest.mark.parametrize(
    ("how", "why"), [("used", "used already"), ("revoked", "taken back"), ("expired", "has run out")]
)
def test_it_has_a_page_for_each_end(team, alice, bob, nobody, browse, link, how, why):
    close(how, team, alice, link)
    before = Membership.objects.count(), User.objects.count()
    for client in (nobody, browse(bob).client):
        for response in (client.get(link), join(client, link)):
            assert response.status_code == 410 and why in text_of(response)
            assert "dora@" not in response.content.decode()
    assert "Brewers" not in nobody.get(link).content.decode()
    assert (Membership.objects.count(), User.objects.count()) == before


@pytest.mark.parametrize(
    "secret", ["lpi_" + "a" * 43, "x", "lpi_", "a" * 3_000, "%00", "lpi_%F0%9F%92%A9", "%E2%80%AE"]
)
def test_it_knows_no_other_link(team, alice, nobody, link, secret):
    for response in (nobody.get(f"/invitations/{secret}/"), join(nobody, f"/invitations/{secret}/")):
        assert response.status_code == 404
        assert "Brewers" not in response.content.decode()
        assert "There is no such invitation" in text_of(response)


def test_it_leads_who_used_it_back_to_the_team(nobody, link):
    join(nobody, link)
    for response in (nobody.get(link), join(nobody, link)):
        assert (response.status_code, response["Location"]) == (303, "/")


def test_it_tells_somebody_who_is_in_already_and_is_used_up(team, alice, charlie, browse):
    link = make_link(team, alice, charlie.email, role="admin")
    team.memberships.create(user=charlie, role="member")
    client = browse(charlie).client
    assert "You are in Brewers already" in text_of(client.get(link))
    assert client.post(link)["Location"] == "/t/brewers/submissions/"
    assert Membership.objects.get(team=team, user=charlie).role == "member"
    assert Invitation.objects.get().why_closed == "used"


def test_it_lets_in_nobody_who_is_switched_off(team, alice, charlie, nobody, browse):
    link = make_link(team, alice, charlie.email)
    client = browse(charlie).client
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    assert join(client, link).status_code == 422
    sign_in = nobody.post("/accounts/login/", {"login": charlie.email, "password": PASSWORD, "next": link})
    assert sign_in["Location"] == "/accounts/inactive/"
    assert not Membership.objects.filter(team=team, user=charlie).exists()


def test_it_does_not_open_an_account_that_has_no_password_yet(team, alice, other_team, nobody):
    dora = members.add_member(team=other_team, email="dora@example.com", role="admin", actor=OPERATOR).user
    link = make_link(team, alice, dora.email)
    assert "Sign in to it" in text_of(nobody.get(link))
    assert join(nobody, link).status_code == 422
    assert not User.objects.get(pk=dora.pk).has_usable_password() and not get_user(nobody).is_authenticated


def test_it_wants_the_form_to_be_its_own(link):
    client = Client(enforce_csrf_checks=True)
    assert join(client, link).status_code == 403
    assert not User.objects.filter(email="dora@example.com").exists()


def test_it_tells_no_other_page_its_address(nobody, link):
    for path in (link, f"/accounts/login/?next={link}", "/invitations/lpi_x/"):
        assert nobody.get(path)["Referrer-Policy"] == "strict-origin"
    assert nobody.get("/accounts/login/")["Referrer-Policy"] == "same-origin"
    nobody.post(link, TYPED)
    assert nobody.get(link)["Referrer-Policy"] == "strict-origin"


def test_it_keeps_the_link_out_of_logs_and_database(team, alice, nobody, link, caplog, monkeypatch):
    """At DEBUG, through the formatter of real life, with every way it can end and a crash."""
    caplog.set_level(logging.DEBUG)
    nobody.get(link)
    join(nobody, link)
    Client().get(link)
    nobody.get(link.replace("/lpi_", "/lpi_x"))
    Client(enforce_csrf_checks=True).post(link, TYPED)

    def crash(*args):
        raise RuntimeError(f"bad link {link}")

    monkeypatch.setattr(invitations, "find", crash)
    assert nobody.get(link).status_code == 500
    formatter = RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    text = "\n".join(formatter.format(record) for record in caplog.records)
    secret = link.split("/")[2]
    assert "RuntimeError" in text and "/invitations/[secret]" in text
    assert secret not in text and secret[4:] not in text and PASSWORD not in text
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert secret[4:] not in str(cursor.fetchall()), table
