"""The people in a team: who is in it, and in which role.

Whoever decides on that takes the team's audit chain first and looks again then, so two admins take turns and the
second one decides on what the first one left.
"""

from __future__ import annotations

import unicodedata

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor, ActorKind
from leads.models import AuditEntry, Invitation, Membership, Submission, Team, User
from leads.models.teams import Role, Source
from leads.states import EDITABLE, NEEDS_PERSON

from .teams import NotPossible

MAX_ADDRESS_CHARACTERS = 254
#: What decides on somebody's place in a team.
DECISIONS = (
    Action.MEMBER_ADDED,
    Action.MEMBER_JOINED,
    Action.MEMBER_ROLE_CHANGED,
    Action.MEMBER_REMOVED,
    Action.MEMBER_LEFT,
)
A_ROLE = {Role.MEMBER: "a member", Role.REVIEWER: "a reviewer", Role.ADMIN: "an admin"}


def normal_address(text: str) -> str:
    """An email address as it is kept and compared: plain characters, small letters. Raises ``NotPossible``.

    Only ASCII: two addresses that look alike must not be two people.
    """
    text = text.strip()
    for position, char in enumerate(text, start=1):
        if not (char.isascii() and char.isprintable()):
            name = unicodedata.name(char, "a control character").lower()
            raise NotPossible(
                f"Only plain letters, digits and signs can stand in an address here. Character {position} is another "
                f"one, though it may not look it: {name} (U+{ord(char):04X})."
            )
    if len(text) > MAX_ADDRESS_CHARACTERS:
        raise NotPossible(f"An email address has at most {MAX_ADDRESS_CHARACTERS} characters.")
    try:
        validate_email(text)
    except ValidationError:
        raise NotPossible(f"“{text}” is not an email address. One looks like name@example.com.") from None
    return text.lower()


def lock_as_admin(team: Team, actor: Actor) -> None:
    """Take the team's chain, and see that a person who decides is an admin at this moment. Raises ``NotPossible``."""
    audit.lock(team)
    if actor.kind is ActorKind.USER and not _admins(team).filter(user=actor.user).exists():
        raise NotPossible("You are not an admin of this team any more. Nothing was changed.")


@transaction.atomic
def add_member(
    *, team: Team, email: str, role: str, password: str | None = None, source: str = Source.MANUAL, actor: Actor
) -> Membership:
    """Put a person in a team, or change the role of one who is there; makes the person when new.

    A password is set only for a new person, or one who has none yet. An open invitation of theirs is used up.
    Raises ``NotPossible``.
    """
    _check_role(role)
    lock_as_admin(team, actor)
    user = find_or_make_user(normal_address(email), password=password)
    membership, is_new = Membership.objects.get_or_create(
        team=team, user=user, defaults={"role": Role(role), "source": source}
    )
    if is_new:
        audit.record(Action.MEMBER_ADDED, team=team, actor=actor, subject=user, details={"role": role, **_by(source)})
        still_open = Invitation.objects.unanswered().filter(team=team, email=user.email)
        still_open.update(accepted_at=timezone.now(), accepted_by=user)
    else:
        _set_role(membership, role, actor, source)
    return membership


@transaction.atomic
def change_role(
    *, team: Team, user: User, role: str, seen: str = "", source: str = Source.MANUAL, actor: Actor
) -> Membership:
    """Give a person of the team another role, from their next request on.

    ``seen`` is the role they had on the page of whoever decides. Raises ``NotPossible``; when somebody else was
    faster, it says who and what.
    """
    _check_role(role)
    lock_as_admin(team, actor)
    membership = _get(team, user, actor)
    if membership.role != role:
        _check_seen(membership, seen, actor)
        _set_role(membership, role, actor, source)
    return membership


@transaction.atomic
def hand_over(*, team: Team, user: User, seen: str = "", actor: Actor) -> None:
    """Make a person an admin and whoever does it a member, both or neither. Raises ``NotPossible``."""
    lock_as_admin(team, actor)
    if actor.user is None or actor.user == user:
        raise NotPossible("Choose somebody else to hand the team over to.")
    successor = _get(team, user, actor)
    if not user.is_active:
        raise NotPossible(f"{user} is switched off and cannot run the team.")
    if successor.role != Role.ADMIN:
        _check_seen(successor, seen, actor)
        _set_role(successor, Role.ADMIN, actor)
    _set_role(_get(team, actor.user, actor), Role.MEMBER, actor)


@transaction.atomic
def remove_member(*, team: Team, user: User, seen: str = "", source: str = Source.MANUAL, actor: Actor) -> None:
    """Take a person out of a team; their next request finds no team any more. Raises ``NotPossible``."""
    lock_as_admin(team, actor)
    membership = _get(team, user, actor)
    _check_seen(membership, seen, actor)
    _take_out(membership, Action.MEMBER_REMOVED, actor, source)


