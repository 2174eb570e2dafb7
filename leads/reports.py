"""Read-only aggregates: what reviewers correct most, and what would make that unnecessary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import phonenumbers
from django.utils import timezone

from leads.models import Revision, Submission, Team

DAYS = 90
READ_AT_MOST = 20_000  # corrections: newest first
SHOWN = 5  # submitters and presets of each field
OFTEN = 5  # corrections of one kind before anything is suggested


@dataclass
class Corrected:
    """One field: how often it was corrected, by whom it was entered, with which preset, and how it was changed.

    ``entered`` is how many leads were reviewed in the same time. ``changes`` are the (before, after) pairs, None for
    empty.
    """

    name: str
    entered: int
    submitters: Counter[str] = field(default_factory=Counter)
    presets: Counter[str] = field(default_factory=Counter)
    changes: list[tuple[Any, Any]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.changes)

    @cached_property
    def afters(self) -> Counter[Any]:
        """How often each value was what a reviewer put."""
        return Counter(after for _, after in self.changes)

    @property
    def shares(self) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        """Who entered such leads and with which preset, the most frequent first."""
        return self.submitters.most_common(SHOWN), self.presets.most_common(SHOWN)

    @cached_property
    def suggestion(self) -> str:
        """What would make most of these corrections unnecessary; empty when nothing stands out."""
        for says, rule in SUGGESTIONS:
            fitting = [pair for pair in self.changes if rule(self, *pair)]
            if len(fitting) >= OFTEN and 2 * len(fitting) >= self.count:
                return says.format(fitting=len(fitting), count=self.count, entered=self.entered)
        return ""


def _lacked_country(row: Corrected, before: Any, after: Any) -> bool:
    if row.name != "phone" or not before or not after:
        return False
    try:
        old, new = (phonenumbers.parse(str(number)) for number in (before, after))
    except phonenumbers.NumberParseException:
        return False
    return bool(old.country_code != new.country_code and old.national_number == new.national_number)


def _same_every_time(row: Corrected, before: Any, after: Any) -> bool:
    return after is not None and row.afters[after] * 2 > row.count


#: The first that fits at least half of a field's corrections is suggested.
SUGGESTIONS: tuple[tuple[str, Callable[[Corrected, Any, Any], bool]], ...] = (
    ("{fitting} of {count} had another country code: set a default country in the rules.", _lacked_country),
    ("{fitting} of {count} were set to the same: make it the default in the preset.", _same_every_time),
    ("{fitting} of {count} were empty before: make it required in the preset.", lambda row, old, new: old is None),
    ("{fitting} of {count} were emptied: hide it in the preset.", lambda row, old, new: new is None),
)


def corrections(*, team: Team) -> list[Corrected]:
    """The fields reviewers of this team corrected in the last ``DAYS`` days, most corrected first."""
    since = timezone.now() - timedelta(days=DAYS)
    entered = Submission.objects.for_team(team).filter(decided_at__gte=since).count()
    found: dict[str, Corrected] = {}
    revisions = Revision.objects.filter(submission__team=team, is_correction=True, created_at__gte=since)
    columns = ("changes", "submission__entered_by__name", "submission__entered_by__email", "submission__preset__name")
    for changes, name, email, preset in revisions.order_by("-pk").values_list(*columns)[:READ_AT_MOST]:
        for field_name, (before, after) in changes.items():
            row = found.setdefault(field_name, Corrected(field_name, entered))
            row.changes.append((_hashable(before), _hashable(after)))
            row.submitters[name or email or "A script"] += 1
            row.presets[preset or "All fields"] += 1
    return sorted(found.values(), key=lambda row: (-row.count, row.name))


def _hashable(value: Any) -> Any:
    return tuple(sorted(map(str, value))) if isinstance(value, (list, dict)) else value
