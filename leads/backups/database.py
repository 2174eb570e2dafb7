"""The portal's database as a whole: copied out as it was at one moment, and put back in one step."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from leads.models import Team, User, WorkerBeat
from leads.monitoring import heartbeat

from . import on_postgres, on_sqlite
from .archive import About, Unusable, write_file


def take(path: Path) -> None:
    """Write a backup of the database as it is now. Raises ``Unusable``."""
    applied = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
    if not applied:
        raise Unusable("There is nothing to back up: the database is empty.")
    about = About(
        engine=connection.vendor,
        portal=settings.PORTAL_VERSION,
        taken_at=timezone.now().isoformat(timespec="seconds"),
        migrations=applied,
    )
    write_file(path, about, _engine().copy_out)


def is_in_use() -> bool:
    """Whether the database holds a team or a person."""
    tables = set(connection.introspection.table_names())
    return any(model._meta.db_table in tables and model._default_manager.exists() for model in (Team, User))


def has_worker() -> bool:
    """Whether a worker was heard of a moment ago: it would go on with leads that are not there any more."""
    return WorkerBeat._meta.db_table in connection.introspection.table_names() and heartbeat.alive().exists()


def put_back(about: About, content: Path) -> None:
    """Put a backup in the place of all there is, with every key held from its first moment on. Raises ``Unusable``.

    One step: whoever looks finds what was there before, or what the backup holds. Then what newer code needs is added.
    """
    _refuse_strange(about)
    _engine().put_back(content)
    connection.close()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def _refuse_strange(about: About) -> None:
    if about.engine != connection.vendor:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        theirs, ours = names.get(about.engine, "another database"), names[connection.vendor]
        raise Unusable(
            f"The backup is of {theirs} and this portal runs on {ours}. Restore it into {theirs};"
            " docs/scaling.md says how to move."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    if newer := [name for name in about.migrations if name not in known]:
        raise Unusable(
            f"The backup is of a newer portal ({about.portal}): this one does not know its {newer[-1]}. Upgrade first."
        )


def _engine() -> ModuleType:
    return on_sqlite if connection.vendor == "sqlite" else on_postgres
