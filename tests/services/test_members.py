"""Roles, going, handing over: what admins decide, and what they cannot."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from leads.models import AuditEntry, Membership, Team, User
from leads.models.teams import Role
from leads.services import members
from leads.services.teams import NotPossible
from tests.factories import OPERATOR, actor_for, make_member

from .threads import all_at_once

pytestmark = pytest.mark.django_db


def role_of(user: User, team: Team) -> str:
    return Membership.objects.get(team=team, user=user).role


def change(user: User, role: str, by: User, team: Team, seen: str = "") -> Membership:
    return members.change_role(team=team, user=user, role=role, seen=seen, actor=actor_for(by))


def latest(team: Team) -> AuditEntry:
    return AuditEntry.objects.filter(team=team).latest("sequence")


@pytest.mark.parametrize(
    "text", ["dora@example.com", "  Dora@EXAMPLE.com\n", "o'neil+leads@mail.example.co.uk", "d@xn--bcher-kva.example"]
)
def test_it_brings_an_address_into_normal_form(text: str) -> None:
    assert members.normal_address(text) == text.strip().lower()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not an email address"),
        ("dora", "not an email address"),
        ("dora@example", "not an email address"),
        ("dora@example.com, bob@example.com", "not an email address"),
        ("Dora <dora@example.com>", "not an email address"),
        ("d" * 243 + "@example.com", "at most 254"),
        ("dorа@example.com", "cyrillic small letter a"),
        ("\u212aate@example.com", "kelvin sign"),
        ("dora@exampl\u0435.com", "cyrillic"),
        ("do\u200bra@example.com", "zero width space"),
        ("dora@example.com\u202e", "right-to-left override"),
        ("do\0ra@example.com", "a control character"),
        ("dora@bücher.example", "diaeresis"),
        ("ｄora@example.com", "fullwidth"),
    ],
    ids=ascii,
)
def test_it_refuses_what_is_no_plain_address(text: str, why: str) -> None:
    with pytest.raises(NotPossible, match=why):
        members.normal_address(text)


def test_it_takes_an_address_as_long_as_addresses_get() -> None:
    text = "d" * 60 + "@" + ".".join(["a" * 60] * 3) + "." + "b" * 6 + ".com"
    longest = "d" * (60 + 254 - len(text)) + text[60:]
    assert len(longest) == 254 and members.normal_address(longest) == longest
    with pytest.raises(NotPossible, match="at most 254"):
        members.normal_address("d" + longest)


def test_it_changes_a_role_and_says_so_in_the_log(team: Team, alice: User, bob: User) -> None:
    change(bob, Role.REVIEWER, alice, team, seen=Role.MEMBER)
    entry = latest(team)
    assert role_of(bob, team) == Role.REVIEWER
    assert (entry.action, entry.actor_id, entry.subject_id) == ("member.role_changed", alice.public_id, bob.public_id)
    assert entry.details == {"from": "member", "to": "reviewer"}


def test_it_tells_the_second_admin_what_the_first_one_did(team: Team, alice: User, bob: User) -> None:
    dora = make_member(team, "dora", Role.ADMIN)
    change(bob, Role.ADMIN, alice, team, seen=Role.MEMBER)
    before = latest(team).sequence
    with pytest.raises(NotPossible, match=r"Meanwhile alice@example\.com made bob@example\.com an admin"):
        change(bob, Role.REVIEWER, dora, team, seen=Role.MEMBER)
    with pytest.raises(NotPossible, match=r"Meanwhile alice@example\.com made"):
        members.remove_member(team=team, user=bob, seen=Role.MEMBER, actor=actor_for(dora))
    with pytest.raises(NotPossible, match="Meanwhile you made"):
        change(bob, Role.MEMBER, alice, team, seen=Role.REVIEWER)
    assert (role_of(bob, team), latest(team).sequence) == (Role.ADMIN, before)


def test_it_takes_the_same_decision_twice_for_one(team: Team, alice: User, bob: User) -> None:
    change(bob, Role.REVIEWER, alice, team, seen=Role.MEMBER)
    before = latest(team).sequence
    change(bob, Role.REVIEWER, make_member(team, "dora", Role.ADMIN), team, seen=Role.MEMBER)
    assert latest(team).sequence == before + 1  # that dora was added


def test_it_says_who_took_somebody_out(team: Team, alice: User, bob: User, carol: User) -> None:
    dora = make_member(team, "dora", Role.ADMIN)
    members.remove_member(team=team, user=bob, actor=actor_for(alice))
    with pytest.raises(NotPossible, match=r"not in the team any more: alice@example\.com took them out"):
        change(bob, Role.ADMIN, dora, team)
    members.leave(team=team, actor=actor_for(carol))
    with pytest.raises(NotPossible, match="they left"):
        members.remove_member(team=team, user=carol, actor=actor_for(dora))
    members.remove_member(team=team, user=dora, actor=OPERATOR)
    with pytest.raises(NotPossible, match="an operator took them out"):
        change(dora, Role.MEMBER, alice, team)


def test_it_records_who_left(team: Team, bob: User) -> None:
    members.leave(team=team, actor=actor_for(bob))
    entry = latest(team)
    assert (entry.action, entry.actor_id, entry.details) == ("member.left", bob.public_id, {"role": "member"})
    assert not Membership.objects.filter(user=bob).exists()


def test_it_keeps_the_last_admin_whatever_they_try(team: Team, alice: User, bob: User, other_team: Team) -> None:
    make_member(other_team, "elsewhere", Role.ADMIN)
    before = latest(team).sequence
    for attempt in (
        lambda: members.leave(team=team, actor=actor_for(alice)),
        lambda: change(alice, Role.REVIEWER, alice, team),
        lambda: members.remove_member(team=team, user=alice, actor=actor_for(alice)),
        lambda: members.change_role(team=team, user=alice, role=Role.MEMBER, actor=OPERATOR),
    ):
        with pytest.raises(NotPossible, match="the last admin of"):
            attempt()
    assert (role_of(alice, team), latest(team).sequence) == (Role.ADMIN, before)


def test_it_does_not_count_an_admin_who_is_switched_off(team: Team, alice: User) -> None:
    dora = make_member(team, "dora", Role.ADMIN)
    get_user_model().objects.filter(pk=dora.pk).update(is_active=False)
    with pytest.raises(NotPossible, match="last admin"):
        members.leave(team=team, actor=actor_for(alice))
    with pytest.raises(NotPossible, match="switched off"):
        dora.refresh_from_db()
        members.hand_over(team=team, user=dora, actor=actor_for(alice))


def test_it_hands_a_team_over_in_one_step(team: Team, alice: User, bob: User) -> None:
    members.hand_over(team=team, user=bob, seen=Role.MEMBER, actor=actor_for(alice))
    assert (role_of(alice, team), role_of(bob, team)) == (Role.MEMBER, Role.ADMIN)
    changes = AuditEntry.objects.filter(action="member.role_changed").order_by("sequence")
    assert [(row.subject_id, row.details["to"]) for row in changes] == [
        (bob.public_id, "admin"),
        (alice.public_id, "member"),
    ]


def test_it_hands_over_to_nobody_who_is_not_there(team: Team, alice: User, charlie: User) -> None:
    for user in (charlie, alice):
        with pytest.raises(NotPossible):
            members.hand_over(team=team, user=user, actor=actor_for(alice))
    assert role_of(alice, team) == Role.ADMIN


def test_it_asks_again_whether_who_decides_is_an_admin(team: Team, alice: User, bob: User, carol: User) -> None:
    """The page was theirs when it was asked for; the decision comes later."""
    for who in (bob, carol):
        with pytest.raises(NotPossible, match="not an admin of this team any more"):
            change(bob, Role.ADMIN, who, team)
        with pytest.raises(NotPossible, match="not an admin"):
            members.remove_member(team=team, user=alice, actor=actor_for(who))
        with pytest.raises(NotPossible, match="not an admin"):
            members.hand_over(team=team, user=bob, actor=actor_for(who))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_third", [False, True], ids=["two admins", "three admins"])
def test_it_keeps_one_of_two_admins_who_demote_each_other_at_once(team: Team, alice: User, with_third: bool) -> None:
    dora = make_member(team, "dora", Role.ADMIN)
    if with_third:
        make_member(team, "erin", Role.ADMIN)
    pairs = [(alice, dora), (dora, alice)]

    def demote(number: int) -> bool:
        by, whom = pairs[number]
        try:
            return bool(change(whom, Role.MEMBER, by, team, seen=Role.ADMIN))
        except NotPossible:
            return False

    assert sorted(all_at_once(demote, 2)) == [False, True]
    assert sorted(role_of(user, team) for user in (alice, dora)) == [Role.ADMIN, Role.MEMBER]


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_of_two_admins_who_leave_at_once(team: Team, alice: User) -> None:
    both = [alice, make_member(team, "dora", Role.ADMIN)]

    def go(number: int) -> bool:
        try:
            members.leave(team=team, actor=actor_for(both[number]))
        except NotPossible:
            return False
        return True

    assert sorted(all_at_once(go, 2)) == [False, True]
    assert Membership.objects.filter(team=team, role=Role.ADMIN).count() == 1
