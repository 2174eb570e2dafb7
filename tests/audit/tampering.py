"""What somebody who owns the database, but not PORTAL_AUDIT_KEY, could do to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from leads import audit
from leads.models import AuditEntry, Team
from tests.conftest import _drop_triggers


@contextmanager
def triggers_off() -> Iterator[None]:
    """The append-only triggers are taken away, as an owner of the database can."""
    settle_constraints()
    with connection.cursor() as cursor:
        statements = _drop_triggers(cursor)
        try:
            yield
        finally:
            for statement in statements:
                cursor.execute(statement)


def settle_constraints() -> None:
    """PostgreSQL alters no table whose foreign keys are still to be checked at the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def edit(team: Team, at: int, /, **columns: Any) -> None:
    with triggers_off():
        changed = AuditEntry.objects.filter(team=team, sequence=at).update(**columns)
    assert changed == 1


def delete(team: Team, *sequences: int) -> None:
    with triggers_off():
        rows = AuditEntry.objects.filter(team=team, sequence__in=sequences)
        rows._raw_delete(rows.db)


def insert(entry: AuditEntry, **columns: Any) -> None:
    """A copy of ``entry`` with other columns, written past ``audit.record``."""
    copy = AuditEntry(**{field.attname: getattr(entry, field.attname) for field in AuditEntry._meta.fields})
    copy.pk = None
    for name, value in columns.items():
        setattr(copy, name, value)
    copy.save(force_insert=True)


def findings(team: Team) -> list[tuple[int, str]]:
    return [(finding.sequence, finding.problem) for finding in audit.verify(team)]
