"""Whether the portal can take leads and bring them away, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from leads.models import Submission

from . import heartbeat


@dataclass(frozen=True, slots=True)
class Readiness:
    """``reason`` is empty when all is well. The rest is for whoever runs the portal."""

    reason: str = ""
    workers: int = 0
    oldest_waiting_seconds: float = 0.0


def look() -> Readiness:
    try:
        if not _newest_migrations() <= MigrationRecorder(connection).applied_migrations().keys():
            return Readiness("the database is older than the program: run 'python3 manage.py migrate'")
        workers, waiting = heartbeat.alive().count(), oldest_waiting_seconds()
    except Error:
        return Readiness("the database does not answer")
    if not workers:
        seconds = int(heartbeat.ALIVE_FOR.total_seconds())
        return Readiness(f"no worker has been heard of for {seconds} seconds: leads are taken and wait", 0, waiting)
    return Readiness("", workers, waiting)


def oldest_waiting_seconds() -> float:
    """How long ago the lead was due that has waited longest; 0 when none is."""
    now = timezone.now()
    due = Submission.objects.may_leave().filter(send_after__lte=now).order_by("send_after")
    first = due.values_list("send_after", flat=True).first()
    return (now - first).total_seconds() if first else 0.0


@cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app, which is applied when all before it are."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())
