"""Accounts at the sign-in provider and whom they belong to here.

An account is known by its subject. An address proves nothing by itself: whoever has one at the provider need not be
whoever has it here. So an account that exists is linked by its owner, signed in, or where the operator trusts the
provider's addresses (``OIDC_LINK_BY_EMAIL``), and even then no operator's, and none whose own address nobody proved: an
admin may have made it by the invitation to somebody else.
"""

from __future__ import annotations

from dataclasses import replace

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor, ActorKind
from leads.models import Invitation, Membership, Team, User
from leads.openid import Identity

from . import groups, members
from .teams import NotPossible

TAKEN = "That account belongs to somebody else here. Nothing was changed."


def find_link(*, user_id: int | None, provider: str) -> SocialAccount | None:
    """The person's account at the provider."""
    return SocialAccount.objects.filter(user_id=user_id, provider=provider).first()


def came_by_provider(user_id: int | None) -> bool:
    """Whether the provider is this person's only way in."""
    user = User.objects.filter(pk=user_id).first() if user_id else None
    return user is not None and not user.has_usable_password() and SocialAccount.objects.filter(user=user).exists()


def admit(*, identity: Identity, provider: str, actor: Actor) -> bool:
    """Whether this identity may come in. Its account is made or linked if it may, and its groups are put into effect.

    Somebody switched off keeps what they have, and sign-in itself turns them away.
    """
    try:
        return _admit(identity, provider, actor)
    except IntegrityError:  # they came in through another window at this moment
        return _admit(identity, provider, actor)


@transaction.atomic
def _admit(identity: Identity, provider: str, actor: Actor) -> bool:
    link = SocialAccount.objects.select_related("user").filter(provider=provider, uid=identity.subject).first()
    user = link.user if link else _newcomer(identity, provider, actor)
    if user is None:
        return False
    if not user.is_active:
        return True
    groups.sync(user=user, groups=identity.groups, actor=actor)
    return user.is_staff or Membership.objects.filter(user=user).exists() or _is_invited(user.email)


def _newcomer(identity: Identity, provider: str, actor: Actor) -> User | None:
    """Whose account a subject seen for the first time becomes, or None."""
    try:
        email = members.normal_address(identity.email)
    except NotPossible:
        return None
    if identity.is_email_verified is False:
        return None
    known = User.objects.filter(email__iexact=email).first()
    if known is not None:
        return _link_by_email(known, identity, provider, actor)
    if EmailAddress.objects.filter(email__iexact=email).exists():
        return None
    is_invited = identity.is_email_verified is True and _is_invited(email)
    if not is_invited and not groups.opens_a_door(identity.groups):
        return None
    user = User.objects.create_user(email, name=identity.name)
    EmailAddress.objects.create(user=user, email=email, verified=identity.is_email_verified is True, primary=True)
    SocialAccount.objects.create(user=user, provider=provider, uid=identity.subject)
    return user


def _link_by_email(user: User, identity: Identity, provider: str, actor: Actor) -> User | None:
    is_trusted = settings.OIDC_LINK_BY_EMAIL and identity.is_email_verified is True
    is_plain = user.is_active and not user.is_staff and not user.is_superuser
    if not (is_trusted and is_plain and has_proved_address(user)) or find_link(user_id=user.pk, provider=provider):
        return None
    _lock_teams(user)
    _make_link(user, identity.subject, provider, actor)
    return user


def has_proved_address(user: User) -> bool:
    """Whether the account's address is known to be its user's."""
    proved = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True)
    return bool(proved.exists())


@transaction.atomic
def prove_address(*, actor: Actor) -> None:
    """The person answered a mail to their address, so it is theirs.

    Whoever used the account before need not have been them: links from that time go, and what groups gave by them.
    """
    user = _person(actor)
    _lock_teams(user)
    if has_proved_address(user):
        return
    links = SocialAccount.objects.filter(user=user)
    if links.exists():
        links.delete()
        _record(Action.MEMBER_UNLINKED, user, actor)  # first, while they are still in all of their teams
        groups.sync(user=user, groups=(), actor=replace(actor, kind=ActorKind.SYSTEM, user=None))
    for address in EmailAddress.objects.filter(user=user, email__iexact=user.email):
        address.set_verified()


def _is_invited(email: str) -> bool:
    return Invitation.objects.pending(timezone.now()).filter(email__iexact=email).exists()


def link(*, subject: str, provider: str, actor: Actor) -> None:
    """A person who is signed in gets this account as another way in. Raises ``NotPossible``."""
    try:
        _link(subject, provider, actor)
    except IntegrityError:  # somebody else was a moment faster
        raise NotPossible(TAKEN) from None


@transaction.atomic
def _link(subject: str, provider: str, actor: Actor) -> None:
    user = _person(actor)
    User.objects.select_for_update().get(pk=user.pk)  # their other windows take turns
    found = SocialAccount.objects.filter(provider=provider, uid=subject).first()
    if found is not None and found.user_id != user.pk:
        raise NotPossible(TAKEN)
    if found is None and find_link(user_id=user.pk, provider=provider):
        raise NotPossible("You have linked another account already. Take that link away first.")
    if found is None:
        _make_link(user, subject, provider, actor)


@transaction.atomic
def unlink(*, provider: str, actor: Actor) -> None:
    """The person no longer comes in that way, and loses what groups gave them. Raises ``NotPossible``."""
    user = _person(actor)
    found = find_link(user_id=user.pk, provider=provider)
    if found is None:
        raise NotPossible("No account is linked. Nothing was changed.")
    if not user.has_usable_password():
        raise NotPossible("It is your only way in: without a password here you could not come back.")
    _lock_teams(user)
    found.delete()
    _record(Action.MEMBER_UNLINKED, user, actor)  # first, while they are still in all of their teams
    groups.sync(user=user, groups=(), actor=replace(actor, kind=ActorKind.SYSTEM, user=None))


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise NotPossible("Only a person has an account to link.")
    return actor.user


def _make_link(user: User, subject: str, provider: str, actor: Actor) -> None:
    SocialAccount.objects.create(user=user, provider=provider, uid=subject)
    _record(Action.MEMBER_LINKED, user, actor)


def _lock_teams(user: User) -> None:
    """Every team that will be written to, in the one order, before the first of them is."""
    involved = Q(memberships__user=user) | Q(slug__in=groups.teams_named())
    for team in Team.objects.filter(involved).distinct().order_by("pk"):
        audit.lock(team)


def _record(action: Action, user: User, actor: Actor) -> None:
    """In the log of each of their teams."""
    for team in Team.objects.filter(memberships__user=user).order_by("pk"):
        audit.record(action, team=team, actor=actor, subject=user)
