"""Hold a team's queue while its key is being changed, and let it go again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import BreakcoldKey, Team
from leads.services.members import lock_as_admin
from leads.services.teams import NotPossible
from leads.signals import key_ready

from .finding import find_key
from .meanwhile import find_seen, refuse_if_changed


@transaction.atomic
def hold_key(*, team: Team, seen: str, actor: Actor) -> BreakcoldKey:
    """Let nothing more leave with this key, because it is about to be replaced. Raises ``NotPossible``.

    A hold that would have ended with the try of a pasted key stays from now on.
    """
    lock_as_admin(team, actor)
    key = find_seen(team, seen)
    if key.held_at is not None and not key.hold_ends:
        raise NotPossible(f"{key.held_by or 'An operator'} holds the queue already. Nothing leaves.")
    _hold(key, actor, hold_ends=False)
    return key


@transaction.atomic
def release_key(*, team: Team, seen: str, actor: Actor) -> BreakcoldKey:
    """Let the leads go on with the key they waited for: the way back at any time. Raises ``NotPossible``."""
    lock_as_admin(team, actor)
    key = find_seen(team, seen)
    if key.held_at is None:
        raise NotPossible("The queue is not held any more; leads go out already.")
    _release(key, actor)
    return key


@transaction.atomic
def hold_meanwhile(*, team: Team, environment: str, seen: str, actor: Actor) -> datetime | None:
    """Hold the key that is about to be replaced, unless somebody does already. The moment, if this did it."""
    lock_as_admin(team, actor)
    key = find_key(team, environment)
    refuse_if_changed(team, key, seen)
    if key is None or key.held_at is not None:
        return None
    return _hold(key, actor, hold_ends=True)


@transaction.atomic
def end_hold(key: BreakcoldKey, held_at: datetime, *, actor: Actor) -> None:
    """End the hold that was made at that moment, if nothing else did: even for one who is no admin by now."""
    audit.lock(key.team)
    if BreakcoldKey.objects.current().filter(pk=key.pk, held_at=held_at).exists():
        _release(key, actor)


@transaction.atomic
def hold_restored(*, actor: Actor) -> list[BreakcoldKey]:
    """Hold every key there is, because what waits may have left after the backup that was restored; returns them."""
    held = list(BreakcoldKey.objects.current().select_related("team").order_by("team__slug", "environment"))
    for key in held:
        audit.lock(key.team)
        _hold(key, actor, hold_ends=False)
    return held


def refuse_while_held(key: BreakcoldKey | None) -> None:
    """Nobody leaves a held queue behind. Raises ``NotPossible``."""
    if key is not None and key.held_at is not None:
        raise NotPossible("The queue is held. First replace the key, or go on with the one there is.")


def _hold(key: BreakcoldKey, actor: Actor, *, hold_ends: bool) -> datetime:
    now = timezone.now()
    BreakcoldKey.objects.filter(pk=key.pk).update(held_at=now, held_by=actor.user, hold_ends=hold_ends)
    audit.record(Action.KEY_HELD, team=key.team, actor=actor, subject=key, details={"last4": key.last4})
    return now


def _release(key: BreakcoldKey, actor: Actor) -> None:
    BreakcoldKey.objects.filter(pk=key.pk).update(held_at=None, held_by=None, hold_ends=False)
    audit.record(Action.KEY_RELEASED, team=key.team, actor=actor, subject=key, details={"last4": key.last4})
    key_ready.send(sender=BreakcoldKey, key=key)
