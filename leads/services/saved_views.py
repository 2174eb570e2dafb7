"""Ways of looking at the list of leads that somebody keeps under a name; theirs alone, so the log does not speak of
them.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from leads.audit import Actor
from leads.models import Membership, SavedView, Team, User
from leads.normalise import has_unshowable
from leads.services.teams import NotPossible

MOST = 20  # of one person in one team
MAX_NAME = 60
MAX_QUERY = 1_000


def of_person(team: Team, user: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(team=team, person=user)


@transaction.atomic
def save_view(*, team: Team, name: str, query: str, actor: Actor) -> SavedView:
    """Keep ``query`` under ``name``; the same name is replaced. Raises ``NotPossible``."""
    name = " ".join(name.split())
    if actor.user is None:
        raise NotPossible("Only a person keeps views.")
    if not name or len(name) > MAX_NAME or has_unshowable(name):
        raise NotPossible(f"Give the view a name of at most {MAX_NAME} characters.")
    if not query or len(query) > MAX_QUERY:
        raise NotPossible("Search for something, or choose a state, before you keep the view.")
    views = of_person(team, actor.user)
    if not views.filter(name=name).exists() and views.count() >= MOST:
        raise NotPossible(f"You keep {MOST} views already. Remove one, then this one can be kept.")
    return SavedView.objects.update_or_create(team=team, person=actor.user, name=name, defaults={"query": query})[0]


@transaction.atomic
def remove_view(*, view: SavedView, actor: Actor) -> None:
    """Its leads stay, of course."""
    of_person(view.team, view.person).filter(pk=view.pk).delete()


@transaction.atomic
def keep_columns(*, membership: Membership, columns: str, actor: Actor) -> None:
    """The columns the reader's list begins with; empty for the usual ones."""
    Membership.objects.filter(pk=membership.pk).update(list_columns=columns)
