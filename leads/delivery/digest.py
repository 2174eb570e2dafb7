"""One mail about reviews, at most one an hour to each person: what waits for them to decide, and what of theirs came
back. It goes out when something is new in either, and says both then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from leads.models import Membership, NotificationSettings, Submission
from leads.models.teams import REVIEWING
from leads.services.notifications import link_to
from leads.states import TURNED_BACK, State

from .mail import GATHER, OVERLAP, REFERENCES, Mail, reachable

EVERY = timedelta(hours=1)


def due(now: datetime) -> QuerySet[Membership]:
    """Those for whom something new is a little while old, and who were not written to this hour."""
    old_enough = now - GATHER
    waiting = Submission.objects.filter(
        team=OuterRef("team"),
        state=State.PENDING_REVIEW,
        review_since__lte=old_enough,
        review_since__gt=OuterRef("told_until"),
    ).exclude(entered_by=OuterRef("user"))
    came_back = Submission.objects.filter(
        team=OuterRef("team"),
        state__in=TURNED_BACK,
        entered_by=OuterRef("user"),
        decided_at__lte=old_enough,
        decided_at__gt=OuterRef("told_until"),
    ).exclude(decided_by=OuterRef("user"))
    mailed = F("notifications__digest_mailed_at")
    reviews = (Q(notifications=None) | Q(notifications__review_digest=True)) & Q(role__in=REVIEWING)
    returns = Q(notifications=None) | Q(notifications__own_returns=True)
    return (
        reachable(now)
        .annotate(mailed_at=mailed, told_until=Coalesce(mailed, F("created_at")) - OVERLAP)
        .filter(Q(mailed_at=None) | Q(mailed_at__lte=now - EVERY))
        .filter((reviews & Q(Exists(waiting))) | (returns & Q(Exists(came_back))))
    )


def write(membership: Membership, row: NotificationSettings, now: datetime) -> Mail | None:
    """The digest as it stands now; None when it is too early or there is no news."""
    if row.digest_mailed_at and row.digest_mailed_at > now - EVERY:
        return None
    told = (row.digest_mailed_at or membership.created_at) - OVERLAP
    waiting = _waiting(membership) if membership.can_review and row.review_digest else []
    came_back = _came_back(membership, told) if row.own_returns else []
    news = [at for at in (*waiting, *(lead.decided_at for lead in came_back)) if at is not None and at > told]
    if not any(at <= now - GATHER for at in news):
        return None
    if not any(at > told for at in waiting):
        waiting = []
    context = {
        "count": len(waiting),
        "oldest": _age(now - waiting[0]) if waiting else "",
        "link": link_to(membership.team, "review/"),
        **_returned(came_back),
        "list": link_to(membership.team, "submissions/"),
    }
    return Mail(_subject(len(waiting), len(came_back)), "review_digest", context, {"digest_mailed_at": now})


def _waiting(membership: Membership) -> list[datetime]:
    """Since when each lead has waited that this person may decide on, the oldest first."""
    rows = Submission.objects.for_team(membership.team).filter(state=State.PENDING_REVIEW)
    times = rows.exclude(entered_by=membership.user).order_by("review_since").values_list("review_since", flat=True)
    return [at for at in times if at is not None]


def _came_back(membership: Membership, told: datetime) -> list[Submission]:
    """What of this person's others sent back or rejected since, and still is."""
    rows = Submission.objects.for_team(membership.team).filter(
        state__in=TURNED_BACK, entered_by=membership.user, decided_at__gt=told
    )
    columns = ("reference", "state", "decided_at")
    return list(rows.exclude(decided_by=membership.user).order_by("decided_at", "pk").only(*columns))


def _returned(leads: list[Submission]) -> dict[str, Any]:
    references = [lead.reference for lead in leads]
    return {
        "sent_back": sum(lead.state == State.CHANGES_REQUESTED for lead in leads),
        "rejected": sum(lead.state == State.REJECTED for lead in leads),
        "references": references[:REFERENCES],
        "more": max(0, len(references) - REFERENCES),
    }


def _subject(waiting: int, came_back: int) -> str:
    wait = "1 lead waits for review" if waiting == 1 else f"{waiting} leads wait for review"
    if not came_back:
        return wait
    if not waiting:
        return f"{came_back} of your leads came back from review"
    return f"{wait}, {came_back} of yours came back"


def _age(age: timedelta) -> str:
    """How long something has waited, as people say it."""
    for seconds, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = int(age.total_seconds() // seconds)
        if count:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"
