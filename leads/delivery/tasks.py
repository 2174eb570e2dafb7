"""What the task engine calls."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from leads.audit import SYSTEM
from leads.breakcold.errors import Answer, BreakcoldError, KeyRejected
from leads.crypto import CannotOpen
from leads.models import BreakcoldKey
from leads.services import keys, pickers

from . import drain, throttle, wakeup

log = logging.getLogger(__name__)


@task()
def drain_key(key_id: str) -> None:
    """Work on one key now, and plan the next time."""
    again_at = drain.drain(UUID(key_id))
    if again_at is not None:
        key = BreakcoldKey.objects.get(public_id=key_id)
        wakeup.wake(key, at=max(again_at, timezone.now()))


@task(priority=-10)  # leads first
def sync_pickers(key_id: str) -> None:
    """Read the lists, status, tags, owners and attributes of a key's account, within the key's budget."""
    key = BreakcoldKey.objects.current().select_related("team").filter(public_id=key_id).first()
    if key is None or key.held_at is not None:
        return
    try:
        with keys.client_for(key) as client:

            def read(path: str) -> Answer:
                throttle.spend(key)
                try:
                    answer = client.get(path)
                except BreakcoldError as exc:
                    throttle.learn_from(key, exc)
                    raise
                throttle.learn_from(key, answer)
                return answer

            pickers.sync(key=key, read=read, actor=SYSTEM)
    except (BreakcoldError, CannotOpen, throttle.OutOfBudget) as exc:
        log.debug("The options of team %s were not synced: %s", key.team.slug, exc)
        if isinstance(exc, KeyRejected) and exc.status == 401:
            _pause(key, exc)


@transaction.atomic
def _pause(key: BreakcoldKey, error: BreakcoldError) -> None:
    keys.pause_key(key, error.reason, at=timezone.now(), actor=SYSTEM)
