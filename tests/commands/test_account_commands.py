"""What an operator does about somebody's account: a lost password, a lost phone, somebody who has to be out."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError

from leads import crypto
from leads.models import AuditEntry
from tests.factories import APP_SECRET, PASSWORD, give_app

from .helpers import run

NEW = "a different horse 42"


@pytest.fixture
def alice(alice):
    give_app(alice)
    return alice


def actions() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(action__startswith="member.").exclude(action="member.added")
    return list(entries.order_by("pk").values_list("action", "actor_kind"))


def test_it_sets_a_password_anew_and_ends_the_sessions(bob, sign_in) -> None:
    client = sign_in(bob)
    assert run("changepassword", "BOB@example.com", "--password-stdin", stdin=f"{NEW}\n") == (
        "bob@example.com has a new password.\n"
    )
    bob.refresh_from_db()
    assert bob.check_password(NEW) and client.get("/accounts/2fa/").status_code == 302
    assert actions() == [("member.password_set", "operator")]


@pytest.mark.parametrize("password", ["short", "password1234", "bob@example.com", "1234567890", "", "qwertyuiop"])
def test_it_refuses_a_password_that_is_easily_guessed(bob, password) -> None:
    with pytest.raises(CommandError):
        run("changepassword", bob.email, "--password-stdin", stdin=f"{password}\n")
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD) and actions() == []


def test_it_asks_twice_at_a_terminal(bob, monkeypatch) -> None:
    typed = iter([NEW, "another"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    with pytest.raises(CommandError, match="not the same"):
        run("changepassword", bob.email)
    typed = iter([NEW, NEW])
    run("changepassword", bob.email)
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_it_takes_a_lost_phone_out_of_the_way(alice, sign_in) -> None:
    client = sign_in(alice)
    assert "signs in with the password alone now" in run("resetfactors", alice.email)
    assert not alice.authenticator_set.exists() and client.get("/accounts/2fa/").status_code == 302
    assert actions() == [("member.factors_reset", "operator")]
    assert "had none" in run("resetfactors", alice.email)


def test_it_switches_somebody_off_and_on(bob, sign_in) -> None:
    client = sign_in(bob)
    assert run("switchperson", bob.email, "off") == "bob@example.com is switched off.\n"
    assert client.get("/t/brewers/submissions/").status_code == 302
    with pytest.raises(CommandError, match="switched off already"):
        run("switchperson", bob.email, "off")
    run("switchperson", bob.email, "on")
    assert actions() == [("member.switched_off", "operator"), ("member.switched_on", "operator")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "command", [("changepassword", "{}", "--password-stdin"), ("resetfactors", "{}"), ("switchperson", "{}", "off")]
)
def test_it_says_when_nobody_has_the_address(command) -> None:
    with pytest.raises(CommandError, match="Nobody here signs in with"):
        run(*(word.format("who@example.com") for word in command), stdin=f"{NEW}\n")


def test_a_new_encryption_key_seals_second_factors_again(alice, settings) -> None:
    new = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="
    settings.PORTAL_ENCRYPTION_KEYS = [new, *settings.PORTAL_ENCRYPTION_KEYS]
    assert "1 second factors" in run("rotate_encryption_key")
    settings.PORTAL_ENCRYPTION_KEYS = [new]
    assert crypto.open_factor(Authenticator.objects.get().data["secret"]) == APP_SECRET
