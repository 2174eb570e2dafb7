"""How far an import is. Nothing is counted along the way: the rows, and the leads made of them, are counted."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

from leads.models import ImportRow, LeadImport
from leads.states import COUNTED_BY_FATE, COUNTED_BY_STATE, Count, Fate, State


def count(lead_import: LeadImport) -> dict[Count, int]:
    """How many rows are what; together they are all rows of the import."""
    found = dict.fromkeys(Count, 0)
    rows = ImportRow.objects.filter(lead_import=lead_import).order_by().values_list("fate", "submission__state")
    for fate, state, many in rows.annotate(many=models.Count("pk")):
        found[counted_as(fate, state)] += many
    return found


def counted_as(fate: str, state: str | None) -> Count:
    """What one row is counted as; ``state`` is that of its lead."""
    return COUNTED_BY_FATE[Fate(fate)] if state is None else COUNTED_BY_STATE[State(state)]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would become of the rows if the import was started now."""

    valid: int
    invalid: int
    duplicate: int

    @property
    def new(self) -> int:
        return self.valid - self.duplicate


def forecast(lead_import: LeadImport) -> Forecast:
    """Of an import that was checked."""
    rows = lead_import.rows.all()
    valid = rows.valid()
    return Forecast(valid.count(), rows.filter(fate=Fate.INVALID).count(), valid.alike().count())
