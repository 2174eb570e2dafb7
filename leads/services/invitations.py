"""Invitations: a link that lets one person, known by their address, into a team once.

The link's secret is 256 random bits, so nobody finds one by trying and no limit on tries is needed. Only its keyed
hash is kept. An invitation lets somebody in and nothing more: it changes no role of somebody who is in already, and
opens no account that somebody else may be using. It proves no address either: whoever made the link saw it too.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils import timezone

from leads import audit, crypto
from leads.audit import Action, Actor
from leads.models import AuditEntry, Invitation, Membership, Team, User
from leads.models.teams import Role

from .members import A_ROLE, find_or_make_user, lock_as_admin, normal_address, who_did
from .teams import NotPossible

PREFIX = "lpi_"
SECRET = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
VALID_DAYS = 7
MAX_PER_HOUR = 100  # in one team: the portal is no way to flood strangers with mail


class Closed(NotPossible):
    """The link opens no door. ``why`` is unknown, used, revoked or expired."""

    def __init__(self, why: str, invitation: Invitation | None = None) -> None:
        super().__init__("This invitation does not work any more.")
        self.why = why
        self.invitation = invitation


class SignInFirst(NotPossible):
    """The invited address has an account, so only whoever can sign in to it can accept."""


@transaction.atomic
def invite(*, team: Team, email: str, role: str, actor: Actor) -> tuple[Invitation, str]:
    """A new invitation and its secret, which is not kept anywhere and cannot be shown again. Raises ``NotPossible``."""
    if role not in Role.values:
        raise NotPossible(f"There is no role “{role}”.")
    email = normal_address(email)
    lock_as_admin(team, actor)
    there = Membership.objects.select_related("user").filter(team=team, user__email__iexact=email).first()
    if there:
        raise NotPossible(f"{there.user} is in the team already, as {A_ROLE[Role(there.role)]}.")
    earlier = Invitation.objects.unanswered().select_related("invited_by").filter(team=team, email=email).first()
    if earlier and not earlier.is_expired:
        who = "you" if earlier.invited_by == actor.user else earlier.invited_by or "an operator"
        raise NotPossible(
            f"{email} was invited already, by {who}, as {A_ROLE[Role(earlier.role)]}. If the link got lost, make a new "
            f"one below; for another role, take the invitation back first."
        )
    if earlier:
        _revoke(earlier, actor)
    return _issue(team, email, role, actor)


@transaction.atomic
def renew(*, team: Team, invitation: UUID, actor: Actor) -> tuple[Invitation, str]:
    """Another link in place of an open one, which stops working. Raises ``NotPossible``."""
    lock_as_admin(team, actor)
    old = _get(team, invitation, actor)
    _revoke(old, actor)
    return _issue(team, old.email, old.role, actor)


@transaction.atomic
def revoke(*, team: Team, invitation: UUID, actor: Actor) -> Invitation:
    """Take an invitation back: its link stops working at once. Raises ``NotPossible``."""
    lock_as_admin(team, actor)
    found = _get(team, invitation, actor)
    _revoke(found, actor)
    return found


def find_open(*, team: Team, email: str) -> Invitation:
    """The invitation to an address that nobody answered yet. Raises ``NotPossible``."""
    found = Invitation.objects.unanswered().filter(team=team, email__iexact=email.strip()).first()
    if found is None:
        raise NotPossible(f"No open invitation of {email} to {team.slug}.")
    return found


def find(secret: str) -> Invitation:
    """The open invitation behind a link. Raises ``Closed``."""
    if not SECRET.fullmatch(secret):
        raise Closed("unknown")
    related = Invitation.objects.select_related("team", "invited_by", "accepted_by")
    found = related.filter(digest=digest(secret)).first()
    if found is None:
        raise Closed("unknown")
    if found.why_closed:
        raise Closed(found.why_closed, found)
    return found


def find_account(invitation: Invitation) -> User | None:
    """The account one has to sign in to before accepting.

    None when there is none yet, or when it is blank: nobody ever signed in to it or could, and it is in no team. To
    give any other account a password by an invitation would hand it to whoever holds the link.
    """
    user = User.objects.filter(email__iexact=invitation.email).first()
    if user is None:
        return None
    was_used = user.last_login or user.has_usable_password() or SocialAccount.objects.filter(user=user).exists()
    stands = not user.is_active or user.is_staff or user.memberships.exists()
    return user if was_used or stands else None


@transaction.atomic
def accept(*, secret: str, actor: Actor) -> Membership:
    """The person who is signed in takes the invitation to their address. Raises ``NotPossible``, ``Closed``."""
    invitation = _take(secret)
    user = actor.user
    if user is None or user.email.lower() != invitation.email:
        raise NotPossible("This invitation is for somebody else.")
    return _let_in(invitation, user, actor)


@transaction.atomic
def join(*, secret: str, name: str, password: str, actor: Actor) -> Membership:
    """A new person makes their account and takes the invitation to its address.

    ``actor`` says where they come from; who they are follows from the invitation. Raises ``NotPossible``, ``Closed``,
    ``SignInFirst``.
    """
    invitation = _take(secret)
    if find_account(invitation):
        raise SignInFirst("There is an account with this address. Sign in to it, then accept.")
    try:
        user = find_or_make_user(invitation.email, password=password, name=name, is_proved=False)
    except NotPossible:  # made at this moment, by another team's invitation
        raise SignInFirst("There is an account with this address now. Sign in to it, then accept.") from None
    return _let_in(invitation, user, replace(actor, user=user))


def digest(secret: str) -> str:
    """What is stored and looked up instead of a link's secret."""
    return crypto.keyed_digest("invitation", secret)


