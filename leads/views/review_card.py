"""One lead with everything a reviewer's decision needs, and where it stands in the queue.

The order of the queue is when a lead went to review, then its row; neighbours are found along that order's index, so
the place costs the same however long the queue is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from leads.models import Membership, ReviewLook, Submission
from leads.services import duplicates, submissions
from leads.states import State

from .deeds import DEEDS
from .lead_values import marked_values

SHOWN_DUPLICATES = 5
HISTORY = 200  # leads of the submitter, the newest


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the queue that is listed: a page of it. ``start`` counts from nought; the neighbours of its ends
    lead to the parts before and after.
    """

    rows: list[Submission]
    start: int = 0
    earlier: Submission | None = None
    later: Submission | None = None

    @property
    def ends(self) -> tuple[int, int]:
        """The places of its first and last row, counted from one."""
        return self.start + 1, self.start + len(self.rows)


def before(queue: QuerySet[Submission], lead: Submission) -> QuerySet[Submission]:
    """What waits longer, nearest first."""
    at = lead.review_since
    rows = queue.filter(Q(review_since__lt=at) | Q(pk__lt=lead.pk), review_since__lte=at)
    return rows.order_by("-review_since", "-pk")


def after(queue: QuerySet[Submission], lead: Submission) -> QuerySet[Submission]:
    """What came later, nearest first."""
    at = lead.review_since
    rows = queue.filter(Q(review_since__gt=at) | Q(pk__gt=lead.pk), review_since__gte=at)
    return rows.order_by("review_since", "pk")


def part_around(queue: QuerySet[Submission], lead: Submission | None, size: int) -> Part:
    """The page of the queue with this lead on it; the first without one."""
    rows = list(queue[: size + 1])
    if lead is None or len(rows) <= size or lead.pk in [row.pk for row in rows[:size]]:
        return Part(rows[:size], later=rows[size] if len(rows) > size else None)
    start = before(queue, lead).count() // size * size
    places = list(queue.values_list("pk", flat=True)[start : start + size])  # along the index, without the rows
    rows = list(queue.filter(pk__in=places))
    if not rows:  # the queue grew shorter at this moment
        return Part([lead], later=after(queue, lead).first())
    return Part(rows, start, before(queue, rows[0]).first(), after(queue, rows[-1]).first())


def card(membership: Membership, lead: Submission, part: Part) -> dict[str, Any]:
    """Context for ``review/_card.html``."""
    line = [part.earlier, *part.rows, part.later]
    place = next((number for number, row in enumerate(line) if row and row.pk == lead.pk), None)
    return {
        "lead": lead,
        "values": marked_values(lead),
        "comments": list(lead.comments.select_related("author")),
        "duplicates": duplicates.find_like(lead)[:SHOWN_DUPLICATES],
        "history": _history(lead),
        "reasons": membership.team.reject_reasons,
        "version": submissions.version_of(lead),
        "may_decide": DEEDS["approve"].may(lead, membership),
        "previous": line[place - 1] if place else None,
        "next": line[place + 1] if place else None,
    }


def looks(rows: list[Submission], membership: Membership) -> dict[int, str]:
    """Which of these somebody else has open: primary key to name."""
    since = submissions.looked_since(timezone.now())
    found = ReviewLook.objects.filter(submission__in=rows, seen_at__gt=since).exclude(reviewer=membership.user)
    return {look.submission_id: str(look.reviewer) for look in found.select_related("reviewer")}


def _history(lead: Submission) -> list[tuple[str, int]]:
    """How the newest other leads of the same person, or the same script, fared so far: (state in words, how many)."""
    rows = Submission.objects.for_team(lead.team).filter(entered_by=lead.entered_by_id).exclude(pk=lead.pk)
    if lead.entered_by_id is None:
        rows = rows.filter(token=lead.token_id)
    counts = Counter(rows.order_by("-pk").values_list("state", flat=True)[:HISTORY])
    return [(state.label, counts[state]) for state in State if counts[state]]
