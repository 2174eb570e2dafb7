"""The head of a key's queue. Asked for each lead that leaves, so the question is written as SQL only once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from leads.models import BreakcoldKey, Submission

NOW = datetime.max.replace(tzinfo=UTC)  # stands in the SQL where the time of asking goes


def first_due(key: BreakcoldKey, now: datetime) -> Submission | None:
    """The next due lead, locked where the database can do so; one that another worker has in hand is passed by."""
    sql, parameters = _written(connection.vendor, key.team_id, key.environment)
    as_kept = connection.ops.adapt_datetimefield_value
    asked = [as_kept(now) if each == as_kept(NOW) else each for each in parameters]
    for submission in Submission.objects.raw(sql, asked):
        submission.team = key.team
        return submission
    return None


@lru_cache(maxsize=1_000)
def _written(vendor: str, team_id: int, environment: str) -> tuple[str, tuple[Any, ...]]:
    due = Submission.objects.for_key(BreakcoldKey(team_id=team_id, environment=environment)).due(NOW)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(of=("self",), skip_locked=True)
    return due[:1].query.sql_with_params()
