from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from leads.models import AuditEntry
from tests.factories import make_team


def trigger_names() -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'leads_auditentry'"
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'leads_auditentry'::regclass AND NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


EXPECTED = {
    "sqlite": {"audit_entry_no_update", "audit_entry_no_delete", "audit_entry_no_replace"},
    "postgresql": {"audit_entry_no_change", "audit_entry_no_truncate"},
}


@pytest.mark.django_db
def test_it_misses_no_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())


@pytest.mark.django_db
def test_it_guards_the_log_by_triggers() -> None:
    assert trigger_names() == EXPECTED[connection.vendor]


@pytest.mark.django_db(transaction=True)
def test_it_takes_the_triggers_away_and_brings_them_back() -> None:
    leaves = [node for node in MigrationExecutor(connection).loader.graph.leaf_nodes() if node[0] == "leads"]
    make_team("brewers")
    try:
        MigrationExecutor(connection).migrate([("leads", "0001_initial")])
        assert trigger_names() == set()
    finally:
        MigrationExecutor(connection).migrate(leaves)
    assert trigger_names() == EXPECTED[connection.vendor]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(action="x")
