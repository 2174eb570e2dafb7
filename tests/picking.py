"""Makes options and attributes for tests of pickers."""

from __future__ import annotations

from typing import Any

from leads.models import CustomAttribute, PickerOption, Team
from leads.models.pickers import searched


def add(team: Team, kind: str, external_id: str, **about: Any) -> PickerOption:
    """One option, of the account the team works with unless it is said otherwise."""
    values = {"environment": team.environment, "name": external_id.title(), **about}
    return PickerOption.objects.create(team=team, kind=kind, external_id=external_id, **values)


def add_many(team: Team, kind: str, many: int, *, start: int = 0, **about: Any) -> None:
    """``Tag 0``, ``Tag 1`` and so on, with the ids ``tag-0``, ``tag-1``."""
    values = {"team": team, "environment": team.environment, "kind": kind, **about}
    names = [(number, f"{kind.title()} {number}") for number in range(start, start + many)]
    PickerOption.objects.bulk_create(
        [
            PickerOption(
                external_id=f"{kind}-{number}", name=name, search_text=searched(name), position=number, **values
            )
            for number, name in names
        ],
        batch_size=500,
    )


def add_attribute(team: Team, external_id: str, kind: str = "TEXT", **about: Any) -> CustomAttribute:
    values = {"environment": team.environment, "name": external_id.title(), **about}
    return CustomAttribute.objects.create(team=team, external_id=external_id, kind=kind, **values)


def add_select(team: Team, external_id: str, many: int, **about: Any) -> CustomAttribute:
    """A select with ``many`` options."""
    options = [{"id": f"{external_id}-{number}", "name": f"Option {number}"} for number in range(many)]
    return add_attribute(team, external_id, "SELECT", options=options, **about)
