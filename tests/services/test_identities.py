"""Two browsers of one person at the same moment. Who comes in, and as whom: tests/views/sign_in."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount

from leads import audit
from leads.audit import SYSTEM
from leads.models import AuditEntry, Membership, User
from leads.openid import Identity
from leads.services import identities, members
from tests.factories import OPERATOR, actor_for, make_member, make_team

from .threads import all_at_once

DORA = Identity("dora-1", email="dora@example.com", groups=frozenset({"sales"}))


@pytest.fixture
def groups(settings) -> None:
    settings.OIDC_GROUPS = (("sales", "brewers", "member"), ("sales", "bakers", "reviewer"))


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_person_of_one_who_comes_twice_at_once(groups):
    teams = [make_team("brewers"), make_team("bakers")]
    let_in = all_at_once(lambda number: identities.admit(identity=DORA, provider="p", actor=SYSTEM), 4)
    assert let_in == [True] * 4
    assert User.objects.get().email == SocialAccount.objects.get().user.email == "dora@example.com"
    assert Membership.objects.count() == AuditEntry.objects.filter(action="member.added").count() == 2
    assert [list(audit.verify(team)) for team in teams] == [[], []]


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_admin_when_groups_take_two_at_once(settings):
    settings.OIDC_GROUPS = (("chiefs", "brewers", "admin"),)
    team = make_team("brewers")
    chiefs = frozenset({"chiefs"})
    for name in ("one", "two"):
        identities.admit(identity=Identity(name, f"{name}@example.com", groups=chiefs), provider="p", actor=SYSTEM)
    all_at_once(
        lambda number: identities.admit(identity=Identity(("one", "two")[number]), provider="p", actor=SYSTEM), 2
    )
    assert Membership.objects.get(team=team).role == "admin"
    assert AuditEntry.objects.filter(action="member.kept").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_links_one_account_once_when_two_people_want_it(groups):
    team = make_team("brewers")
    people = [make_member(team, name) for name in ("alice", "bob")]

    def link(number: int) -> bool:
        try:
            identities.link(subject="dora-1", provider="p", actor=actor_for(people[number]))
        except members.NotPossible:
            return False
        return True

    assert sorted(all_at_once(link, 2)) == [False, True]
    assert SocialAccount.objects.count() == AuditEntry.objects.filter(action="member.linked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_links_one_account_to_a_person_with_two_windows(groups):
    alice = make_member(make_team("brewers"), "alice")

    def link(number: int) -> bool:
        try:
            identities.link(subject=f"dora-{number}", provider="p", actor=actor_for(alice))
        except members.NotPossible:
            return False
        return True

    assert sorted(all_at_once(link, 2)) == [False, True]
    assert SocialAccount.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("change", [identities.unlink, lambda **about: identities.link(subject="x", **about)])
def test_it_links_nothing_to_whoever_is_no_person(change):
    with pytest.raises(members.NotPossible):
        change(provider="p", actor=OPERATOR)
