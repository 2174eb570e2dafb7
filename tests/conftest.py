"""The cast: Alice owns the team, Bob is a member of it, Carol reviews, Charlie is a stranger with a team of his own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.testcases import TransactionTestCase

from leads.audit import Actor
from leads.breakcold.sandbox import SandboxServer
from leads.models import BreakcoldKey, Team, User
from leads.models.teams import Environment, Role
from leads.services import keys
from leads.views import mail

from .factories import OPERATOR, actor_for, make_member, make_team
from .fakes import SANDBOX_KEY


def pytest_configure() -> None:
    django_settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Argon2 is slow on purpose
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def pytest_unconfigure() -> None:
    shutil.rmtree(django_settings.PORTAL_DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """SQLite as in life: a file with WAL that several threads open, not a shared memory database."""
    if connection.vendor == "sqlite":
        folder = tmp_path_factory.mktemp("database")
        django_settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(folder / "test.sqlite3")


@pytest.fixture(autouse=True, scope="session")
def flush_despite_triggers() -> Iterator[None]:
    """Tests that commit are cleaned up by emptying every table, which the audit table refuses by design."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            names = _drop_triggers(cursor)
        flush(self)
        with connection.cursor() as cursor:
            for statement in names:
                cursor.execute(statement)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = flush


def _drop_triggers(cursor) -> list[str]:
    """Take the triggers away; returns the statements that bring them back."""
    if connection.vendor == "postgresql":
        cursor.execute("ALTER TABLE leads_auditentry DISABLE TRIGGER USER")
        return ["ALTER TABLE leads_auditentry ENABLE TRIGGER USER"]
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    rows = cursor.fetchall()
    for name, _ in rows:
        cursor.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in rows]


@pytest.fixture(scope="session")
def _sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(_sandbox_server: SandboxServer, settings) -> Iterator[SandboxServer]:
    """Breakcold on a real loopback port: empty faults, no limit, and whatever other tests left in it."""
    server = _sandbox_server
    server.clear()
    server.limit(None)
    server.restore(SANDBOX_KEY)
    settings.BREAKCOLD_SANDBOX_URL = server.url
    yield server
    server.clear()
    server.up()


@pytest.fixture(autouse=True)
def mail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails about accounts are handed over before the answer; tests/views/test_mail.py has them as in life."""
    monkeypatch.setattr("leads.views.mail.send_soon", mail._send)
    monkeypatch.setattr("leads.views.password_reset.ANSWER_SECONDS", 0)


@pytest.fixture
def team(db) -> Team:
    return make_team("brewers", undo_seconds=0)


@pytest.fixture
def other_team(db) -> Team:
    return make_team("strangers", undo_seconds=0)


@pytest.fixture
def alice(team: Team) -> User:
    return make_member(team, "alice", Role.ADMIN)


@pytest.fixture
def bob(team: Team) -> User:
    return make_member(team, "bob", Role.MEMBER)


@pytest.fixture
def carol(team: Team) -> User:
    return make_member(team, "carol", Role.REVIEWER)


@pytest.fixture
def charlie(other_team: Team) -> User:
    return make_member(other_team, "charlie", Role.ADMIN)


@pytest.fixture
def key(team: Team, sandbox: SandboxServer) -> BreakcoldKey:
    """The team sends to the sandbox."""
    return keys.set_key(team=team, plain=SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR)


@pytest.fixture
def as_bob(bob: User) -> Actor:
    return actor_for(bob)


@pytest.fixture
def as_carol(carol: User) -> Actor:
    return actor_for(carol)


def confirm(client: Client, user: User, seconds_ago: float = 0) -> None:
    """The person showed who they are, that long ago."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - seconds_ago}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    """A browser of somebody who is signed in."""

    def make(user: User) -> Client:
        client = Client(enforce_csrf_checks=False)
        client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[0])
        confirm(client, user)
        return client

    return make
