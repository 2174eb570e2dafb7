"""Keys that stop working: pause, circuit, probe, reopen."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from leads import audit
from leads.audit import SYSTEM, Action, Actor
from leads.breakcold.client import BreakcoldClient
from leads.breakcold.errors import BreakcoldError, KeyRejected, Misconfigured, RateLimited
from leads.models import BreakcoldKey
from leads.models.keys import KeyStatus
from leads.signals import key_ready

from .opening import Probe, ask_whose

SUCCESS_IS_NEWS_AFTER = timedelta(seconds=2)  # since the last one: pages say when that was in minutes
CIRCUIT_AFTER = 3  # unclear answers in a row
PROBE_SECONDS = (15, 30, 60, 120, 300)  # between probes of an open circuit
PAUSED_PROBE_SECONDS = (300, 900, 3600)  # between probes of a key that was refused


def probe_key(key: BreakcoldKey, client: BreakcoldClient, *, actor: Actor) -> Probe:
    """One ``GET /me``: reopens the key when it answers, else plans the next probe and raises ``BreakcoldError``."""
    try:
        probe = ask_whose(client)
    except BreakcoldError as exc:
        _plan_probe(key, exc, actor=actor)
        raise
    _reopen(key, actor=actor)
    return probe


def check_key(key: BreakcoldKey, client: BreakcoldClient, *, actor: Actor) -> Probe:
    """One ``GET /me`` because somebody wants to know now. Raises ``BreakcoldError``.

    What it finds counts as what a lead would have found.
    """
    try:
        probe = ask_whose(client)
    except BreakcoldError as exc:
        _note_failed_check(key, exc, actor=actor)
        raise
    _note_check(key, probe, actor=actor)
    return probe


@transaction.atomic
def _note_check(key: BreakcoldKey, probe: Probe, *, actor: Actor) -> None:
    audit.record(Action.KEY_CHECKED, team=key.team, actor=actor, subject=key, details={"works": True})
    if probe.owner_id or probe.owner_label:
        rows = BreakcoldKey.objects.current().filter(pk=key.pk)
        rows.update(owner_id=probe.owner_id, owner_label=probe.owner_label)
    _reopen(key, actor=SYSTEM)


@transaction.atomic
def _note_failed_check(key: BreakcoldKey, error: BreakcoldError, *, actor: Actor) -> None:
    details = {"works": False, "reason": error.reason}
    audit.record(Action.KEY_CHECKED, team=key.team, actor=actor, subject=key, details=details)
    now = timezone.now()
    if isinstance(error, (KeyRejected, Misconfigured)):
        pause_key(key, error.reason, at=now, actor=SYSTEM)
    elif key.is_waiting:
        _plan_probe(key, error, actor=SYSTEM)
    elif not isinstance(error, RateLimited):
        record_trouble(key, error.reason, at=now, actor=SYSTEM)


@transaction.atomic
def _plan_probe(key: BreakcoldKey, error: BreakcoldError, *, actor: Actor) -> None:
    now = timezone.now()
    if isinstance(error, KeyRejected) or key.status == KeyStatus.PAUSED:
        pause_key(key, error.reason, at=now, actor=actor)
        return
    BreakcoldKey.objects.current().filter(pk=key.pk).update(
        probes_failed=F("probes_failed") + 1,
        probe_at=now + timedelta(seconds=PROBE_SECONDS[min(key.probes_failed, len(PROBE_SECONDS) - 1)]),
        last_trouble=error.reason[:300],
        last_trouble_at=now,
    )


@transaction.atomic
def _reopen(key: BreakcoldKey, *, actor: Actor) -> None:
    """Let the key's leads go on, but so that one more trouble closes it again."""
    audit.lock(key.team)
    changed = (
        BreakcoldKey.objects.current()
        .filter(pk=key.pk, probe_at__isnull=False)
        .update(status=KeyStatus.ACTIVE, probe_at=None, troubles_in_a_row=CIRCUIT_AFTER - 1)
    )
    if changed:
        audit.record(Action.KEY_REOPENED, team=key.team, actor=actor, subject=key, details={"last4": key.last4})
        key_ready.send(sender=BreakcoldKey, key=key)


def record_success(key: BreakcoldKey, *, at: datetime) -> None:
    """A lead arrived: whatever trouble there was is over. Runs in the transaction that records the lead."""
    BreakcoldKey.objects.filter(pk=key.pk).update(last_success_at=at, troubles_in_a_row=0, probes_failed=0)
    key.last_success_at, key.troubles_in_a_row, key.probes_failed = at, 0, 0


def is_success_news(key: BreakcoldKey, *, at: datetime) -> bool:
    """Whether ``record_success`` would change more than a moment of what was read of the key just now."""
    before = key.last_success_at
    is_recent = before is not None and abs(at - before) < SUCCESS_IS_NEWS_AFTER
    return bool(key.troubles_in_a_row or key.probes_failed) or not is_recent


def record_trouble(key: BreakcoldKey, trouble: str, *, at: datetime, actor: Actor) -> None:
    """An unknown or a not-sent: the third in a row opens the circuit."""
    audit.lock(key.team)
    rows = BreakcoldKey.objects.current().filter(pk=key.pk)
    rows.update(troubles_in_a_row=F("troubles_in_a_row") + 1, last_trouble=trouble[:300], last_trouble_at=at)
    wait = PROBE_SECONDS[min(key.probes_failed, len(PROBE_SECONDS) - 1)]
    opened = rows.filter(troubles_in_a_row__gte=CIRCUIT_AFTER, probe_at=None).update(
        probe_at=at + timedelta(seconds=wait), probes_failed=F("probes_failed") + 1
    )
    if opened:
        audit.record(Action.KEY_CIRCUIT_OPENED, team=key.team, actor=actor, subject=key, details={"last4": key.last4})


def pause_key(key: BreakcoldKey, trouble: str, *, at: datetime, actor: Actor) -> None:
    """Breakcold refused the key or is not where it should be: its leads wait until a probe answers.

    A key that is paused already waits for a later probe.
    """
    audit.lock(key.team)
    rows = BreakcoldKey.objects.current().filter(pk=key.pk)
    paused = rows.filter(status=KeyStatus.ACTIVE).update(status=KeyStatus.PAUSED)
    wait = PAUSED_PROBE_SECONDS[min(key.probes_failed, len(PAUSED_PROBE_SECONDS) - 1)]
    rows.update(
        probe_at=at + timedelta(seconds=wait),
        probes_failed=F("probes_failed") + 1,
        last_trouble=trouble[:300],
        last_trouble_at=at,
    )
    if paused:
        audit.record(Action.KEY_PAUSED, team=key.team, actor=actor, subject=key, details={"reason": trouble})