@transaction.atomic
def leave(*, team: Team, actor: Actor) -> None:
    """A person goes by themselves. Raises ``NotPossible``."""
    audit.lock(team)
    if actor.user is None:
        raise NotPossible("Only a person can leave a team.")
    _take_out(_get(team, actor.user, actor), Action.MEMBER_LEFT, actor)


def find_person(*, team: Team, email: str) -> User:
    """Who in the team has this address. Raises ``NotPossible``."""
    found = Membership.objects.select_related("user").filter(team=team, user__email__iexact=email.strip()).first()
    if found is None:
        raise NotPossible(f"{email} is not in {team.slug}.")
    return found.user


def find_or_make_user(email: str, *, password: str | None = None, name: str = "", is_proved: bool = True) -> User:
    """The person with this address in normal form, new when there is none. Raises ``NotPossible``.

    ``is_proved``: whoever chooses the password is known to have the address. A link that an admin saw proves nothing.
    """
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        try:
            with transaction.atomic():
                user = User.objects.create_user(email, password, name=name)
                EmailAddress.objects.create(user=user, email=email, verified=is_proved, primary=True)
            return user
        except IntegrityError:  # made at this moment, from another team
            user = User.objects.get(email__iexact=email)
    if password and user.has_usable_password():
        raise NotPossible(f"{email} already has a password; it was not changed. Leave the password out.")
    if password:
        user.set_password(password)
        user.name = name or user.name
        user.save(update_fields=["password", "name"])
        if not is_proved:
            EmailAddress.objects.filter(user=user).update(verified=False)
    return user


def count_waiting_leads(*, team: Team, user: User) -> int:
    """How many of somebody's leads go on only when a person does something."""
    return Submission.objects.for_team(team).filter(created_by=user, state__in=EDITABLE | NEEDS_PERSON).count()


def who_did(entry: AuditEntry | None, actor: Actor) -> str:
    """The person behind an entry, for a sentence."""
    if entry is None or entry.actor_id is None:
        return "the portal" if entry and entry.actor_kind == ActorKind.SYSTEM else "an operator"
    if entry.actor_id == actor.public_id:
        return "you"
    return str(User.objects.filter(public_id=entry.actor_id).first() or "somebody")


def _check_role(role: str) -> None:
    if role not in Role.values:
        raise NotPossible(f"There is no role “{role}”.")


def _admins(team: Team) -> QuerySet[Membership]:
    """Those who can really run the team: somebody switched off cannot."""
    return Membership.objects.filter(team=team, role=Role.ADMIN, user__is_active=True)


def _get(team: Team, user: User, actor: Actor) -> Membership:
    """Somebody's place in the team, or ``NotPossible`` that says how they went."""
    found = Membership.objects.select_related("team", "user").filter(team=team, user=user).first()
    if found:
        return found
    entry = _latest_about(team, user)
    how = "they left"
    if entry and entry.action == Action.MEMBER_REMOVED:
        how = f"{who_did(entry, actor)} took them out"
    raise NotPossible(f"{user} is not in the team any more: {how}. Nothing was changed.")


def _check_seen(membership: Membership, seen: str, actor: Actor) -> None:
    if seen and membership.role != seen:
        who = who_did(_latest_about(membership.team, membership.user), actor)
        raise NotPossible(
            f"Meanwhile {who} made {membership.user} {A_ROLE[Role(membership.role)]}. Nothing of yours was saved: look "
            f"again, then decide."
        )


def _latest_about(team: Team, user: User) -> AuditEntry | None:
    about = AuditEntry.objects.filter(team=team, subject_id=user.public_id, action__in=DECISIONS)
    return about.order_by("-sequence").first()


def _by(source: str) -> dict[str, str]:
    """For the log: who decided, where it was no person."""
    return {"by": str(source)} if source == Source.GROUPS else {}


def _set_role(membership: Membership, role: str, actor: Actor, source: str = Source.MANUAL) -> None:
    if membership.role == role:
        return
    _keep_an_admin(membership, actor)
    details = {"from": membership.role, "to": role, **_by(source)}
    membership.role = Role(role)
    membership.source = Source(source)  # once a person decided, groups leave it alone
    membership.save(update_fields=["role", "source"])
    audit.record(
        Action.MEMBER_ROLE_CHANGED, team=membership.team, actor=actor, subject=membership.user, details=details
    )


def _take_out(membership: Membership, action: Action, actor: Actor, source: str = Source.MANUAL) -> None:
    _keep_an_admin(membership, actor)
    for theirs in (membership.user.drafts, membership.user.saved_views):  # nobody else can see them
        theirs.filter(team=membership.team).delete()
    membership.delete()
    details = {"role": membership.role, **_by(source)}
    audit.record(action, team=membership.team, actor=actor, subject=membership.user, details=details)


def _keep_an_admin(membership: Membership, actor: Actor) -> None:
    if membership.role != Role.ADMIN or _admins(membership.team).exclude(pk=membership.pk).exists():
        return
    who = "You are" if membership.user == actor.user else f"{membership.user} is"
    raise NotPossible(f"{who} the last admin of {membership.team}: make somebody else an admin first.")
