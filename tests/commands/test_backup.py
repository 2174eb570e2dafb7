"""A backup is taken from the test's own database while it is used, and put back into an empty one beside it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from leadportal import bootstrap
from leads.models import AuditEntry, BreakcoldKey, Submission, Team, WorkerBeat
from leads.services import submissions
from leads.states import State
from tests.delivery.processes import database_url
from tests.factories import make_live, make_member, make_submission, make_team

from .helpers import run

SECRETS = ("SECRET_KEY", "PORTAL_AUDIT_KEY", "PORTAL_ENCRYPTION_KEYS")


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """The address of another database on the engine of the test."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'other.sqlite3'}"
        return
    name = f"portal_restored_{uuid.uuid4().hex[:12]}"
    server = database_url().split("?")[0].rsplit("/", 1)[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server}/{name}"
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(folder: Path, url: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=bootstrap.BASE,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "leadportal.settings",
            "PORTAL_DATA_DIR": str(folder / "data"),
            "DATABASE_URL": url,
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


LOOK = """
import json
from leads.models import *
from django.contrib.sessions.models import Session
print(json.dumps({
    "states": sorted(Submission.objects.values_list("state", flat=True)),
    "titles": Submission.objects.filter(title__startswith="n").count(),
    "held": [[key.status, key.held_at is None] for key in BreakcoldKey.objects.all()],
    "actions": sorted(set(AuditEntry.objects.values_list("action", flat=True))),
    "sessions": Session.objects.count(),
}))
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_brings_everything_back_while_the_portal_goes_on_and_lets_nothing_leave(tmp_path, client):
    team = make_team("brewers")
    bob = make_member(team, "bob")
    client.force_login(bob)
    make_live(team)
    queued, sending = make_submission(team, bob, email="q@example.com"), make_submission(team, bob)
    Submission.objects.filter(pk=queued.pk).update(send_after=timezone.now() + timedelta(hours=1))
    key = BreakcoldKey.objects.get()
    attempt = submissions.claim_next(key=key, now=timezone.now())
    assert attempt is not None and attempt.submission == sending
    enough = threading.Event()
    written: list[str] = []

    def go_on() -> None:
        try:
            while not enough.is_set() and len(written) < 500:
                written.append(make_submission(team, bob, email=f"n{len(written)}@example.com").reference)
        finally:
            connection.close()

    writer = threading.Thread(target=go_on)
    writer.start()
    file = tmp_path / "monday.backup"
    said = run("backup", str(file))
    enough.set()
    writer.join(30)
    assert "secrets.env" in said and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["monday.backup"]

    with empty_database(tmp_path) as url:
        answer = manage(tmp_path, url, "restore", str(file))
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "holdkey brewers --release" in answer.stdout and "1 leads were on their way" in answer.stdout
        looked = manage(tmp_path, url, "shell", "-c", LOOK)
        assert looked.returncode == 0, looked.stderr
        seen = json.loads(looked.stdout.splitlines()[-1])
        assert {State.UNKNOWN, State.QUEUED} >= set(seen["states"]) and "unknown" in seen["states"]
        assert seen["held"] == [["active", False]] and "key.held" in seen["actions"] and seen["sessions"] == 0
        assert len(seen["states"]) <= 2 + len(written)
        strange = manage(tmp_path, url, "restore", "--force", str(file), PORTAL_AUDIT_KEY="another-" + "k" * 40)
        assert strange.returncode == 1 and "PORTAL_AUDIT_KEY" in strange.stdout and "Traceback" not in strange.stderr
        assert manage(tmp_path, url, "verify_audit").returncode == 0


def test_no_secret_is_in_it(team, bob, key, tmp_path, settings, transactional_db):
    file = tmp_path / "x"
    run("backup", str(file))
    with zipfile.ZipFile(file) as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    for name in SECRETS:
        assert os.environ[name].encode() not in held
    assert b"sandbox-key" not in held


def test_it_writes_over_nothing_unless_told_to(team, tmp_path, transactional_db):
    file = tmp_path / "x"
    file.write_text("mine")
    with pytest.raises(CommandError, match="--force"):
        run("backup", str(file))
    assert file.read_text() == "mine"
    run("backup", str(file), "--force")
    assert zipfile.is_zipfile(file) and stat.S_IMODE(file.stat().st_mode) == 0o600
    for place in (tmp_path / "no" / "folder", Path("/proc/x")):
        with pytest.raises(CommandError, match="cannot be written"):
            run("backup", str(place))


def rewritten(file: Path, to: Path, **about: object) -> Path:
    """The same backup, with something else said of it."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        said = {**json.loads(old.read("about.json")), **about}
        new.writestr("about.json", json.dumps(said))
        new.writestr("database", old.read("database"))
    return to


def test_it_refuses_what_it_cannot_use_and_changes_nothing(team, bob, tmp_path, transactional_db):
    make_submission(team, bob)
    good = tmp_path / "good"
    run("backup", str(good))
    whole = good.read_bytes()
    files = {
        "none": "There is no file",
        "folder": "cannot be read",
        "text": "no backup",
        "empty": "no backup",
        "zip": "no backup",
        "bad-about": "no backup",
        "half": "cut off",
        "bit": "damaged",
        "tail": "cut off",
        "version": "another version",
        "kind": "no backup",
        "more": "no backup",
        "engine": "Restore it into",
        "newer": "newer portal",
    }
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("dear diary")
    (tmp_path / "empty").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "zip", "w") as other:
        other.writestr("letter.txt", "dear diary")
    with zipfile.ZipFile(tmp_path / "bad-about", "w") as other:
        other.writestr("about.json", "{")
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "tail").write_bytes(whole[:-30])
    middle = len(whole) // 2
    (tmp_path / "bit").write_bytes(whole[:middle] + bytes([whole[middle] ^ 0x55]) + whole[middle + 1 :])
    rewritten(good, tmp_path / "version", version=2)
    rewritten(good, tmp_path / "kind", kind="cake")
    rewritten(good, tmp_path / "more", flavour="plum")
    rewritten(good, tmp_path / "engine", engine="oracle")
    rewritten(good, tmp_path / "newer", migrations=["leads.9999_later"])
    for name, words in files.items():
        with pytest.raises(CommandError, match=words):
            run("restore", str(tmp_path / name), "--force")
    with pytest.raises(CommandError, match="--force"):
        run("restore", str(good))
    WorkerBeat.objects.create(started_at=timezone.now(), beat_at=timezone.now())
    with pytest.raises(CommandError, match="A worker runs"):
        run("restore", str(good), "--force")
    assert (Team.objects.count(), Submission.objects.count()) == (1, 1)
    assert AuditEntry.objects.filter(action="key.held").count() == 0


def test_it_says_that_a_database_is_empty_or_away(team, tmp_path, transactional_db, monkeypatch):
    with empty_database(tmp_path) as url:
        answer = manage(tmp_path, url, "backup", str(tmp_path / "x"))
        assert answer.returncode == 1 and "nothing to back up" in answer.stderr
    assert not (tmp_path / "x").exists()
    if connection.vendor == "postgresql":
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(CommandError, match="pg_dump is not installed"):
            run("backup", str(tmp_path / "x"))
        assert not (tmp_path / "x").exists()
