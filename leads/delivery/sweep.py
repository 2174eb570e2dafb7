"""Find what fell between two chairs: leases that ran out, wake-ups that got lost, options that grew old."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import Error, transaction
from django.db.models import Q
from django.utils import timezone

from leads.models import BreakcoldKey, Event, Submission
from leads.services import drafts, gateway_answers, gateway_requests, submissions

from . import engine, policy, wakeup, webhooks
from .drain import HOLD_SECONDS, free_at, next_time
from .tasks import plan_sync, sync_pickers

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(seconds=25)  # a wake-up this late is taken for lost; found by a sweep, within 30
SYNC_EVERY = timedelta(hours=6)
SYNC_RETRY = timedelta(minutes=2)
KEEP_TASKS = timedelta(hours=6)
PRUNE_AT_MOST = 5_000  # rows a sweep
KEEP_EVENTS = timedelta(days=30)  # and what webhooks were told of them


def sweep() -> None:
    """One round; safe to run in every worker at the same time. What goes wrong in one part leaves the others alone."""
    for part in (
        expire_leases,
        wake_keys,
        sync_old_pickers,
        prune_tasks,
        webhooks.give_up_old,
        prune_events,
        prune_gateway,
        prune_drafts,
    ):
        try:
            part()
        except Error:
            raise
        except Exception:
            log.exception("A part of the sweep broke off: %s", part.__name__)


def expire_leases() -> int:
    now = timezone.now()
    count = 0
    for submission in Submission.objects.lease_expired(now).select_related("team")[:500]:
        look_up_at = now + timedelta(seconds=policy.LOOK_UP_SECONDS[0])
        count += submissions.expire_lease(submission=submission, look_up_at=look_up_at)
    return count


def wake_keys() -> int:
    """Plan a drain for each key that has work due but no drain under way or to come."""
    now = timezone.now()
    count = 0
    for key in BreakcoldKey.objects.current().filter(free_at(now)):
        at = next_time(key.public_id)
        if at is None or (key.wake_at and now - LOST_AFTER < key.wake_at <= max(at, now)):
            continue
        with transaction.atomic():
            BreakcoldKey.objects.filter(pk=key.pk, wake_at=key.wake_at).update(wake_at=None)
            count += wakeup.wake(key, at=max(at, now))
    return count


def sync_old_pickers() -> None:
    now = timezone.now()
    old = Q(pickers_synced_at=None) | Q(pickers_synced_at__lte=now - SYNC_EVERY) | Q(pickers_asked_at__isnull=False)
    asked = engine.current().planned_or_since(sync_pickers, now - SYNC_RETRY)
    if asked is None:
        return
    for key in BreakcoldKey.objects.current().filter(old, probe_at=None, held_at=None):
        if str(key.public_id) not in asked:
            plan_sync(str(key.public_id), at=now)


def prune_tasks() -> None:
    """Drop finished tasks, and the ones a killed worker left behind as running: the rows they served are the truth."""
    before = timezone.now() - KEEP_TASKS
    engine.current().prune(before=before, abandoned=before - timedelta(seconds=HOLD_SECONDS), at_most=PRUNE_AT_MOST)


def prune_gateway() -> None:
    """Drop what the gateway kept for a day (answers) and for thirty (requests)."""
    now = timezone.now()
    gateway_answers.prune_answers(now=now)
    gateway_requests.prune_requests(now=now)


def prune_drafts() -> None:
    drafts.prune(now=timezone.now())


def prune_events() -> None:
    old = Event.objects.filter(at__lte=timezone.now() - KEEP_EVENTS).order_by("at")
    Event.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:PRUNE_AT_MOST])).delete()
