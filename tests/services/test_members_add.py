"""Putting people in a team by command, and taking them out of it."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress

from leads.models import AuditEntry, Invitation, Membership, Team, User
from leads.models.teams import Role
from leads.services import invitations, members
from leads.services.teams import NotPossible
from tests.factories import OPERATOR, PASSWORD, make_member

from .threads import all_at_once

pytestmark = pytest.mark.django_db


def add(
    team: Team, email: str = "dora@example.com", role: str = Role.MEMBER, password: str | None = None
) -> Membership:
    return members.add_member(team=team, email=email, role=role, password=password, actor=OPERATOR)


def actions(team: Team) -> list[str]:
    return list(AuditEntry.objects.filter(team=team).order_by("sequence").values_list("action", flat=True))


def test_it_makes_a_new_person_who_can_sign_in(team: Team) -> None:
    user = add(team, " Dora@Example.COM ", password=PASSWORD).user
    assert (user.email, user.check_password(PASSWORD)) == ("dora@example.com", True)
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == ("dora@example.com", True, True)
    assert actions(team) == ["team.created", "member.added"]


def test_it_makes_a_person_without_password_who_cannot(team: Team) -> None:
    assert not add(team).user.has_usable_password()


def test_it_puts_one_person_in_two_teams(team: Team, other_team: Team) -> None:
    assert add(team).user == add(other_team, "DORA@example.com").user
    assert User.objects.count() == 1


def test_it_changes_the_role_of_one_who_is_there(team: Team) -> None:
    add(team)
    add(team, role=Role.ADMIN)
    assert Membership.objects.get(team=team).role == Role.ADMIN
    entry = AuditEntry.objects.filter(team=team).order_by("-sequence").first()
    assert (entry.action, entry.details) == ("member.role_changed", {"from": "member", "to": "admin"})


def test_it_records_nothing_when_nothing_changes(team: Team) -> None:
    add(team)
    add(team)
    assert actions(team) == ["team.created", "member.added"]


def test_it_names_people_in_the_log_by_id_alone(team: Team) -> None:
    user = add(team).user
    entry = AuditEntry.objects.get(action="member.added")
    assert (entry.subject_kind, entry.subject_id, entry.details) == ("user", user.public_id, {"role": "member"})


def test_it_gives_a_password_to_one_who_has_none(team: Team) -> None:
    add(team)
    assert add(team, password=PASSWORD).user.check_password(PASSWORD)


def test_it_does_not_take_over_an_account_by_a_new_password(team: Team, other_team: Team) -> None:
    add(team, password=PASSWORD)
    with pytest.raises(NotPossible, match="already has a password"):
        add(other_team, password="another correct horse")
    assert User.objects.get().check_password(PASSWORD)
    assert not Membership.objects.filter(team=other_team).exists()


@pytest.mark.parametrize(
    "email", ["", "dora", "dora@", "@example.com", "a b@example.com", "a@b\n.com", "d" * 250 + "@example.com"]
)
def test_it_refuses_what_is_no_email_address(email: str, team: Team) -> None:
    with pytest.raises(NotPossible):
        add(team, email)
    assert not User.objects.exists()


def test_it_refuses_a_role_there_is_not(team: Team) -> None:
    with pytest.raises(NotPossible, match="role"):
        add(team, role="owner")
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_person_of_one_added_four_times_at_once(team: Team) -> None:
    def join(_: int) -> bool:
        try:
            return bool(add(team))
        except NotPossible:
            return False

    assert any(all_at_once(join, 4))
    assert Membership.objects.filter(team=team).count() == User.objects.count() == 1
    assert actions(team).count("member.added") == 1


def test_it_takes_a_person_out_of_a_team_and_records_it(team: Team, alice: User, bob: User) -> None:
    members.remove_member(team=team, user=members.find_person(team=team, email="BOB@example.com"), actor=OPERATOR)
    assert not Membership.objects.filter(team=team, user=bob).exists()
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject_id, entry.details) == ("member.removed", bob.public_id, {"role": "member"})


def test_it_keeps_the_last_admin(team: Team, alice: User, bob: User) -> None:
    with pytest.raises(NotPossible, match="last admin"):
        members.remove_member(team=team, user=alice, actor=OPERATOR)
    make_member(team, "dora", Role.ADMIN)
    members.remove_member(team=team, user=alice, actor=OPERATOR)
    assert not Membership.objects.filter(team=team, user=alice).exists()


def test_it_cannot_take_out_who_is_not_in(team: Team, charlie: User) -> None:
    with pytest.raises(NotPossible, match="is not in"):
        members.find_person(team=team, email=charlie.email)


def test_it_does_not_demote_the_last_admin(team: Team, alice: User) -> None:
    with pytest.raises(NotPossible, match="last admin"):
        add(team, alice.email, Role.MEMBER)
    assert Membership.objects.get().role == Role.ADMIN


def test_it_uses_up_an_open_invitation_of_who_is_added(team: Team) -> None:
    _, plain = invitations.invite(team=team, email="dora@example.com", role=Role.ADMIN, actor=OPERATOR)
    member = add(team, role=Role.MEMBER)
    assert Invitation.objects.get().accepted_by == member.user
    with pytest.raises(invitations.Closed):
        invitations.find(plain)
