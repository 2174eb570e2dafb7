"""What somebody proves at sign-in beside the password: a code of an app, a passkey, a recovery code.

The library keeps them and asks for them. Here stands what it leaves open: who must have one, that no code works twice,
and what goes into the log.
"""

from __future__ import annotations

import hmac
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from leads import crypto
from leads.audit import Action, Actor
from leads.models import BreakcoldKey, Membership, User
from leads.models.teams import Environment, SecondFactor

from . import people

PERIOD_SECONDS = 30
#: Recovery codes alone are none: they stand in for one of these.
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=KINDS).exists())


def is_missing(membership: Membership) -> bool:
    """Whether this person must have one in this team and has none.

    Where no live key ever was there is nothing to take, so whoever tries the portal is not held up.
    """
    for_all = membership.team.second_factor == SecondFactor.ALL
    if not (for_all or membership.can_review) or has_factor(membership.user):
        return False
    return for_all or _live_keys().filter(team=membership.team).exists()


def is_missing_for_operator(user: User) -> bool:
    """Whether somebody who may look at every team must have one, and has none: as soon as one of the teams is live."""
    return not has_factor(user) and _live_keys().exists()


def _live_keys() -> QuerySet[BreakcoldKey]:
    """Those that are, and those that were."""
    return BreakcoldKey.objects.filter(environment=Environment.LIVE)


@transaction.atomic
def use_code(*, authenticator: Authenticator, code: str) -> bool:
    """Whether this is a code of the app, of now or a step beside, and later than the last one that was used.

    Two who send the same code at once take turns at the row, so the second one comes too late.
    """
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    step = _step_of(decrypt(row.data["secret"]), code)
    if step is None or step <= row.data.get("last_step", 0):
        return False
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return True


def _step_of(secret: str, code: str) -> int | None:
    """Which step's code it is; the newest where two are alike."""
    typed = "".join(char for char in code if char.isascii() and char.isdigit())
    now = int(time.time()) // PERIOD_SECONDS
    tolerance: int = settings.MFA_TOTP_TOLERANCE
    for step in range(now + tolerance, now - tolerance - 1, -1):
        if hmac.compare_digest(typed, format_hotp_value(hotp_value(secret, step))):
            return step
    return None


@transaction.atomic
def note_change(*, action: Action, kind: str, actor: Actor) -> None:
    """A person added or removed a factor of theirs: into the log, and their other sessions end."""
    if actor.user is not None:
        people.record(action, user=actor.user, actor=actor, details={"kind": kind})
        people.end_sessions(user=actor.user)


@transaction.atomic
def note_first_code(*, authenticator: Authenticator) -> None:
    """The code that set up an app signs nobody in."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    row.data["last_step"] = int(time.time()) // PERIOD_SECONDS
    row.save(update_fields=["data"])


@transaction.atomic
def reset(*, user: User, actor: Actor) -> int:
    """Take every factor of somebody's away, and end their sessions; returns how many there were.

    Where one is needed they are led to set up a new one at their next sign-in, with the password alone.
    """
    count = int(Authenticator.objects.filter(user=user).delete()[0])
    people.end_sessions(user=user)
    people.record(Action.MEMBER_FACTORS_RESET, user=user, actor=actor, details={"count": count})
    return count


def reseal_factors() -> int:
    """Seal every secret with the newest encryption key; returns how many. Raises ``crypto.CannotOpen``."""
    count = 0
    for row in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"):
        name = "secret" if row.type == Authenticator.Type.TOTP else "seed"
        row.data[name] = crypto.reseal(row.data[name])
        row.save(update_fields=["data"])
        count += 1
    return count
