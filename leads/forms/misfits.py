"""Values of custom attributes that leads and presets still hold although the attribute became another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from leads.breakcold.payload import is_empty
from leads.models import CustomAttribute, FormPreset, Submission, Team
from leads.states import NOT_SET_OUT

from .attributes import fits

SHOWN = 20  # of one attribute


@dataclass(frozen=True, slots=True)
class Misfit:
    """One value that does not fit any more, and the lead or the preset that holds it."""

    value: Any
    lead: Submission | None = None
    preset: FormPreset | None = None


def misfits_of(team: Team, attributes: Iterable[CustomAttribute]) -> dict[str, list[Misfit]]:
    """By the attribute's id, the first of those that presets and waiting leads hold."""
    by_id = {row.external_id: row for row in attributes}
    found: dict[str, list[Misfit]] = defaultdict(list)
    checked: dict[tuple[str, str], bool] = {}

    def look(key: str, value: Any, **holder: Any) -> None:
        if key not in by_id or is_empty(value) or len(found[key]) >= SHOWN:
            return
        said = (key, repr(value))
        if said not in checked:
            checked[said] = fits(by_id[key], value, country=team.default_phone_country)
        if not checked[said]:
            found[key].append(Misfit(value, **holder))

    for preset in FormPreset.objects.in_use().filter(team=team):
        for row in preset.rows:
            if row["name"].startswith("attributes."):
                look(row["name"].removeprefix("attributes."), row.get("default"), preset=preset)
    rows = Submission.objects.for_team(team).filter(environment=team.environment, state__in=NOT_SET_OUT)
    for lead in rows.only("public_id", "reference", "title", "values").order_by("pk").iterator(500):
        for key, value in (lead.values.get("attributes") or {}).items():
            look(key, value, lead=lead)
    return {key: held for key, held in found.items() if held}
