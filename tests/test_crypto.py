from __future__ import annotations

from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from leads import crypto

TEAM = uuid4()
SECRET = "breakcold-usr-tests-0001"


def test_it_opens_what_it_sealed() -> None:
    assert crypto.open_sealed(crypto.seal(SECRET, team_id=TEAM), team_id=TEAM) == SECRET


def test_it_seals_the_same_secret_differently_each_time() -> None:
    assert crypto.seal(SECRET, team_id=TEAM) != crypto.seal(SECRET, team_id=TEAM)


def test_it_shows_nothing_of_the_secret() -> None:
    sealed = crypto.seal(SECRET, team_id=TEAM)
    assert SECRET not in sealed and str(TEAM) not in sealed


def test_it_does_not_open_for_another_team() -> None:
    with pytest.raises(crypto.CannotOpen, match="another team"):
        crypto.open_sealed(crypto.seal(SECRET, team_id=TEAM), team_id=uuid4())


@pytest.mark.parametrize("sealed", ["", "x", "gAAAAAB", "gAAAAA==é", "\0"])
def test_it_does_not_open_what_was_never_sealed(sealed: str) -> None:
    with pytest.raises(crypto.CannotOpen):
        crypto.open_sealed(sealed, team_id=TEAM)


def test_it_does_not_open_what_was_changed() -> None:
    sealed = crypto.seal(SECRET, team_id=TEAM)
    for place in range(0, len(sealed), 7):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises(crypto.CannotOpen):
            crypto.open_sealed(sealed[:place] + other + sealed[place + 1 :], team_id=TEAM)


def test_it_opens_with_any_key_of_the_ring(settings) -> None:
    sealed = crypto.seal(SECRET, team_id=TEAM)
    settings.PORTAL_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.PORTAL_ENCRYPTION_KEYS]
    assert crypto.open_sealed(sealed, team_id=TEAM) == SECRET


def test_it_seals_with_the_newest_key(settings) -> None:
    newest = Fernet.generate_key().decode()
    settings.PORTAL_ENCRYPTION_KEYS = [newest, *settings.PORTAL_ENCRYPTION_KEYS]
    sealed = crypto.seal(SECRET, team_id=TEAM)
    settings.PORTAL_ENCRYPTION_KEYS = [newest]
    assert crypto.open_sealed(sealed, team_id=TEAM) == SECRET


def test_it_reseals_so_that_the_old_key_can_go(settings) -> None:
    newest, sealed = Fernet.generate_key().decode(), crypto.seal(SECRET, team_id=TEAM)
    settings.PORTAL_ENCRYPTION_KEYS = [newest, *settings.PORTAL_ENCRYPTION_KEYS]
    resealed = crypto.reseal(sealed)
    settings.PORTAL_ENCRYPTION_KEYS = [newest]
    assert crypto.open_sealed(resealed, team_id=TEAM) == SECRET
    with pytest.raises(crypto.CannotOpen):
        crypto.open_sealed(sealed, team_id=TEAM)


@pytest.mark.parametrize("broken", [lambda: crypto.reseal("x"), lambda: crypto.open_sealed("x", team_id=TEAM)])
def test_it_says_nothing_of_the_text_it_could_not_open(broken) -> None:
    with pytest.raises(crypto.CannotOpen) as caught:
        broken()
    assert caught.value.__suppress_context__
    assert str(caught.value) == "No key in PORTAL_ENCRYPTION_KEYS opens this sealed text."


def test_it_keeps_digests_for_different_purposes_apart() -> None:
    digests = {crypto.keyed_digest(purpose, "same") for purpose in ("token", "ip", "fingerprint")}
    assert len(digests) == 3


def test_it_digests_under_the_audit_key(settings) -> None:
    before = crypto.fingerprint(SECRET)
    settings.PORTAL_AUDIT_KEY = "another-" + "k" * 40
    assert crypto.fingerprint(SECRET) != before
    assert len(before) == 16
