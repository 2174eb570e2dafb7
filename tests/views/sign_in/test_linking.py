"""Linking a company account to an account with a password: only its owner does it, signed in and just confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from leads.models import AuditEntry, Membership, User
from leads.models.teams import Role, Source
from tests.factories import PASSWORD
from tests.openid.loopback import visit
from tests.views.page import parse

from .conftest import NAME, come_in, is_in, make_browser

CONNECTIONS = "/accounts/connections/"
CONFIRM = "/accounts/reauthenticate/"


@pytest.fixture
def browser(bob, nobody) -> Client:
    """Bob, by his password."""
    nobody.post("/accounts/login/", {"login": bob.email, "password": PASSWORD})
    return nobody


def confirm(client: Client) -> str:
    """Open the page, which asks for the password first: the link on it."""
    asked = client.get(CONNECTIONS)
    assert asked["Location"].startswith(CONFIRM), asked["Location"]
    following = client.post(asked["Location"], {"password": PASSWORD, "next": CONNECTIONS})
    assert following["Location"] == CONNECTIONS
    return parse(client.get(CONNECTIONS)).one("a", class_="button primary").attrs["href"]


def begin(client: Client) -> Any:
    """Press the button: the portal sends the browser to the provider."""
    return client.get(confirm(client))


def finish(client: Client, begun: Any) -> str:
    back = client.get(visit(begun["Location"]))
    assert (back.status_code, back["Location"]) == (302, CONNECTIONS)
    return parse(client.get(CONNECTIONS)).one("main").text


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(action__contains="linked").values_list("action", flat=True))


def test_it_links_an_account_to_whoever_is_signed_in(bob, browser, company):
    assert f"You can sign in with {NAME}" in finish(browser, begin(browser))
    link = SocialAccount.objects.get()
    assert (link.user, link.uid, actions()) == (bob, "dora-1", ["member.linked"])
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD) and bob.email == "bob@example.com"
    other = make_browser()
    come_in(other)
    assert other.session["_auth_user_id"] == str(bob.pk)
    entry = AuditEntry.objects.get(action="member.linked")
    assert (entry.actor_kind, entry.subject_id) == ("user", bob.public_id)


def test_it_links_nothing_without_the_password(browser, company):
    asked = browser.get(CONNECTIONS)
    assert browser.post(asked["Location"], {"password": "wrong", "next": CONNECTIONS}).status_code == 200
    assert browser.get(CONNECTIONS)["Location"].startswith(CONFIRM)
    assert company.seen == []


def test_it_asks_for_the_password_again_after_a_while(browser, company):
    """On a page of its own: a form that ends at the provider would be stopped by the content security policy."""
    link = confirm(browser)
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 901
    session.save()
    assert browser.get(link)["Location"] == CONNECTIONS
    assert browser.get(CONNECTIONS)["Location"].startswith(CONFIRM)
    assert company.seen == []


@pytest.mark.parametrize("token", ["x", "None", "%00", ""])
def test_it_begins_no_link_from_elsewhere(browser, company, token):
    """Else somebody could have their own account at the provider linked to another's here."""
    begin(browser)
    before = len(company.seen)
    assert browser.get(f"/accounts/openid/link/{token}/").status_code in (400, 404)
    assert len(company.seen) == before


def test_it_uses_the_token_of_a_link_once(browser, company):
    link = confirm(browser)
    assert [browser.get(link).status_code for _ in range(2)] == [302, 400]


def test_it_links_nothing_for_a_stranger(company, nobody):
    assert nobody.get("/accounts/openid/link/x/")["Location"].startswith("/accounts/login/")
    assert nobody.get(CONNECTIONS)["Location"].startswith("/accounts/login/")
    assert nobody.post(CONNECTIONS).status_code == 403


def test_it_links_nothing_to_somebody_who_signed_in_meanwhile(bob, alice, browser, company):
    begun = begin(browser)
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert browser.get(visit(begun["Location"])).status_code == 400
    assert SocialAccount.objects.count() == 0


