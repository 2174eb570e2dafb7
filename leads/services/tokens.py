"""Gateway tokens: what a script uses instead of the key. Issued, exchanged, revoked, recognised."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from leads import audit, crypto
from leads.audit import Action, Actor
from leads.models import FormPreset, GatewayToken, Membership, Team, User
from leads.models.tokens import ALL_SCOPES, REQUESTS_A_MINUTE

from .teams import NotPossible

PREFIX = "lpt_"
SHOWN_CHARACTERS = 8  # of the token, to recognise it in a list
MAX_NAME_CHARACTERS = 100
MAX_REQUESTS_A_MINUTE = 60_000
MAX_OVERLAP = timedelta(days=30)


class Useless(StrEnum):
    """Why a token we know does not open anything."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    REPLACED = "replaced"
    OWNER_LEFT = "owner_left"


@transaction.atomic
def issue_token(
    *,
    team: Team,
    name: str,
    owner: User | None = None,
    scopes: Collection[str] = ALL_SCOPES,
    preset: FormPreset | None = None,
    expires_at: datetime | None = None,
    requests_a_minute: int = REQUESTS_A_MINUTE,
    public_id: UUID | None = None,
    actor: Actor,
) -> tuple[GatewayToken, str]:
    """A new token and its plain text, which is not kept anywhere and cannot be shown again. Raises ``NotPossible``.

    It speaks for ``owner``, or for who issues it; one of an operator's speaks for nobody in the team. A ``public_id``
    given twice is one form sent twice.
    """
    owner = owner or actor.user
    chosen = [scope for scope in ALL_SCOPES if scope in scopes]
    _check_wishes(name.strip(), chosen, scopes, requests_a_minute, expires_at)
    _check_team(team, owner, preset)
    plain = _new_plain()
    token = GatewayToken(
        team=team, name=name.strip(), owner=owner, scopes=chosen, preset=preset, expires_at=expires_at,
        requests_a_minute=requests_a_minute, prefix=plain[:SHOWN_CHARACTERS], digest=digest(plain),
        created_by=actor.user, **({"public_id": public_id} if public_id else {}),
    )  # fmt: skip
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError:
        message = "This form was sent already, and its token was shown then. Issue another if you lost it."
        raise NotPossible(message) from None
    until = expires_at.date().isoformat() if expires_at else None
    details = {"prefix": token.prefix, "scopes": chosen, "expires": until}
    audit.record(Action.TOKEN_ISSUED, team=team, actor=actor, subject=token, details=details)
    return token, plain


