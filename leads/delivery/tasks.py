"""What the task engine calls."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django_tasks import task

from leads.models import BreakcoldKey
from leads.services import pickers

from . import drain, engine, reading, wakeup


@task()
def drain_key(key_id: str) -> None:
    """Work on one key now, and plan the next time."""
    again_at = drain.drain(UUID(key_id))
    if again_at is not None:
        key = BreakcoldKey.objects.get(public_id=key_id)
        wakeup.wake(key, at=max(again_at, timezone.now()))


@task()
def sync_pickers(key_id: str) -> None:
    """Read the lists, status, tags, owners and attributes of a key's account, now or when no lead waits any more."""
    key = BreakcoldKey.objects.current().select_related("team").filter(public_id=key_id).first()
    if key is None or key.held_at is not None:
        return
    if key.is_waiting:
        pickers.note_sync_trouble(key=key, trouble="Breakcold does not answer to the team’s key just now.")
        return
    again_at = reading.read_pickers(key)
    if again_at is not None:
        plan_sync(key_id, at=again_at)


def plan_sync(key_id: str, *, at: datetime) -> None:
    """Have ``sync_pickers`` run at ``at``, unless it is planned already: sooner or later, it makes way for leads."""
    engine.current().plan_once(sync_pickers, key_id, at=at)
