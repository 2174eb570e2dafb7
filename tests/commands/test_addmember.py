from __future__ import annotations

import pytest
from django.core.management import CommandError

from leads.models import Membership, Team, User
from leads.services import invitations
from tests.factories import OPERATOR

from .helpers import run

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def test_it_adds_a_person_with_a_password(team: Team) -> None:
    printed = run(
        "addmember", "brewers", "dora@example.com", "--role", "reviewer", "--password-stdin", stdin=f"{PASSWORD}\n"
    )
    assert printed == "dora@example.com is reviewer in brewers.\n"
    row = Membership.objects.get()
    assert (row.role, row.user.check_password(PASSWORD)) == ("reviewer", True)


def test_it_adds_a_person_without_a_password(team: Team) -> None:
    run("addmember", "brewers", "dora@example.com", "--role", "member")
    assert not User.objects.get().has_usable_password()


def test_it_changes_a_role(team: Team) -> None:
    for role in ("member", "admin"):
        run("addmember", "brewers", "dora@example.com", "--role", role)
    assert Membership.objects.get().role == "admin"


@pytest.mark.parametrize("password", ["", "\n", "short\n", "password1234\n"])
def test_it_refuses_a_weak_password(password: str, team: Team) -> None:
    with pytest.raises(CommandError, match="assword"):
        run("addmember", "brewers", "dora@example.com", "--role", "member", "--password-stdin", stdin=password)
    assert not User.objects.exists()


def test_it_refuses_a_password_like_the_address(team: Team) -> None:
    with pytest.raises(CommandError, match="similar"):
        run(
            "addmember",
            "brewers",
            "dora.explorer@example.com",
            "--role",
            "member",
            "--password-stdin",
            stdin="dora.explorer\n",
        )


def test_it_does_not_change_a_password_there_is(team: Team) -> None:
    run("addmember", "brewers", "dora@example.com", "--role", "member", "--password-stdin", stdin=PASSWORD)
    with pytest.raises(CommandError, match="already has a password"):
        run("addmember", "brewers", "dora@example.com", "--role", "admin", "--password-stdin", stdin="another good one")
    assert Membership.objects.get().role == "member"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody", "dora@example.com", "--role", "member"),
        ("brewers", "dora", "--role", "member"),
        ("brewers", "dora@example.com", "--role", "owner"),
        ("brewers", "dora@example.com"),
    ],
)
def test_it_refuses_in_a_sentence(arguments: tuple[str, ...], team: Team) -> None:
    with pytest.raises(CommandError):
        run("addmember", *arguments)
    assert not User.objects.exists()


def test_it_names_the_teams_there_are(team: Team) -> None:
    with pytest.raises(CommandError, match=r"There is no team “nobody”\. Teams: brewers\."):
        run("addmember", "nobody", "dora@example.com", "--role", "member")


def test_it_says_that_there_was_an_account(team: Team, other_team: Team) -> None:
    run("addmember", "strangers", "dora@example.com", "--role", "admin", "--password-stdin", stdin=PASSWORD)
    printed = run("addmember", "brewers", "DORA@example.com", "--role", "member")
    assert printed == "DORA@example.com already has an account; gave it a place, as member in brewers.\n"
    assert run("addmember", "brewers", "dora@example.com", "--role", "reviewer") == (
        "dora@example.com is reviewer in brewers.\n"
    )


def test_it_warns_of_an_account_made_by_a_link(team: Team, other_team: Team) -> None:
    _, plain = invitations.invite(team=other_team, email="dora@example.com", role="member", actor=OPERATOR)
    invitations.join(secret=plain, name="", password=PASSWORD, actor=OPERATOR)
    printed = run("addmember", "brewers", "dora@example.com", "--role", "member")
    assert "already has an account" in printed and "Nobody has proved that the address is theirs" in printed