def _check_wishes(
    name: str, chosen: Collection[str], scopes: Collection[str], requests_a_minute: int, expires_at: datetime | None
) -> None:
    if not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise NotPossible(f"Give the token a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    if not chosen or len(chosen) != len(set(scopes)):
        raise NotPossible("Choose at least one thing the token may be used for.")
    if not 0 < requests_a_minute <= MAX_REQUESTS_A_MINUTE:
        raise NotPossible(f"Choose 1 to {MAX_REQUESTS_A_MINUTE} requests a minute.")
    if expires_at is not None and expires_at <= timezone.now():
        raise NotPossible("The token would have expired already.")


def _check_team(team: Team, owner: User | None, preset: FormPreset | None) -> None:
    if preset is not None and (preset.team_id != team.pk or preset.removed_at is not None):
        raise NotPossible("This preset is not there any more. Choose another one.")
    if owner is not None and not Membership.objects.filter(team=team, user=owner, user__is_active=True).exists():
        raise NotPossible("The token has to speak for somebody in the team.")


@transaction.atomic
def rotate_token(*, token: GatewayToken, overlap: timedelta, seen: str = "", actor: Actor) -> str:
    """Exchange the token's text for a new one, returned once; the text before works for ``overlap`` more.

    Whatever came before that ends at once. ``seen`` is the prefix the person looked at. Raises ``NotPossible``.
    """
    token = _locked(token)
    now = timezone.now()
    if token.is_expired(now):
        raise NotPossible("This token has expired. Issue a new one.")
    if seen and seen != token.prefix:
        raise NotPossible("Meanwhile this token was exchanged. Look again, then decide.")
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise NotPossible(f"The old token can go on for {MAX_OVERLAP.days} days at most.")
    plain = _new_plain()
    old = (token.prefix, token.digest, now + overlap) if overlap else ("", None, None)
    token.previous_prefix, token.previous_digest, token.previous_until = old
    token.previous_used_at, token.rotated_at = None, now
    before, token.prefix, token.digest = token.prefix, plain[:SHOWN_CHARACTERS], digest(plain)
    token.save()
    details = {"prefix": token.prefix, "before": before, "overlap_seconds": int(overlap.total_seconds())}
    audit.record(Action.TOKEN_ROTATED, team=token.team, actor=actor, subject=token, details=details)
    return plain


@transaction.atomic
def end_overlap(*, token: GatewayToken, actor: Actor) -> None:
    """The text before the last exchange stops working now. Raises ``NotPossible``."""
    token = _locked(token)
    if token.previous_digest is None:
        raise NotPossible("There is no old token left to end.")
    details = {"prefix": token.prefix, "before": token.previous_prefix}
    _forget_previous(token)
    token.save()
    audit.record(Action.TOKEN_OVERLAP_ENDED, team=token.team, actor=actor, subject=token, details=details)


@transaction.atomic
def revoke_token(*, token: GatewayToken, actor: Actor) -> None:
    """The token, and the text before it, stop working now and for good. Raises ``NotPossible``."""
    token = _locked(token)
    token.revoked_at = timezone.now()
    _forget_previous(token)
    token.save()
    audit.record(Action.TOKEN_REVOKED, team=token.team, actor=actor, subject=token, details={"prefix": token.prefix})


def _locked(token: GatewayToken) -> GatewayToken:
    """The row as it is now, kept for the rest of the transaction, unless it was revoked."""
    audit.lock(token.team)  # two who decide at once take turns
    found = GatewayToken.objects.select_for_update(of=("self",)).select_related("team").get(pk=token.pk)
    if found.revoked_at is not None:
        raise NotPossible("This token was revoked already.")
    return found


def _forget_previous(token: GatewayToken) -> None:
    token.previous_prefix, token.previous_digest, token.previous_until = "", None, None
    token.previous_used_at = None


def _new_plain() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def digest(plain: str) -> str:
    """What is stored and looked up instead of a token."""
    return crypto.keyed_digest("token", plain)


def find_token(plain: str) -> GatewayToken | None:
    """The token with this text, whether it opens anything or not; None when there is none.

    Known or not, the work is the same: one keyed digest, one look-up by it, one comparison in constant time. What the
    index is asked for is a digest nobody outside can choose.
    """
    wanted = digest(plain)
    member = Membership.objects.filter(team=OuterRef("team"), user=OuterRef("owner"), user__is_active=True)
    token = (
        GatewayToken.objects.select_related("team", "owner", "preset")
        .annotate(owner_is_here=Exists(member))
        .filter(Q(digest=wanted) | Q(previous_digest=wanted))
        .first()
    )
    kept = [token.digest, token.previous_digest or ""] if token else ["", ""]
    is_same = [hmac.compare_digest(wanted, text) for text in kept]
    return token if any(is_same) else None


def is_previous(token: GatewayToken, plain: str) -> bool:
    """Whether this is the text from before the last exchange."""
    return not hmac.compare_digest(digest(plain), token.digest)


def why_useless(token: GatewayToken, plain: str, *, now: datetime) -> Useless | None:
    """Why a token from ``find_token`` opens nothing at this moment; None when it works."""
    if token.revoked_at is not None:
        return Useless.REVOKED
    if token.is_expired(now):
        return Useless.EXPIRED
    if is_previous(token, plain) and not token.is_overlapping(now):
        return Useless.REPLACED
    if token.owner_id is not None and not token.owner_is_here:  # type: ignore[attr-defined]
        return Useless.OWNER_LEFT
    return None
