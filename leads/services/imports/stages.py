"""The one guarded update behind every stage of an import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leads import audit
from leads.audit import Action, Actor, ActorKind
from leads.models import LeadImport
from leads.models.submissions import Door
from leads.services.teams import NotPossible
from leads.states import STAGES, Stage


class WrongStage(NotPossible):
    """The import is not, or no longer, where this can happen."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"Nothing was changed: this import is “{Stage(stage).label}” now.")


def locked(lead_import: LeadImport) -> LeadImport:
    """The import as it is now, held for the rest of the transaction; before leads and the chain."""
    rows = LeadImport.objects.select_for_update(of=("self",)).select_related("team", "preset", "created_by")
    return rows.get(pk=lead_import.pk)


def move(
    lead_import: LeadImport,
    to: Stage,
    action: Action,
    *,
    actor: Actor,
    details: Mapping[str, Any] | None = None,
    **changes: Any,
) -> LeadImport:
    """To another stage, from the one it was read in, with its entry."""
    old = Stage(lead_import.stage)
    rows = LeadImport.objects.filter(pk=lead_import.pk, stage=old)
    if to not in STAGES[old] or rows.update(stage=to, broken_off=0, **changes) != 1:
        raise WrongStage(LeadImport.objects.values_list("stage", flat=True).get(pk=lead_import.pk))
    lead_import.stage = to
    for name, value in changes.items():
        setattr(lead_import, name, value)
    audit.record(action, team=lead_import.team, actor=actor, subject=lead_import, details=details)
    return lead_import


def on_behalf_of(lead_import: LeadImport) -> Actor:
    """Who a lead of the import is entered by: whoever confirmed it, though the worker does it."""
    user = lead_import.confirmed_by or lead_import.created_by
    return Actor(kind=ActorKind.USER if user else ActorKind.OPERATOR, door=Door.IMPORT, user=user)
