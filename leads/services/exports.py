"""A team's leads and its log as tables. An exported table of leads can be imported again.

Rows are read a few hundred at a time, newest first, by where the last few hundred ended: memory stays flat, and no
query stays open while somebody's slow connection takes the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import AuditEntry, GatewayToken, Submission, Team, User
from leads.models.teams import Environment
from leads.states import State

from .lead_columns import FACTS, Columns, columns_of
from .teams import NotPossible

CHUNK = 500  # rows
DAY = timedelta(hours=24)  # that a person's exports are counted over
LOG_HEADINGS = (
    "Entry", "At", "Action", "Who (kind)", "Who", "Who (id)", "Door", "About (kind)", "About", "About (id)", "Details",
    "Request", "Address (digest)", "Hash before", "Hash",
)  # fmt: skip


class TooMuch(NotPossible):
    """More leads than one person may take out of a team in a day."""

    def __init__(self, most: int, taken: int) -> None:
        before = f", and in the last 24 hours you took out {taken:,}" if taken else ""
        super().__init__(
            f"Nothing was exported: one person may take out {most:,} leads in 24 hours{before}. The team’s admins are"
            " told of it. Filter the list first; whoever runs the portal can export more."
        )


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` are there once, and are read while they are taken."""

    headings: list[str]
    count: int
    rows: Iterator[list[str]]


def export_leads(
    *, team: Team, leads: QuerySet[Submission], filters: Sequence[str], file_format: str, actor: Actor
) -> Table:
    """``leads`` of the team, newest first. ``filters`` says in plain words what they were narrowed down to.

    Raises ``TooMuch`` for a person who takes out more than a day allows; an operator may take out all.
    """
    columns = columns_of(team)
    headings = [*FACTS, *columns.headings]
    rows = leads.select_related("entered_by")
    with transaction.atomic():
        audit.lock(team)  # two exports at once are counted one after the other
        refusal, is_much = _judge(team, leads.count(), actor)
        if refusal is None:
            return _export("leads", team, rows, "pk", headings, lambda chunk: _lead_rows(chunk, columns), filters,
                           file_format, actor, is_much)  # fmt: skip
    raise refusal


def _judge(team: Team, wanted: int, actor: Actor) -> tuple[TooMuch | None, bool]:
    """Whether a person takes out too much, which is recorded, or so much that the admins are told, once a day."""
    if actor.user is None:
        return None, False
    most, earlier = settings.PORTAL_EXPORT_LEADS_PER_DAY, _todays(team, actor)
    taken = sum(entry.details["rows"] for entry in earlier if entry.action == Action.EXPORT_MADE)
    if taken + wanted <= most:
        return None, taken + wanted > most // 2 and not any(entry.details.get("is_much") for entry in earlier)
    is_first = not any(entry.action == Action.EXPORT_REFUSED for entry in earlier)
    details = {"rows": wanted, "before": taken, "is_much": is_first}
    audit.record(Action.EXPORT_REFUSED, team=team, actor=actor, subject=team, details=details)
    return TooMuch(most, taken), True


def _todays(team: Team, actor: Actor) -> list[AuditEntry]:
    """What this person took out of the team's leads in the last day, and what was refused."""
    actions = (Action.EXPORT_MADE, Action.EXPORT_REFUSED)
    since = timezone.now() - DAY
    rows = AuditEntry.objects.filter(team=team, action__in=actions, actor_id=actor.public_id, at__gt=since)
    return [entry for entry in rows if entry.details.get("what", "leads") == "leads"]


def export_log(
    *, team: Team, entries: QuerySet[AuditEntry], filters: Sequence[str], file_format: str, actor: Actor
) -> Table:
    """``entries`` of the team's log, newest first, with the hashes by which the chain can be checked elsewhere."""
    return _export("audit", team, entries, "sequence", [*LOG_HEADINGS], _log_rows, filters, file_format, actor)


@transaction.atomic
def _export(
    what: str,
    team: Team,
    rows: QuerySet[Any],
    key: str,
    headings: list[str],
    texts: Callable[[list[Any]], Iterator[list[str]]],
    filters: Sequence[str],
    file_format: str,
    actor: Actor,
    is_much: bool = False,
) -> Table:
    """What comes in after this is not in the table, so the count in the log is the file's."""
    newest = rows.order_by(f"-{key}").values_list(key, flat=True).first()
    rows = rows.filter(**{f"{key}__lte": newest}) if newest is not None else rows.none()
    count = rows.count()
    details = {"what": what, "format": file_format, "rows": count, "filters": list(filters)}
    if is_much:
        details["is_much"] = True  # the admins are told, once a day
    audit.record(Action.EXPORT_MADE, team=team, actor=actor, subject=team, details=details)
    return Table(headings, count, (row for chunk in _chunks(rows, key) for row in texts(chunk)))


def _chunks(rows: QuerySet[Any], key: str) -> Iterator[list[Any]]:
    found = list(rows.order_by(f"-{key}")[:CHUNK])
    while found:
        yield found
        rows = rows.filter(**{f"{key}__lt": getattr(found[-1], key)})
        found = list(rows.order_by(f"-{key}")[:CHUNK])


def _lead_rows(leads: list[Submission], columns: Columns) -> Iterator[list[str]]:
    for lead in leads:
        yield [
            lead.reference,
            State(lead.state).label,
            lead.breakcold_id,
            str(lead.entered_by or ""),
            _moment(lead.created_at),
            Environment(lead.environment).label,
            *columns.texts(lead.values, lead.environment),
        ]


def _log_rows(entries: list[AuditEntry]) -> Iterator[list[str]]:
    names = _names(entries)
    for entry in entries:
        yield [
            str(entry.sequence),
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.action,
            entry.actor_kind,
            names.get(entry.actor_id, ""),
            str(entry.actor_id or ""),
            entry.door,
            entry.subject_kind,
            names.get(entry.subject_id, ""),
            str(entry.subject_id or ""),
            json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
            entry.request_id,
            entry.ip_digest,
            entry.previous_hash,
            entry.hash,
        ]


def _names(entries: list[AuditEntry]) -> dict[UUID | None, str]:
    """What people, tokens and leads are called now; the log itself holds none of it."""
    ids = {found for entry in entries for found in (entry.actor_id, entry.subject_id) if found}
    called = chain(
        User.objects.filter(public_id__in=ids).values_list("public_id", "email"),
        GatewayToken.objects.filter(public_id__in=ids).values_list("public_id", "name"),
        Submission.objects.filter(public_id__in=ids).values_list("public_id", "reference"),
    )
    return dict(called)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