def _take(secret: str) -> Invitation:
    """The invitation, with the team's chain held: of two who use it at once, the second finds it used."""
    audit.lock(find(secret).team)
    return find(secret)


def _let_in(invitation: Invitation, user: User, actor: Actor) -> Membership:
    if not User.objects.filter(pk=user.pk, is_active=True).exists():
        raise NotPossible("This account is switched off.")
    role = Role(invitation.role)
    membership, is_new = Membership.objects.get_or_create(team=invitation.team, user=user, defaults={"role": role})
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    audit.record(
        Action.MEMBER_JOINED if is_new else Action.INVITATION_USED,
        team=invitation.team,
        actor=actor,
        subject=user,
        details={"role": membership.role, "invitation": str(invitation.public_id)},
    )
    return membership


def _get(team: Team, invitation: UUID, actor: Actor) -> Invitation:
    """An invitation that is not answered yet, or ``NotPossible`` that says what became of it."""
    found = Invitation.objects.filter(team=team, public_id=invitation).select_related("team", "accepted_by").first()
    if found is None:
        raise NotPossible("There is no such invitation.")
    if found.accepted_at:
        raise NotPossible(f"{found.accepted_by} has joined meanwhile. Nothing was changed.")
    if found.revoked_at:
        entry = AuditEntry.objects.filter(team=team, subject_id=found.public_id, action=Action.INVITATION_REVOKED)
        who = who_did(entry.first(), actor)
        raise NotPossible(f"Meanwhile {who} took this invitation back, or made a new link. Nothing was changed.")
    return found


def _issue(team: Team, email: str, role: str, actor: Actor) -> tuple[Invitation, str]:
    now = timezone.now()
    if Invitation.objects.filter(team=team, created_at__gt=now - timedelta(hours=1)).count() >= MAX_PER_HOUR:
        raise NotPossible(f"A team can make {MAX_PER_HOUR} invitations an hour. Try again a little later.")
    plain = PREFIX + secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        team=team,
        email=email,
        role=role,
        digest=digest(plain),
        invited_by=actor.user,
        expires_at=now + timedelta(days=VALID_DAYS),
    )
    audit.record(Action.MEMBER_INVITED, team=team, actor=actor, subject=invitation, details={"role": role})
    return invitation, plain


def _revoke(invitation: Invitation, actor: Actor) -> None:
    was_expired = invitation.is_expired
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    details = {"expired": was_expired}
    audit.record(Action.INVITATION_REVOKED, team=invitation.team, actor=actor, subject=invitation, details=details)
