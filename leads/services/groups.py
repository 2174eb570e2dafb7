"""Groups at the sign-in provider give places in teams, as ``OIDC_GROUPS`` says.

They decide about the teams named there and nobody else's doing: a place that a person gave stays as it is, in its role
too. A place that groups gave is changed and taken away by them, at each sign-in, until a person changes its role.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction

from leads import audit
from leads.audit import Action, Actor
from leads.models import Membership, Team, User
from leads.models.teams import Role, Source

from . import members
from .teams import NotPossible

logger = logging.getLogger(__name__)
RANK = {role: rank for rank, role in enumerate((Role.MEMBER, Role.REVIEWER, Role.ADMIN))}


def places_for(groups: Collection[str]) -> dict[str, Role]:
    """Team -> role that these groups give, the highest where several speak. Names count to the letter."""
    places: dict[str, Role] = {}
    for group, team, role in settings.OIDC_GROUPS:
        if group in groups and RANK[Role(role)] >= RANK[places.get(team, Role.MEMBER)]:
            places[team] = Role(role)
    return places


def teams_named() -> set[str]:
    return {team for _, team, _ in settings.OIDC_GROUPS}


def unknown_teams() -> list[str]:
    """Teams that ``OIDC_GROUPS`` names and that do not exist."""
    return sorted(teams_named() - set(Team.objects.filter(slug__in=teams_named()).values_list("slug", flat=True)))


def opens_a_door(groups: Collection[str]) -> bool:
    """Whether these groups give a place in a team that exists."""
    return Team.objects.filter(slug__in=places_for(groups)).exists()


def may_let_in_again(membership: Membership) -> bool:
    """Whether somebody taken out of the team may be in it again at their next sign-in, by their groups."""
    team, user = membership.team, membership.user
    if not settings.OIDC_ISSUER or team.slug not in teams_named():
        return False
    return membership.source == Source.GROUPS or SocialAccount.objects.filter(user=user).exists()


@transaction.atomic
def sync(*, user: User, groups: Collection[str], actor: Actor) -> None:
    """Give, change and take the person's places as their groups say now. Teams are locked in one order."""
    places = places_for(groups)
    for team in Team.objects.filter(slug__in=teams_named()).order_by("pk"):
        audit.lock(team)
        held = Membership.objects.filter(team=team, user=user).first()
        if held is None or held.source == Source.GROUPS:
            _settle(team, user, held, places.get(team.slug), actor)
    for slug in unknown_teams():
        logger.warning("OIDC_GROUPS names the team %s, which does not exist", slug)


def _settle(team: Team, user: User, held: Membership | None, role: Role | None, actor: Actor) -> None:
    try:
        if held is None and role is not None:
            members.add_member(team=team, email=user.email, role=role, source=Source.GROUPS, actor=actor)
        elif held is not None and role is not None:
            members.change_role(team=team, user=user, role=role, source=Source.GROUPS, actor=actor)
        elif held is not None:
            members.remove_member(team=team, user=user, source=Source.GROUPS, actor=actor)
    except NotPossible:
        if held is None or held.role != Role.ADMIN:
            logger.warning("groups could not give somebody their place in the team %s", team.slug)
            return
        # The last admin: a team that nobody can run helps nobody.
        logger.warning("groups would have left the team %s without an admin: its last one was kept", team.slug)
        details = {"by": Source.GROUPS.value, "role": Role.ADMIN.value}
        audit.record(Action.MEMBER_KEPT, team=team, actor=actor, subject=user, details=details)
