"""An admin makes an invitation for somebody else, opens its link and chooses a password before they do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from leads import audit
from leads.models import AuditEntry, Membership, User
from leads.models.teams import Role, Source
from leads.services import identities, invitations, members
from tests.factories import OPERATOR, actor_for
from tests.views.page import parse

from .conftest import come_in, is_in, make_browser

DORA = "dora@example.com"
PLANTED = "planted horse 77"
CHOSEN = "chosen horse 88"


@pytest.fixture
def planted(team: Any, alice: User, company: Any, settings: Any) -> Client:
    """The browser of whoever planted the account."""
    settings.OIDC_LINK_BY_EMAIL = True
    settings.OIDC_GROUPS = (("sales", "strangers", "admin"),)
    _, plain = invitations.invite(team=team, email=DORA, role="member", actor=actor_for(alice))
    browser = make_browser()
    browser.post(f"/invitations/{plain}/", {"name": "D", "password1": PLANTED, "password2": PLANTED})
    assert is_in(browser)
    return browser


def sign_in(password: str) -> Client:
    browser = make_browser()
    browser.post("/accounts/login/", {"login": DORA, "password": password})
    return browser


def reset(mailoutbox: Any) -> None:
    browser = make_browser()
    browser.post("/accounts/password/reset/", {"email": DORA})
    link = re.search(r"/accounts/password/reset/key/\S+", mailoutbox[-1].body)
    assert link and mailoutbox[-1].to == [DORA]
    form = browser.get(link.group())
    answer = browser.post(form["Location"], {"password1": CHOSEN, "password2": CHOSEN})
    assert answer.status_code == 302, answer.content.decode()


def test_it_signs_in_who_joined_by_a_link(planted):
    assert not EmailAddress.objects.get(email=DORA).verified
    assert is_in(sign_in(PLANTED))


def test_it_links_nobody_to_a_planted_account(other_team, planted, nobody):
    answer = come_in(nobody)
    assert answer.status_code == 403 and "Nobody has let you in yet" in parse(answer).one("main").text
    assert not is_in(nobody) and SocialAccount.objects.count() == 0
    assert not Membership.objects.filter(team=other_team, user__email=DORA).exists()


def test_it_gives_the_account_to_who_has_the_address(other_team, planted, nobody, mailoutbox):
    reset(mailoutbox)
    assert EmailAddress.objects.get(email=DORA).verified
    assert not is_in(sign_in(PLANTED)) and is_in(sign_in(CHOSEN))
    assert planted.get("/t/brewers/submissions/").status_code == 302  # who planted it is signed out
    come_in(nobody)
    assert is_in(nobody)
    assert Membership.objects.get(team=other_team, user__email=DORA).source == Source.GROUPS


def plant_link(user: User) -> None:
    identities.link(subject="eve-1", provider="p", actor=actor_for(user))


def test_it_drops_links_made_before_the_address_was_proved(team, other_team, planted, mailoutbox):
    dora = User.objects.get(email=DORA)
    plant_link(dora)
    members.add_member(team=other_team, email=DORA, role=Role.REVIEWER, source=Source.GROUPS, actor=OPERATOR)
    reset(mailoutbox)
    assert SocialAccount.objects.count() == 0
    assert list(Membership.objects.filter(user=dora).values_list("team__slug", flat=True)) == ["brewers"]
    entries = AuditEntry.objects.filter(action="member.unlinked", subject_id=dora.public_id)
    assert set(entries.values_list("team__slug", "actor_id")) == {
        ("brewers", dora.public_id),
        ("strangers", dora.public_id),
    }
    assert list(audit.verify(team)) == [] and list(audit.verify(other_team)) == []


def test_it_keeps_links_of_who_proved_their_address_before(planted, mailoutbox):
    reset(mailoutbox)
    plant_link(User.objects.get(email=DORA))
    reset(mailoutbox)
    assert SocialAccount.objects.count() == 1
    assert not AuditEntry.objects.filter(action="member.unlinked").exists()


def test_it_proves_nothing_by_asking_for_the_mail_alone(planted, mailoutbox):
    make_browser().post("/accounts/password/reset/", {"email": DORA})
    assert len(mailoutbox) == 1 and not EmailAddress.objects.get(email=DORA).verified


def test_it_proves_nothing_by_changing_the_password(planted):
    planted.post("/accounts/password/change/", {"oldpassword": PLANTED, "password1": CHOSEN, "password2": CHOSEN})
    assert User.objects.get(email=DORA).check_password(CHOSEN)
    assert not EmailAddress.objects.get(email=DORA).verified


def test_it_proves_the_address_of_one_the_library_knows_none_of(team, mailoutbox):
    """Operators are made by Django's own command."""
    root = User.objects.create_superuser(DORA, PLANTED)
    reset(mailoutbox)
    assert EmailAddress.objects.get(user=root, email=DORA).verified
