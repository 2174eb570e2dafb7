"""A person's account, apart from any team: their password, their sessions, whether they may come in at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F

from leads import audit
from leads.audit import Action, Actor
from leads.models import Team, User

from .teams import NotPossible


def find_person(email: str) -> User:
    """Who signs in with this address. Raises ``NotPossible``."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise NotPossible(f"Nobody here signs in with {email}.")
    return user


def record(action: Action, *, user: User, actor: Actor, details: Mapping[str, Any] | None = None) -> None:
    """In the log of each of their teams, which are locked in the one order first."""
    teams = list(Team.objects.filter(memberships__user=user).order_by("pk"))
    for team in teams:
        audit.lock(team)
    for team in teams:
        audit.record(action, team=team, actor=actor, subject=user, details=details)


def end_sessions(*, user: User) -> None:
    """Every browser they are signed in with is out at its next request."""
    User.objects.filter(pk=user.pk).update(sign_in_epoch=F("sign_in_epoch") + 1)
    user.refresh_from_db(fields=["sign_in_epoch"])


@transaction.atomic
def sign_out_everywhere(*, user: User, actor: Actor) -> None:
    end_sessions(user=user)
    record(Action.MEMBER_SESSIONS_ENDED, user=user, actor=actor)


@transaction.atomic
def set_password(*, user: User, password: str, actor: Actor) -> None:
    """A new password, checked by the caller. Their sessions end."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record(Action.MEMBER_PASSWORD_SET, user=user, actor=actor)


@transaction.atomic
def note_password(*, actor: Actor) -> None:
    """A person set a password of their own: into the log."""
    if actor.user is not None:
        record(Action.MEMBER_PASSWORD_SET, user=actor.user, actor=actor)


@transaction.atomic
def switch(*, user: User, is_on: bool, actor: Actor) -> None:
    """Let somebody in again, or nowhere any more: their pages and their tokens stop at the next request.

    Raises ``NotPossible``.
    """
    if user.is_active == is_on:
        raise NotPossible(f"{user.email} is switched {'on' if is_on else 'off'} already.")
    user.is_active = is_on
    user.save(update_fields=["is_active"])
    end_sessions(user=user)
    action = Action.MEMBER_SWITCHED_ON if is_on else Action.MEMBER_SWITCHED_OFF
    record(action, user=user, actor=actor)
