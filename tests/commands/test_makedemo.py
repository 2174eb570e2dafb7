from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError

from leads.models import Membership, Team, User
from leads.services import keys

from .helpers import run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path: Path) -> Path:
    settings.PORTAL_DATA_DIR = tmp_path
    return tmp_path


def test_it_makes_one_person_of_each_role_who_can_sign_in() -> None:
    found = re.findall(r"^  (\S+@\S+) +password (\S+)$", run("makedemo"), re.MULTILINE)
    assert [email for email, _ in found] == ["member@demo.example", "reviewer@demo.example", "admin@demo.example"]
    for email, password in found:
        user = User.objects.get(email=email)
        assert user.check_password(password)
        validate_password(password, user)
        assert Membership.objects.get(user=user).role == email.partition("@")[0]


def test_it_wires_the_team_to_the_sandbox() -> None:
    run("makedemo")
    assert keys.find_current_key(Team.objects.get(slug="demo")).is_sandbox


def test_it_keeps_the_sign_ins_for_the_operator_alone(data_dir: Path) -> None:
    printed = run("makedemo")
    note = data_dir / "demo-sign-in.txt"
    assert note.read_text() in printed
    assert stat.S_IMODE(note.stat().st_mode) == 0o600


def test_it_makes_the_demo_once(data_dir: Path) -> None:
    run("makedemo")
    note = (data_dir / "demo-sign-in.txt").read_text()
    with pytest.raises(CommandError, match="a team with this short name"):
        run("makedemo")
    assert (data_dir / "demo-sign-in.txt").read_text() == note
    assert User.objects.count() == 3
