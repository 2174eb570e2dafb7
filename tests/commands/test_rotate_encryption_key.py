from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError

from leads.models import BreakcoldKey, Team
from leads.services import keys

from .helpers import run

pytestmark = pytest.mark.django_db


def test_it_lets_the_older_keys_go(key: BreakcoldKey, team: Team, settings) -> None:
    newest = Fernet.generate_key().decode()
    settings.PORTAL_ENCRYPTION_KEYS = [newest, *settings.PORTAL_ENCRYPTION_KEYS]
    assert run("rotate_encryption_key").startswith("Sealed 1 keys")
    settings.PORTAL_ENCRYPTION_KEYS = [newest]
    keys.client_for(keys.find_current_key(team)).close()


def test_it_changes_nothing_when_a_key_cannot_be_opened(key: BreakcoldKey, settings) -> None:
    settings.PORTAL_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("rotate_encryption_key")
    assert BreakcoldKey.objects.get().sealed == key.sealed


def test_it_has_nothing_to_do_without_keys(db) -> None:
    assert run("rotate_encryption_key").startswith("Sealed 0 keys")
