"""Hears that work arrived and sees to it that a drain runs: the task engine says *when*, the rows say *what*."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from leads.models import BreakcoldKey, Submission
from leads.services import keys
from leads.signals import key_ready, submission_queued, sync_wanted

from . import engine


def listen() -> None:
    submission_queued.connect(_on_submission_queued, dispatch_uid="wake the drain")
    key_ready.connect(_on_key_ready, dispatch_uid="wake the drain and sync")
    sync_wanted.connect(_on_sync_wanted, dispatch_uid="sync")


def _on_submission_queued(sender: Any, *, submission: Submission, **kwargs: Any) -> None:
    key = keys.find_key_for(submission)
    if key is not None and key.held_at is None:
        wake(key, at=submission.send_after or timezone.now())


def _on_key_ready(sender: Any, *, key: BreakcoldKey, **kwargs: Any) -> None:
    from .tasks import plan_sync

    wake(key, at=timezone.now())
    if key.pickers_synced_at is None:
        plan_sync(str(key.public_id), at=timezone.now())


def _on_sync_wanted(sender: Any, *, key: BreakcoldKey, **kwargs: Any) -> None:
    from .tasks import plan_sync

    plan_sync(str(key.public_id), at=timezone.now())


@transaction.atomic
def wake(key: BreakcoldKey, *, at: datetime) -> bool:
    """Have a drain run at ``at``, unless one is to run by then already. True when it was planned now.

    The row is locked first, so that a drain which begins meanwhile sees what this transaction commits, or this sees
    that it began. A wake-up the engine lost is found by ``sweep``.
    """
    from .tasks import drain_key

    BreakcoldKey.objects.select_for_update().get(pk=key.pk)
    later = Q(wake_at=None) | Q(wake_at__gt=at)
    if not BreakcoldKey.objects.filter(later, pk=key.pk).update(wake_at=at):
        return False
    if_lost = partial(_forget, key.pk, at)
    engine.current().plan(drain_key, str(key.public_id), at=at, if_lost=if_lost)
    return True


def _forget(key_pk: int, at: datetime) -> None:
    """A wake-up that the engine did not take is none: the next sweep plans another."""
    BreakcoldKey.objects.filter(pk=key_pk, wake_at=at).update(wake_at=None)
