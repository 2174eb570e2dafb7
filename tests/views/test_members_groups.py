"""Places that groups at the sign-in provider gave: the pages of people say so, and an admin may still decide."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount

from leads.audit import SYSTEM
from leads.models import AuditEntry, Membership, User
from leads.models.teams import Source
from leads.services import groups, members
from tests.factories import OPERATOR, actor_for

from .page import parse


@pytest.fixture
def by_groups(team: Any, alice: User, bob: User, settings: Any) -> Membership:
    """Bob's place."""
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://login.example.com", "Brewery & Co"
    settings.OIDC_GROUPS = (("sales", "brewers", "member"),)
    Membership.objects.filter(user=bob).update(source=Source.GROUPS)
    return Membership.objects.get(user=bob)


def words(element: Any) -> str:
    return " ".join(element.text.split())


def main(response: Any) -> str:
    return words(parse(response).one("main"))


def test_it_shows_who_is_there_by_groups(team, alice, bob, by_groups, browse):
    for reader in (alice, bob):
        page = parse(browse(reader).get("member_list"))
        assert "by groups" in words(page.one("tr", id=f"person-{bob.public_id}"))
        assert "by groups" not in words(page.one("tr", id=f"person-{alice.public_id}"))
    text = main(browse(alice).get("member_detail", bob.public_id))
    assert "Groups at Brewery & Co gave this place" in text
    assert "gave this place" not in main(browse(alice).get("member_detail", alice.public_id))


def test_it_is_a_person_s_place_once_an_admin_changed_the_role(alice, bob, by_groups, browse):
    browse(alice).post("member_role", bob.public_id, data={"role": "reviewer", "seen": "member"})
    for now in (frozenset(), frozenset({"sales"})):
        groups.sync(user=bob, groups=now, actor=SYSTEM)
        by_groups.refresh_from_db()
        assert (by_groups.role, by_groups.source) == ("reviewer", Source.MANUAL)
    assert AuditEntry.objects.latest("pk").details == {"from": "member", "to": "reviewer"}


def test_it_stays_the_groups_place_when_nothing_was_changed(alice, bob, by_groups, browse):
    browse(alice).post("member_role", bob.public_id, data={"role": "member", "seen": "member"})
    by_groups.refresh_from_db()
    assert by_groups.source == Source.GROUPS


def test_it_is_a_person_s_place_for_both_who_hand_the_team_over(team, alice, bob, by_groups):
    Membership.objects.filter(user=alice).update(source=Source.GROUPS)
    members.hand_over(team=team, user=bob, actor=actor_for(alice))
    assert set(Membership.objects.values_list("role", "source")) == {("member", "manual"), ("admin", "manual")}


def test_it_is_a_person_s_place_once_a_command_changed_the_role(team, bob, by_groups):
    members.add_member(team=team, email=bob.email, role="reviewer", actor=OPERATOR)
    by_groups.refresh_from_db()
    assert by_groups.source == Source.MANUAL


def test_it_warns_that_groups_let_somebody_in_again(alice, bob, by_groups, browse):
    browser = browse(alice)
    assert "A group at Brewery & Co may let them in again" in main(browser.get("member_detail", bob.public_id))
    browser.post("member_remove", bob.public_id, data={"seen": "member"})
    notices = words(parse(browser.get("member_list")).one("div", id="notices"))
    assert "is in again at the next sign-in with Brewery & Co" in notices
    groups.sync(user=bob, groups={"sales"}, actor=SYSTEM)  # and so it is
    assert Membership.objects.filter(user=bob).exists()


def test_it_warns_of_one_who_is_linked_though_a_person_gave_the_place(alice, bob, by_groups, browse):
    Membership.objects.update(source=Source.MANUAL)
    SocialAccount.objects.create(user=bob, provider="p", uid="bob-1")
    assert "may let them in again" in main(browse(alice).get("member_detail", bob.public_id))


def test_it_warns_of_nothing_where_no_group_has_a_say(alice, bob, by_groups, browse, settings):
    settings.OIDC_GROUPS = (("sales", "bakers", "member"),)
    browser = browse(alice)
    assert "let them in again" not in main(browser.get("member_detail", bob.public_id))
    browser.post("member_remove", bob.public_id, data={"seen": "member"})
    assert "in again" not in words(parse(browser.get("member_list")).one("div", id="notices"))


def test_it_tells_who_leaves_that_groups_let_them_in_again(alice, bob, by_groups, browse):
    assert "until a group or an admin lets you in again" in main(browse(bob).get("member_list"))
    assert "only an admin can let you in again" in main(browse(alice).get("member_list"))
