"""What pages say of an import and of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from leads.delivery import forecast
from leads.models import ImportRow, LeadImport, Submission
from leads.normalise import title_of
from leads.services import imports, keys
from leads.services.imports import results
from leads.states import Count, Stage, State

#: The tone and the icon of each stage's badge.
STAGE_LOOKS: dict[Stage, tuple[str, str]] = {
    Stage.READING: ("info", "loader-circle"),
    Stage.UNREADABLE: ("danger", "file-x"),
    Stage.MAPPING: ("warn", "columns-3"),
    Stage.CHECKING: ("info", "loader-circle"),
    Stage.READY: ("warn", "list-checks"),
    Stage.IN_REVIEW: ("practice", "eye"),
    Stage.RUNNING: ("info", "loader-circle"),
    Stage.PAUSED: ("warn", "circle-pause"),
    Stage.DONE: ("ok", "circle-check"),
    Stage.REJECTED: ("danger", "ban"),
    Stage.CANCELLED: ("quiet", "undo-2"),
}
#: The tone and the icon of each count, in the order of the page.
COUNT_LOOKS: dict[Count, tuple[str, str]] = {
    Count.CREATED: ("ok", "circle-check"),
    Count.WAITING: ("info", "clock"),
    Count.DUPLICATE: ("quiet", "copy"),
    Count.INVALID: ("danger", "circle-alert"),
    Count.FAILED: ("danger", "circle-x"),
    Count.UNKNOWN: ("warn", "circle-question-mark"),
    Count.SKIPPED: ("quiet", "undo-2"),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """One of the numbers on the page of an import."""

    name: str
    label: str
    many: int
    tone: str
    icon: str


def tallies(counts: dict[Count, int]) -> list[Tally]:
    return [Tally(name.value, name.label, counts[name], *COUNT_LOOKS[name]) for name in COUNT_LOOKS]


@dataclass(frozen=True, slots=True)
class Expected:
    """How long ``calls`` take at the key's present pace. ``trouble`` is why nobody can say."""

    calls: int
    seconds: int = 0
    at: datetime | None = None
    trouble: str = ""

    @property
    def lasts(self) -> str:
        minutes = round(self.seconds / 60)
        if self.seconds < 90:
            return "about a minute" if self.seconds > 45 else "less than a minute"
        return f"about {minutes} minutes" if minutes < 120 else f"about {round(minutes / 60)} hours"


def expected(lead_import: LeadImport, calls: int) -> Expected:
    """When that many leads more will be in Breakcold, behind those that wait already."""
    key = keys.find_key(lead_import.team, lead_import.environment)
    now = timezone.now()
    there = None
    if key is not None:
        others = Submission.objects.for_key(key).may_leave().exclude(lead_import=lead_import).count()
        there = forecast.arrival(key, others + max(calls - 1, 0), now=now)
    if there is None:
        return Expected(calls, trouble=keys.trouble_sentence(key, lead_import.environment))
    return Expected(calls, int((there - now).total_seconds()), there)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as a list shows it: what it says, where it is and why."""

    row: ImportRow
    title: str
    counted: Count
    state: str
    reason: str
    tone: str
    icon: str


def shown_row(row: ImportRow, headings: list[str]) -> ShownRow:
    submission = row.submission
    counted = imports.counted_as(row.fate, submission.state if submission else None)
    state = State(submission.state).label if submission else counted.label
    first = next((text for text in row.texts if text.strip()), "")
    title = submission.title if submission else title_of(row.values) or first
    reason = results.reason_of(row, headings) or results.twin_words(row)
    return ShownRow(row, title[:100], counted, state, reason, *COUNT_LOOKS[counted])


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a row; ``text`` is what the cell says now."""

    column: int
    heading: str
    text: str
    message: str


def wrongs(row: ImportRow, headings: list[str]) -> list[Wrong]:
    texts = row.texts
    return [
        Wrong(column, results.heading_of(column, headings), texts[column] if 0 <= column < len(texts) else "", message)
        for column, _, message in row.errors
    ]


def stage_context(lead_import: LeadImport) -> dict[str, Any]:
    tone, icon = STAGE_LOOKS[Stage(lead_import.stage)]
    return {"tone": tone, "icon": icon, "word": lead_import.get_stage_display()}
