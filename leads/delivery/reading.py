"""Read a key's pickers and attributes: in the background, within its budget, and when no lead needs its calls."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from leads.audit import SYSTEM
from leads.breakcold.errors import Answer, BreakcoldError, KeyRejected, NotSent, RateLimited
from leads.crypto import CannotOpen
from leads.models import BreakcoldKey, Submission
from leads.models.keys import KeyStatus
from leads.services import keys, pickers

from . import throttle

log = logging.getLogger(__name__)

YIELD_SECONDS = 15  # to leads that wait, before looking again
PATIENCE_SECONDS = 3.0  # a shorter wait for the budget is sat out


class LeadsFirst(Exception):
    """Leads wait for the calls this would take."""


def leads_wait(key: BreakcoldKey, now: datetime) -> bool:
    """Whether leads could use this budget now: the key's own, or those of another team with the same key."""
    sharing = BreakcoldKey.objects.current().filter(fingerprint=key.fingerprint, status=KeyStatus.ACTIVE)
    ready = sharing.filter(held_at=None, probe_at=None).select_related("team")
    rows = [Submission.objects.for_key(each) for each in ready]
    return any(leads.due(now).exists() or leads.to_settle(now).exists() for leads in rows)


def read_pickers(key: BreakcoldKey) -> datetime | None:
    """Have the options of a key's account as they are now. Returns when to come back; None when there is no need to.

    All is read before anything is kept, so that one broken off half-way changes nothing.
    """
    try:
        with keys.client_for(key) as client:

            def read(path: str) -> Answer:
                _make_way(key)
                _spend(key)
                try:
                    answer = client.get(path)
                except BreakcoldError as exc:
                    throttle.learn_from(key, exc)
                    raise
                throttle.learn_from(key, answer)
                return answer

            pickers.sync(key=key, read=read, actor=SYSTEM)
            return None
    except LeadsFirst:
        return timezone.now() + timedelta(seconds=YIELD_SECONDS)
    except throttle.OutOfBudget as exc:
        return exc.until
    except RateLimited:
        return throttle.free_at(key.fingerprint, now=timezone.now()) or timezone.now()
    except NotSent as exc:
        _give_up(key, exc)
        is_first = key.pickers_synced_at is None  # people wait for it; later ones are the sweep's
        return timezone.now() + timedelta(seconds=YIELD_SECONDS) if is_first else None
    except (BreakcoldError, CannotOpen) as exc:
        _give_up(key, exc)
        return None


def _make_way(key: BreakcoldKey) -> None:
    if leads_wait(key, timezone.now()):
        raise LeadsFirst


def _spend(key: BreakcoldKey) -> None:
    """One call of the budget; a key of which nothing is known yet pays for one a second."""
    try:
        throttle.spend(key)
    except throttle.OutOfBudget as exc:
        seconds = (exc.until - timezone.now()).total_seconds()
        if seconds > PATIENCE_SECONDS or throttle.stopping.wait(max(seconds, 0)):
            raise
        throttle.spend(key)


@transaction.atomic
def _give_up(key: BreakcoldKey, error: BreakcoldError | CannotOpen) -> None:
    log.debug("The options of team %s were not synced: %s", key.team.slug, error)
    reason = error.reason if isinstance(error, BreakcoldError) else str(error)
    if isinstance(error, KeyRejected) and error.status == 401:
        keys.pause_key(key, reason, at=timezone.now(), actor=SYSTEM)
    pickers.note_sync_trouble(key=key, trouble=reason)