def test_it_links_nothing_once_signed_out(browser, company):
    back = visit(begin(browser)["Location"])
    browser.post("/accounts/logout/")
    assert browser.get(back).status_code == 400 and not is_in(browser)
    assert SocialAccount.objects.count() == 0


def test_it_links_no_account_of_somebody_else(bob, browser, company):
    come_in(make_browser())
    assert "belongs to somebody else" in finish(browser, begin(browser))
    assert SocialAccount.objects.get().user.email == "dora@example.com" and actions() == []


def test_it_links_no_second_account(bob, browser, company):
    begun = begin(browser)
    SocialAccount.objects.create(user=bob, uid="other", provider=_provider_id(company))
    assert "linked another account already" in finish(browser, begun)
    assert SocialAccount.objects.get().uid == "other"


def test_it_finds_nothing_to_do_for_a_link_that_is_there(bob, browser, company):
    begun = begin(browser)
    SocialAccount.objects.create(user=bob, uid="dora-1", provider=_provider_id(company))
    finish(browser, begun)
    assert SocialAccount.objects.count() == 1 and actions() == []


def _provider_id(company: Any) -> str:
    other = make_browser()
    come_in(other)
    known = SocialAccount.objects.get()
    provider: str = known.provider
    user = known.user
    known.delete()
    Membership.objects.filter(user=user).delete()
    return provider


# Away with it


def test_it_takes_a_link_away_and_what_groups_gave(team, bob, alice, browser, company):
    finish(browser, begin(browser))
    Membership.objects.filter(user=bob).update(source=Source.GROUPS, role=Role.ADMIN)
    answer = browser.post(CONNECTIONS)
    assert (answer.status_code, answer["Location"]) == (303, CONNECTIONS)
    assert SocialAccount.objects.count() == 0 and actions() == ["member.linked", "member.unlinked"]
    assert not Membership.objects.filter(user=bob).exists()
    assert AuditEntry.objects.get(action="member.removed").details == {"role": "admin", "by": "groups"}
    assert "member.kept" not in AuditEntry.objects.values_list("action", flat=True)


def test_it_asks_for_the_password_before_a_link_goes(bob, browser, company):
    SocialAccount.objects.create(user=bob, uid="dora-1", provider=_provider_id(company))
    assert browser.post(CONNECTIONS)["Location"].startswith(CONFIRM)
    assert SocialAccount.objects.count() == 1


def test_it_takes_no_only_way_in_away(team, company, nobody):
    come_in(nobody)
    assert not parse(nobody.get(CONNECTIONS)).all("button", class_="button danger")
    nobody.post(CONNECTIONS)
    assert "only way in" in parse(nobody.get(CONNECTIONS)).one("main").text
    assert SocialAccount.objects.count() == 1


def test_it_takes_away_nothing_where_nothing_is_linked(browser, company):
    begin(browser)
    browser.post(CONNECTIONS)
    assert "No account is linked" in parse(browser.get(CONNECTIONS)).one("main").text


# A password would outlive somebody's place at the company


def test_it_gives_no_password_to_who_came_by_the_provider(team, company, nobody, mailoutbox):
    come_in(nobody)
    for path in ("/accounts/password/set/", "/accounts/password/change/"):
        page = parse(nobody.get(path, follow=True)).one("main")
        assert "You have no password here" in page.text and not page.all("input", type="password")
    nobody.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    make_browser().post("/accounts/password/reset/", {"email": "dora@example.com"})
    assert not User.objects.get().has_usable_password() and mailoutbox == []


def test_it_still_helps_those_who_have_a_password(bob, browser, company, mailoutbox):
    finish(browser, begin(browser))
    make_browser().post("/accounts/password/reset/", {"email": bob.email})
    assert [mail.to for mail in mailoutbox] == [[bob.email]]
    assert browser.get("/accounts/password/change/").status_code == 200
