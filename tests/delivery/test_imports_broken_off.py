"""Work on an import that ends in an error nobody foresaw: tried three times, then a person is told what to do."""

from __future__ import annotations

import tempfile
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from leads.delivery import imports
from leads.models import AuditEntry, ImportFile, ImportRow, LeadImport
from leads.services import imports as service
from leads.services.imports.breaking import TRIES
from leads.sheets import read_in_child
from leads.states import Count, Stage
from tests.factories import make_import

from .kit import actions
from .test_imports import FAIR, again, mapped, turns

pytestmark = pytest.mark.django_db


CELL = "aoife@example.com"


def stumble(*args, **kwargs):
    return int(CELL)


def tried(lead_import: LeadImport) -> LeadImport:
    """One try, at the time the worker would make it."""
    LeadImport.objects.filter(pk=lead_import.pk).update(look_at=timezone.now())
    imports.work_once()
    lead_import.refresh_from_db()
    return lead_import


def test_it_tries_three_times_to_read_a_file_and_then_refuses_it(team, bob, monkeypatch, caplog):
    made = make_import(team, bob, FAIR)
    monkeypatch.setattr(imports, "read_in_child", stumble)
    for _ in range(TRIES - 1):
        assert tried(made).stage == Stage.READING
        assert timezone.now() < made.look_at <= timezone.now() + timedelta(seconds=imports.TURN_SECONDS)
    assert tried(made).stage == Stage.UNREADABLE
    assert (made.look_at, made.finished_at is None) == (None, False)
    assert made.reference in made.problem and "aoife" not in made.problem
    assert not ImportFile.objects.exists() and not ImportRow.objects.exists()
    assert actions(team)[-1] == "import.unreadable"
    assert AuditEntry.objects.last().details == {"error": "ValueError"}
    assert caplog.text.count(f"{made.reference} broke off (ValueError)") == TRIES
    assert "aoife" not in caplog.text
    assert not imports.work_once()


def test_a_worker_that_is_killed_while_a_file_is_read_leaves_nothing_of_it(team, bob, tmp_path, monkeypatch):
    """Nothing with a name, that is: the rest is gone with the worker."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    there = []

    def read(file, **more):
        there.append(list(tmp_path.iterdir()))
        return read_in_child(file, **more)

    monkeypatch.setattr(imports, "read_in_child", read)
    assert tried(make_import(team, bob, FAIR)).stage == Stage.MAPPING
    assert there == [[]]


def test_it_reads_a_file_that_could_be_read_after_all(team, bob, monkeypatch):
    made = make_import(team, bob, FAIR)
    with monkeypatch.context() as patched:
        patched.setattr(imports, "read_in_child", stumble)
        for _ in range(TRIES - 1):
            tried(made)
    assert tried(made).stage == Stage.MAPPING
    assert made.broken_off == 0


@pytest.mark.parametrize("error", [OperationalError, IntegrityError], ids=["away", "refuses"])
def test_it_waits_for_a_database_that_is_away_and_not_for_one_that_refuses(team, bob, monkeypatch, error):
    made = make_import(team, bob, FAIR)

    def fail(**kwargs):
        raise error("no")

    monkeypatch.setattr(service, "keep_rows", fail)
    for _ in range(TRIES + 1):
        LeadImport.objects.filter(look_at__isnull=False).update(look_at=timezone.now())
        stopping = threading.Event()
        monkeypatch.setattr(imports, "close_old_connections", stopping.set)
        imports.work_until(stopping)
    made.refresh_from_db()
    assert made.stage == (Stage.READING if error is OperationalError else Stage.UNREADABLE)


def test_it_asks_for_another_mapping_when_the_check_breaks_off(team, bob, as_bob, monkeypatch):
    made = turns(make_import(team, bob, FAIR))
    service.map_columns(lead_import=made, columns=made.columns, constants={}, choices={}, actor=as_bob)
    with monkeypatch.context() as patched:
        patched.setattr(imports.RowChecker, "check", stumble)
        for _ in range(TRIES):
            tried(made)
    assert (made.stage, made.look_at) == (Stage.MAPPING, None)
    assert made.reference in made.problem
    assert actions(team)[-1] == "import.broke_off"
    mapped(made, as_bob)
    assert (made.stage, made.problem) == (Stage.READY, "")


def test_it_pauses_when_entering_breaks_off_and_goes_on_when_told(team, bob, as_bob, key, monkeypatch):
    made = mapped(turns(make_import(team, bob, FAIR)), as_bob)
    service.start(lead_import=made, duplicates="create", actor=as_bob)
    with monkeypatch.context() as patched:
        patched.setattr(imports.RowChecker, "check", stumble)
        for _ in range(TRIES):
            tried(made)
    assert made.stage == Stage.PAUSED and made.reference in made.problem
    assert service.count(made)[Count.WAITING] == 3
    service.resume(lead_import=made, actor=as_bob)
    again(made)
    assert made.submissions.count() == 3 and made.problem == ""


def test_it_counts_only_tries_in_a_row(team, bob, as_bob, key, monkeypatch):
    made = mapped(turns(make_import(team, bob, FAIR)), as_bob)
    service.start(lead_import=made, duplicates="create", actor=as_bob)
    with monkeypatch.context() as patched:
        patched.setattr(imports.RowChecker, "check", stumble)
        for _ in range(TRIES - 1):
            tried(made)
    assert made.broken_off == TRIES - 1
    assert tried(made).submissions.count() == 3
    assert (made.stage, made.broken_off) == (Stage.RUNNING, 0)


def test_it_takes_back_what_was_cancelled_however_often_that_breaks_off(team, bob, as_bob, key, monkeypatch):
    made = mapped(turns(make_import(team, bob, FAIR)), as_bob)
    service.start(lead_import=made, duplicates="create", actor=as_bob)
    turns(made)
    service.cancel(lead_import=made, actor=as_bob)
    with monkeypatch.context() as patched:
        patched.setattr(service, "take_back_next", stumble)
        for _ in range(TRIES + 1):
            tried(made)
        assert made.stage == Stage.CANCELLED and made.look_at is not None
    again(made)
    assert service.count(made)[Count.SKIPPED] == 3


def test_it_keeps_nothing_of_a_file_that_was_cancelled_while_it_was_read(team, bob, as_bob):
    made = make_import(team, bob, FAIR)
    kept = {"lead_import": made, "start": 1, "rows": [["Aoife"]], "numbers": [2], "origins": [None]}
    service.keep_rows(**kept)
    service.cancel(lead_import=made, actor=as_bob)
    service.keep_rows(**kept | {"start": 2})  # by the worker that was at it
    turns(made)
    assert made.stage == Stage.CANCELLED and made.look_at is None
    assert not ImportFile.objects.exists() and not ImportRow.objects.exists()
    assert sum(service.count(made).values()) == made.row_count == 0
