"""Teams and the people in them."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction

from leads import audit
from leads.audit import Action, Actor
from leads.models import Membership, Team, User
from leads.models.teams import Role

validate_length = MaxLengthValidator(254)  # of an email address


class NotPossible(Exception):
    """A request that cannot be carried out; ``str()`` is a sentence for the person who made it."""


@transaction.atomic
def create_team(*, slug: str, name: str, reviews: bool = False, actor: Actor) -> Team:
    """A new team without people or key. Raises ``NotPossible``."""
    team = Team(slug=slug, name=name.strip(), reviews=reviews)
    try:
        team.full_clean()
    except ValidationError as exc:
        raise NotPossible(" ".join(exc.messages)) from None
    team.save(force_insert=True)
    audit.record(Action.TEAM_CREATED, team=team, actor=actor, subject=team, details={"slug": slug, "reviews": reviews})
    return team


@transaction.atomic
def add_member(*, team: Team, email: str, role: str, password: str | None = None, actor: Actor) -> Membership:
    """Put a person in a team, or change the role of one who is there; makes the person when new.

    A password is set only for a new person, or one who has none yet. Raises ``NotPossible``.
    """
    if role not in Role.values:
        raise NotPossible(f"There is no role “{role}”.")
    audit.lock(team)  # two who add the same person at once take turns
    user = _get_or_create_user(email, password)
    membership, is_new = Membership.objects.select_for_update().get_or_create(
        team=team, user=user, defaults={"role": Role(role)}
    )
    if is_new:
        audit.record(Action.MEMBER_ADDED, team=team, actor=actor, subject=user, details={"role": role})
    elif membership.role != role:
        details = {"from": membership.role, "to": role}
        membership.role = Role(role)
        membership.save(update_fields=["role"])
        audit.record(Action.MEMBER_ROLE_CHANGED, team=team, actor=actor, subject=user, details=details)
    return membership


@transaction.atomic
def remove_member(*, team: Team, email: str, actor: Actor) -> None:
    """Take a person out of a team; their next request finds no team any more. Raises ``NotPossible``."""
    audit.lock(team)
    member = Membership.objects.select_related("user").filter(team=team, user__email__iexact=email.strip()).first()
    if member is None:
        raise NotPossible(f"{email} is not in {team.slug}.")
    others = Membership.objects.filter(team=team).exclude(pk=member.pk)
    if member.role == Role.ADMIN and not others.filter(role=Role.ADMIN).exists():
        raise NotPossible(f"{email} is the last admin of {team.slug}: make somebody else an admin first.")
    member.delete()
    details = {"role": member.role}
    audit.record(Action.MEMBER_REMOVED, team=team, actor=actor, subject=member.user, details=details)


def _get_or_create_user(email: str, password: str | None) -> User:
    email = email.strip().lower()
    try:
        validate_email(email)
        validate_length(email)
    except ValidationError:
        raise NotPossible(f"“{email}” is not an email address.") from None
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, password)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    elif password and not user.has_usable_password():
        user.set_password(password)
        user.save(update_fields=["password"])
    elif password:
        raise NotPossible(f"{email} already has a password; it was not changed. Leave the password out.")
    return user
