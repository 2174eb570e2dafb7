"""Every worker says in the database that it is there, so that it shows within half a minute when none is."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from django.db import Error, close_old_connections
from django.db.models.query import QuerySet
from django.utils import timezone

from leads.models import WorkerBeat

BEAT_SECONDS = 5.0
ALIVE_FOR = timedelta(seconds=20)  # four beats; with the last of them it is red within 30 seconds
FORGET_AFTER = timedelta(hours=1)

log = logging.getLogger(__name__)


def beat_until(stopping: threading.Event) -> None:
    """Beat now and every few seconds; the last deed is to take the worker's row away."""
    name, started_at = uuid4(), timezone.now()
    while True:
        try:
            now = timezone.now()
            WorkerBeat.objects.update_or_create(name=name, defaults={"beat_at": now, "started_at": started_at})
            WorkerBeat.objects.filter(beat_at__lt=now - FORGET_AFTER).delete()
        except Error:
            log.warning("The heartbeat could not reach the database; trying again")
        finally:
            close_old_connections()
        if stopping.wait(BEAT_SECONDS):
            break
    with suppress(Error):  # then it goes silent instead
        WorkerBeat.objects.filter(name=name).delete()
    close_old_connections()


def alive() -> QuerySet[WorkerBeat]:
    """The workers that beat a moment ago."""
    return WorkerBeat.objects.filter(beat_at__gte=timezone.now() - ALIVE_FOR)
