"""Leads that are probably the same: found by email, phone, LinkedIn profile, or name and company together.

Reading only. What follows from it, ``Team.duplicate_policy`` says and ``services/submissions/`` does: nothing is ever
merged or dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from leads.audit import Actor
from leads.models import Submission, Team
from leads.models.submissions import Door
from leads.models.teams import DuplicatePolicy
from leads.services.teams import NotPossible
from leads.states import DROPPED

#: By which columns a lead is told to be the same; all of a row must be filled in and agree.
KEYS = (("email_key",), ("phone_key",), ("linkedin_key",), ("company_key", "name_key"))
#: The fields of the entry form that tell a duplicate by themselves, with the column each is compared by.
TELLING = {"email": "email_key", "phone": "phone_key", "linkedin_url": "linkedin_key"}
MOST = 20  # that are looked for; a page shows fewer


class LooksLikeAnother(NotPossible):
    """The team wants to be warned: ``found`` are the leads it may have entered before, newest first."""

    def __init__(self, found: Sequence[Submission]) -> None:
        super().__init__("This looks like a lead the team has entered before. Look at it, then decide.")
        self.found = list(found)


def find(
    *,
    team: Team,
    environment: str,
    keys: Mapping[str, str],
    itself: Submission | None = None,
    most: int = MOST,
) -> list[Submission]:
    """What the team entered before that is probably the same lead, newest first; ``keys`` as in ``promoted()``.

    One query: each key has an index of its own. ``itself``, saved or about to be, does not count, and neither does
    what the very same form brought in before.
    """
    rows = Submission.objects.for_team(team).filter(environment=environment).exclude(state__in=DROPPED)
    if itself is not None:
        same_form = Q(created_by=itself.created_by_id, token=itself.token_id, one_time_key=itself.one_time_key)
        rows = rows.exclude(Q(pk=itself.pk) | same_form)
    conditions = [
        reduce(lambda both, name: both & Q(**{name: keys[name]}) & ~Q(**{name: ""}), names, Q(team=team))
        for names in KEYS
        if all(keys.get(name) for name in names)
    ]
    if not conditions:
        return []
    same = Submission.objects.filter(reduce(or_, conditions)).values("pk")
    return list(rows.filter(pk__in=same).select_related("created_by", "token").order_by("-pk")[:most])


def find_like(submission: Submission) -> list[Submission]:
    """Leads that are probably the same as this one."""
    keys = {name: getattr(submission, name) for names in KEYS for name in names}
    return find(team=submission.team, environment=submission.environment, keys=keys, itself=submission)


def check(submission: Submission, *, accepted: Collection[UUID], actor: Actor) -> list[Submission]:
    """What the lead looks like, for a service that is about to send it; nothing where the team lets such leads go.

    Raises ``LooksLikeAnother`` when a person would have to decide first: ``accepted`` are the leads they were shown
    and sent it in spite of. A script is not asked.
    """
    policy = submission.team.duplicate_policy
    if policy == DuplicatePolicy.ALLOW:
        return []
    found = find_like(submission)
    is_new = any(row.public_id not in accepted for row in found)
    if policy == DuplicatePolicy.WARN and actor.door == Door.FORM and is_new:
        raise LooksLikeAnother(found)
    return found
