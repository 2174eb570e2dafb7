"""Which key is whose, and what waits for it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from leads.models import BreakcoldKey, Submission, Team
from leads.states import State


def find_key(team: Team, environment: str) -> BreakcoldKey | None:
    """The team's key of one environment, if it has one."""
    return BreakcoldKey.objects.current().filter(team=team, environment=environment).select_related("team").first()


def find_current_key(team: Team) -> BreakcoldKey | None:
    """The key leads entered now go out with, if there is one."""
    return find_key(team, team.environment)


def find_key_for(submission: Submission) -> BreakcoldKey | None:
    """The key this lead goes out with, if there is one."""
    return find_key(submission.team, submission.environment)


def find_live_and_practice(team: Team) -> dict[str, BreakcoldKey]:
    """The team's keys by environment: none, one or both."""
    rows = BreakcoldKey.objects.current().filter(team=team).select_related("team", "set_by", "held_by")
    return {key.environment: key for key in rows}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Leads of one environment: ``queued`` wait for its key, ``sending`` are with Breakcold at this moment."""

    queued: int
    sending: int


def waiting_for(team: Team, environment: str) -> Waiting:
    rows = Submission.objects.for_team(team).filter(environment=environment, state__in=(State.QUEUED, State.SENDING))
    counts = rows.aggregate(
        queued=Count("pk", filter=Q(state=State.QUEUED)), sending=Count("pk", filter=Q(state=State.SENDING))
    )
    return Waiting(**counts)
