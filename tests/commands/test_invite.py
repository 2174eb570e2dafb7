from __future__ import annotations

import re

import pytest
from django.core.management import CommandError

from leads.models import AuditEntry, Invitation, Membership, Team, User
from leads.models.teams import Role

from .helpers import run

pytestmark = pytest.mark.django_db


def test_it_prints_the_link_alone(team: Team, mailoutbox, settings, client) -> None:
    settings.PORTAL_URL = "https://leads.example.com"
    printed = run("invite", "brewers", "Dora@example.com", "--role", "reviewer")
    assert re.fullmatch(r"https://leads\.example\.com/invitations/lpi_[\w-]{43}/\n", printed)
    row = Invitation.objects.get()
    assert (row.email, row.role, row.invited_by) == ("dora@example.com", Role.REVIEWER, None)
    assert mailoutbox == []
    assert client.get(printed.strip().removeprefix("https://leads.example.com")).status_code == 200
    assert AuditEntry.objects.get(action="member.invited").actor_kind == "operator"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody", "dora@example.com", "--role", "member"),
        ("brewers", "dora", "--role", "member"),
        ("brewers", "dora@example.com", "--role", "owner"),
        ("brewers", "dora@example.com"),
        ("brewers", "alice@example.com", "--role", "member"),
    ],
)
def test_it_refuses_in_a_sentence(arguments: tuple[str, ...], team: Team, alice: User) -> None:
    with pytest.raises(CommandError):
        run("invite", *arguments)
    assert not Invitation.objects.exists()


def test_it_takes_an_invitation_back(team: Team, client) -> None:
    link = run("invite", "brewers", "dora@example.com", "--role", "admin").strip()
    assert "is taken back" in run("revokeinvitation", "brewers", "DORA@example.com")
    assert client.get(link.partition("localhost:8000")[2]).status_code == 410
    with pytest.raises(CommandError, match="No open invitation"):
        run("revokeinvitation", "brewers", "dora@example.com")


def test_it_changes_the_role_of_somebody_who_is_there(team: Team, alice: User, bob: User) -> None:
    assert run("setrole", "brewers", "BOB@example.com", "reviewer") == "bob@example.com is reviewer in brewers.\n"
    assert Membership.objects.get(user=bob).role == Role.REVIEWER
    for arguments, why in (
        (("brewers", "dora@example.com", "admin"), "is not in"),
        (("brewers", alice.email, "member"), "last admin"),
        (("brewers", bob.email, "owner"), "invalid choice"),
    ):
        with pytest.raises(CommandError, match=why):
            run("setrole", *arguments)
