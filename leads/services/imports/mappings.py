"""Mappings kept under a name for the team's next file like it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from leads import audit
from leads.audit import Action, Actor
from leads.models import ImportMapping, Team
from leads.normalise import has_unshowable
from leads.services.teams import NotPossible

MAX_NAME_CHARACTERS = 100
MAX_MAPPINGS = 100  # of one team


@transaction.atomic
def save_mapping(
    *,
    team: Team,
    name: str,
    fields: Mapping[str, str],
    constants: Mapping[str, str],
    choices: Mapping[str, Any],
    actor: Actor,
) -> ImportMapping:
    """Keep a mapping, in the place of the one that has this name. ``fields`` are by heading in folded form."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or has_unshowable(name):
        raise NotPossible(f"Give the mapping a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    audit.lock(team)  # two of one name at once take turns
    others = ImportMapping.objects.filter(team=team).exclude(name=name)
    if others.count() >= MAX_MAPPINGS:
        raise NotPossible(f"A team keeps at most {MAX_MAPPINGS} mappings. Remove one first.")
    kept = {"fields": dict(fields), "constants": dict(constants), "choices": dict(choices)}
    mapping, _ = ImportMapping.objects.update_or_create(team=team, name=name, defaults=kept)
    details = {"fields": sorted({field.partition(".")[0] for field in fields.values() if field})}
    audit.record(Action.MAPPING_SAVED, team=team, actor=actor, subject=mapping, details=details)
    return mapping


@transaction.atomic
def remove_mapping(*, mapping: ImportMapping, actor: Actor) -> None:
    audit.record(Action.MAPPING_REMOVED, team=mapping.team, actor=actor, subject=mapping)
    mapping.delete()
