"""Breakcold keys: set, probe, pause, reopen. The only place that opens a sealed key."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from leads import audit, crypto
from leads.audit import Action, Actor
from leads.breakcold.client import BreakcoldClient
from leads.breakcold.errors import BreakcoldError, KeyRejected, RateLimit
from leads.breakcold.sandbox.state import KEY_PREFIX as SANDBOX_KEY_PREFIX
from leads.models import BreakcoldKey, Submission, Team
from leads.models.keys import KeyStatus
from leads.models.teams import Environment
from leads.signals import key_ready

from .teams import NotPossible

CIRCUIT_AFTER = 3  # unclear answers in a row
PROBE_SECONDS = (15, 30, 60, 120, 300)  # between probes of an open circuit
PAUSED_PROBE_SECONDS = (300, 900, 3600)  # between probes of a key that was refused


@dataclass(frozen=True, slots=True)
class Probe:
    """What ``GET /me`` said: whose key it is, and the budget it left."""

    owner_label: str
    rate_limit: RateLimit


def new_sandbox_key() -> str:
    """A key the sandbox accepts, with an account of its own there."""
    return f"{SANDBOX_KEY_PREFIX}-{secrets.token_hex(16)}"


def is_sandbox_key(plain: str) -> bool:
    """Whether this is a key of the practice sandbox and not of Breakcold."""
    return plain.strip().startswith(SANDBOX_KEY_PREFIX)


def clean_key(text: str) -> str:
    """A key as pasted, without the space around it. Raises ``NotPossible`` when it cannot be a key."""
    key = text.strip()
    if not key:
        raise NotPossible("The key is empty.")
    if key.startswith("bc_live_"):
        raise NotPossible(
            "This is a key of Breakcold's newer API. The portal needs the older kind; it begins with “breakcold-usr”."
        )
    if not re.fullmatch(r"[\x21-\x7e]{8,500}", key):
        raise NotPossible("This is not a key: it must be one word of 8 to 500 plain characters.")
    return key


def set_key(
    *, team: Team, plain: str, environment: str = Environment.LIVE, check: bool = True, actor: Actor
) -> BreakcoldKey:
    """Keep ``plain`` sealed in place of the team's key of that environment; leads entered from now on go out with it.

    Raises ``NotPossible``.

    With ``check`` the key is tried first (``GET /me``, one call) and kept only if Breakcold accepts it.
    """
    plain = clean_key(plain)
    owner_label = ""
    if check:
        try:
            with _client(plain, environment) as client:
                owner_label = _probe(client).owner_label
        except BreakcoldError as exc:
            raise NotPossible(f"The key was not kept: {exc.reason}") from None
    return _store_key(team=team, plain=plain, environment=environment, owner_label=owner_label, actor=actor)


@transaction.atomic
def _store_key(*, team: Team, plain: str, environment: str, owner_label: str, actor: Actor) -> BreakcoldKey:
    audit.lock(team)
    for old in BreakcoldKey.objects.current().filter(team=team, environment=environment):
        BreakcoldKey.objects.filter(pk=old.pk).update(status=KeyStatus.REVOKED, sealed="", probe_at=None, wake_at=None)
        audit.record(Action.KEY_REPLACED, team=team, actor=actor, subject=old, details={"last4": old.last4})
    key = BreakcoldKey.objects.create(
        team=team,
        environment=environment,
        sealed=crypto.seal(plain, team_id=team.public_id),
        last4=plain[-4:],
        fingerprint=crypto.fingerprint(plain),
        owner_label=owner_label,
        set_by=actor.user,
    )
    details = {"last4": key.last4, "fingerprint": key.fingerprint, "environment": environment}
    audit.record(Action.KEY_SET, team=team, actor=actor, subject=key, details=details)
    Team.objects.filter(pk=team.pk).update(environment=environment)
    team.environment = environment
    key_ready.send(sender=BreakcoldKey, key=key)
    return key


def find_key(team: Team, environment: str) -> BreakcoldKey | None:
    """The team's key of one environment, if it has one."""
    return BreakcoldKey.objects.current().filter(team=team, environment=environment).select_related("team").first()


def find_current_key(team: Team) -> BreakcoldKey | None:
    """The key leads entered now go out with, if there is one."""
    return find_key(team, team.environment)


def find_key_for(submission: Submission) -> BreakcoldKey | None:
    """The key this lead goes out with, if there is one."""
    return find_key(submission.team, submission.environment)


def client_for(key: BreakcoldKey) -> BreakcoldClient:
    """A client that holds the opened key. Raises ``crypto.CannotOpen``."""
    return _client(crypto.open_sealed(key.sealed, team_id=key.team.public_id), key.environment)


def _client(plain: str, environment: str) -> BreakcoldClient:
    is_sandbox = environment == Environment.SANDBOX
    return BreakcoldClient(
        base_url=settings.BREAKCOLD_SANDBOX_URL if is_sandbox else settings.BREAKCOLD_BASE_URL,
        key=plain,
        timeout_seconds=settings.BREAKCOLD_TIMEOUT_SECONDS,
        user_agent=f"lead-portal/{settings.PORTAL_VERSION}",
    )


def _probe(client: BreakcoldClient) -> Probe:
    answer = client.get("/me")
    me: dict[str, Any] = answer.body if isinstance(answer.body, dict) else {}
    label = next((me[name] for name in ("full_name", "name", "email") if isinstance(me.get(name), str)), "")
    return Probe(owner_label=label[:200], rate_limit=answer.rate_limit)


def probe_key(key: BreakcoldKey, client: BreakcoldClient, *, actor: Actor) -> Probe:
    """One ``GET /me``: reopens the key when it answers, else plans the next probe and raises ``BreakcoldError``."""
    try:
        probe = _probe(client)
    except BreakcoldError as exc:
        _plan_probe(key, exc, actor=actor)
        raise
    _reopen(key, actor=actor)
    return probe


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


@transaction.atomic
def reseal_keys(*, actor: Actor) -> int:
    """Seal every key with the newest encryption key; returns how many. Raises ``crypto.CannotOpen``."""
    for team in Team.objects.filter(keys__in=BreakcoldKey.objects.current()).order_by("pk"):
        audit.lock(team)
    keys = list(BreakcoldKey.objects.select_for_update(of=("self",)).current().select_related("team").order_by("pk"))
    for key in keys:
        BreakcoldKey.objects.filter(pk=key.pk).update(sealed=crypto.reseal(key.sealed))
        audit.record(Action.KEY_RESEALED, team=key.team, actor=actor, subject=key, details={"last4": key.last4})
    return len(keys)


def trouble_sentence(key: BreakcoldKey | None) -> str:
    """What everyone in the team should know about its key now; empty when all is well."""
    if key is None:
        return "This team has no Breakcold key yet. Leads you send are safe and wait for it."
    if key.held_at is not None:
        return "Leads wait while the key is being changed. They are safe and go out by themselves afterwards."
    if key.status == KeyStatus.PAUSED:
        return f"Leads wait: {key.last_trouble} They are safe and go out by themselves once it works again."
    if key.probe_at is not None:
        return "Breakcold is not answering properly just now. Leads are safe and go out as soon as it does."
    return ""
