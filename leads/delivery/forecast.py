"""Where a waiting lead stands in the queue, and when it may be in Breakcold: the one guess that pages, imports and the
gateway show. Nothing is decided by it.

The number of queries does not depend on how many leads are asked about or how many wait.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from leads.models import BreakcoldKey, RateBucket, Submission
from leads.models.submissions import SubmissionQuerySet
from leads.states import State

from . import throttle

CALL = timedelta(seconds=0.5)  # what one call takes
ORDER = ("lane", "queued_at", "pk")


@dataclass(frozen=True, slots=True)
class Place:
    """``position`` counts from 1 in the key's queue, 0 when it is not in it. ``expected_at`` is None when that is up to
    a person, the key or the network.
    """

    position: int = 0
    expected_at: datetime | None = None


def expected_at(submission: Submission, *, now: datetime) -> datetime | None:
    """When it should be there."""
    return places([submission], now=now)[submission.pk].expected_at


def places(submissions: Collection[Submission], *, now: datetime) -> dict[int | None, Place]:
    """The place of each, by primary key: of a page of leads in any state, with one query for all positions."""
    found: dict[int | None, Place] = {}
    queued = [each for each in submissions if each.state == State.QUEUED]
    for each in submissions:
        if each.state == State.SENDING:
            found[each.pk] = Place(expected_at=now + CALL)
        else:
            found[each.pk] = Place(expected_at=each.look_up_at if each.state == State.UNKNOWN else None)
    for team_id, environment in sorted({(each.team_id, each.environment) for each in queued}):
        mine = {each.pk: each for each in queued if (each.team_id, each.environment) == (team_id, environment)}
        rate = _rate(team_id, environment, now)
        for pk, position in _positions(team_id, environment, list(mine)).items():
            found[pk] = Place(position, rate.at(position - 1, mine[pk].send_after) if rate else None)
    return found


def place_of_last(rows: SubmissionQuerySet, *, now: datetime) -> Place | None:
    """The place of the one that goes out last, so when all of them are through; None when none of them waits."""
    last = rows.queued().order_by(*(f"-{name}" for name in ORDER)).first()
    return places([last], now=now)[last.pk] if last else None


def arrival(key: BreakcoldKey, ahead: int, *, now: datetime) -> datetime | None:
    """When a lead with so many ahead of it should be there; None when nothing leaves with the key just now."""
    rate = _rate(key.team_id, key.environment, now)
    return rate.at(ahead, None) if rate else None


def _positions(team_id: int, environment: str, pks: list[int]) -> dict[int, int]:
    """Counted along the index of the queue, in which nothing else is read."""
    line = Submission.objects.may_leave().filter(team=team_id, environment=environment).order_by()
    numbered = line.annotate(position=Window(RowNumber(), order_by=[F(name).asc() for name in ORDER]))
    asked_for = Q(position=0) | Q(pk__in=pks)  # the first half keeps it from narrowing the line before it is counted
    return dict(numbered.filter(asked_for).values_list("pk", "position"))


@dataclass(frozen=True, slots=True)
class _Rate:
    """How one key's calls follow each other from ``start`` on."""

    start: datetime
    bucket: RateBucket

    def at(self, ahead: int, send_after: datetime | None) -> datetime:
        """When the lead with so many ahead of it should be there, with none before its own time."""
        turn = self.start + throttle.time_for(self.bucket, ahead, now=self.start, call=CALL)
        return max(turn, send_after or turn) + CALL


def _rate(team_id: int, environment: str, now: datetime) -> _Rate | None:
    """None when nothing leaves with the key just now."""
    key = BreakcoldKey.objects.ready().filter(team=team_id, environment=environment).first()
    if key is None:
        return None
    found = RateBucket.objects.filter(fingerprint=key.fingerprint).first()
    bucket = found or RateBucket(fingerprint=key.fingerprint, **throttle.first_guess(now))
    return _Rate(max(now, throttle.free_at_of(bucket, now) or now), bucket)
