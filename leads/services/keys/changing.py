"""Set, replace, revoke a team's key, and choose between Breakcold and the practice sandbox.

Breakcold may end the old key the moment it makes a new one. So the queue is held first; the new key is tried while
nothing leaves; then it takes the old one's place and lets the queue go, in one transaction. Whatever goes wrong
before that leaves the old key and every lead as they were.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from leads import audit, crypto
from leads.audit import Action, Actor
from leads.breakcold.errors import BreakcoldError
from leads.models import BreakcoldKey, Team
from leads.models.keys import KeyStatus
from leads.models.teams import Environment
from leads.services.members import lock_as_admin
from leads.services.teams import NotPossible
from leads.signals import key_ready

from .finding import find_key, waiting_for
from .holding import end_hold, hold_meanwhile, refuse_while_held
from .meanwhile import KeyChanged, find_seen, refuse_if_changed, who_did
from .opening import Probe, ask_whose, can_open, client_with
from .owners import answer_for, refuse_other_owner
from .pasting import clean_key, new_sandbox_key
from .words import why_not

DOUBLE_CLICK = timedelta(minutes=1)  # the same key from the same person within it is one paste


def set_key(
    *,
    team: Team,
    plain: str,
    environment: str = Environment.LIVE,
    check: bool = True,
    is_other_owner_meant: bool = False,
    actor: Actor,
) -> BreakcoldKey:
    """Keep ``plain`` sealed in place of the team's key of that environment; leads entered from now on go out with it.

    Raises ``NotPossible``. With ``check`` the key is tried first (``GET /me``, one call) and kept only if Breakcold
    accepts it; ``OtherOwner`` then, unless that is meant.
    """
    plain = clean_key(plain, environment)
    probe = _try(plain, environment) if check else None
    other_owner = answer_for(probe) if probe is not None and is_other_owner_meant else None
    return _store(team=team, plain=plain, environment=environment, probe=probe, other_owner=other_owner, actor=actor)


def replace_key(
    *, team: Team, plain: str, environment: str, seen: str, other_owner: str | None, actor: Actor
) -> BreakcoldKey:
    """Try ``plain`` while the queue is held, then put it in place of the key whose public id is ``seen`` ("" for none).

    Raises ``KeyChanged``, ``OtherOwner`` unless ``other_owner`` is its ``answer``, and ``NotPossible`` when it cannot
    be kept. A hold that was there before stays then; one that was made for this ends. A first key of an environment
    also takes the team there. A key that was put in place just now may be sent again: that is a double click.
    """
    plain = clean_key(plain, environment)
    old = find_key(team, environment)
    if old is not None and _is_the_same(old, plain):
        return _same_again(old, seen, actor)
    held_at = hold_meanwhile(team=team, environment=environment, seen=seen, actor=actor)
    try:
        probe = _try(plain, environment)
        return _store(
            team=team,
            plain=plain,
            environment=environment,
            probe=probe,
            other_owner=other_owner,
            seen=seen,
            actor=actor,
        )
    finally:
        if old is not None and held_at is not None:
            end_hold(old, held_at, actor=actor)


def _is_the_same(key: BreakcoldKey, plain: str) -> bool:
    """Whether pasting it again changes nothing. A key the portal cannot open any more is worth pasting again."""
    return key.fingerprint == crypto.fingerprint(plain) and can_open(key)


def _same_again(key: BreakcoldKey, seen: str, actor: Actor) -> BreakcoldKey:
    if str(key.public_id) == seen:
        raise NotPossible(f"This is the key the team has already, the one that ends in {key.last4}. Nothing changed.")
    is_theirs = actor.user is not None and key.set_by_id == actor.user.pk
    if is_theirs and key.status == KeyStatus.ACTIVE and timezone.now() - key.set_at < DOUBLE_CLICK:
        return key
    raise KeyChanged(key.team)


def _try(plain: str, environment: str) -> Probe:
    """Whose key it is. Raises ``NotPossible``."""
    try:
        with client_with(plain, environment) as client:
            return ask_whose(client)
    except BreakcoldError as exc:
        raise NotPossible(f"The key was not kept: {why_not(exc, environment)}") from None


@transaction.atomic
def _store(
    *,
    team: Team,
    plain: str,
    environment: str,
    probe: Probe | None,
    other_owner: str | None = None,
    seen: str | None = None,
    actor: Actor,
) -> BreakcoldKey:
    lock_as_admin(team, actor)
    old = find_key(team, environment)
    if seen is not None:
        if old is not None and _is_the_same(old, plain):
            return _same_again(old, seen, actor)
        refuse_if_changed(team, old, seen)
    if probe is not None:
        refuse_other_owner(team, environment, probe, other_owner)
    if old is not None:
        _forget(old)
        audit.record(Action.KEY_REPLACED, team=team, actor=actor, subject=old, details={"last4": old.last4})
    key = BreakcoldKey.objects.create(
        team=team,
        environment=environment,
        sealed=crypto.seal(plain, team_id=team.public_id),
        last4=plain[-4:],
        fingerprint=crypto.fingerprint(plain),
        owner_id=probe.owner_id if probe else "",
        owner_label=probe.owner_label if probe else "",
        set_by=actor.user,
    )
    details = {"last4": key.last4, "fingerprint": key.fingerprint, "environment": environment}
    audit.record(Action.KEY_SET, team=team, actor=actor, subject=key, details=details)
    if seen is None or old is None:
        _go_to(team, environment, actor)
    key_ready.send(sender=BreakcoldKey, key=key)
    return key


def _forget(key: BreakcoldKey) -> None:
    gone = {"sealed": "", "probe_at": None, "wake_at": None, "held_at": None, "held_by": None, "hold_ends": False}
    BreakcoldKey.objects.filter(pk=key.pk).update(status=KeyStatus.REVOKED, **gone)


# Revoking


@transaction.atomic
def revoke_key(*, team: Team, seen: str, actor: Actor) -> int:
    """Forget a key; returns how many leads wait for another one now. Raises ``KeyChanged``."""
    lock_as_admin(team, actor)
    key = find_seen(team, seen)
    _forget(key)
    waiting = waiting_for(team, key.environment).queued
    details = {"last4": key.last4, "environment": key.environment, "waiting": waiting}
    audit.record(Action.KEY_REVOKED, team=team, actor=actor, subject=key, details=details)
    return waiting


# Practice


def set_environment(*, team: Team, environment: str, actor: Actor) -> None:
    """Send leads entered from now on to Breakcold or to the practice sandbox. Those entered before keep their way.

    A first visit to the sandbox makes a key of it. Raises ``NotPossible``.
    """
    if environment == Environment.SANDBOX and find_key(team, environment) is None:
        plain = new_sandbox_key()
        probe = _try_sandbox(plain)
        _switch(team=team, environment=environment, new_key=(plain, probe), actor=actor)
    else:
        _switch(team=team, environment=environment, new_key=None, actor=actor)


def _try_sandbox(plain: str) -> Probe:
    try:
        return _try(plain, Environment.SANDBOX)
    except NotPossible:
        raise NotPossible(
            "The practice sandbox does not answer, so nothing was switched. An operator starts it with “manage.py "
            "sandbox”, or corrects BREAKCOLD_SANDBOX_URL."
        ) from None


@transaction.atomic
def _switch(*, team: Team, environment: str, new_key: tuple[str, Probe] | None, actor: Actor) -> None:
    lock_as_admin(team, actor)
    team.refresh_from_db(fields=["environment"])
    if team.environment == environment:
        raise NotPossible(f"The team is there already.{who_did(team, Action.TEAM_ENVIRONMENT_CHANGED)}")
    refuse_while_held(find_key(team, team.environment))
    if find_key(team, environment) is not None:
        _go_to(team, environment, actor)
        return
    if new_key is None:
        raise NotPossible("The team has no Breakcold key to go live with. Paste one, and it goes live with it.")
    plain, probe = new_key
    other_owner = answer_for(probe)  # the portal made this key itself, so there is nobody to ask
    _store(team=team, plain=plain, environment=environment, probe=probe, other_owner=other_owner, actor=actor)


def _go_to(team: Team, environment: str, actor: Actor) -> None:
    """Raises ``NotPossible`` while the queue it would leave behind is held."""
    team.refresh_from_db(fields=["environment"])
    if team.environment == environment:
        return
    refuse_while_held(find_key(team, team.environment))
    Team.objects.filter(pk=team.pk).update(environment=environment)
    team.environment = environment
    audit.record(
        Action.TEAM_ENVIRONMENT_CHANGED, team=team, actor=actor, subject=team, details={"to": str(environment)}
    )
