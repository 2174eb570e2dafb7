"""Work on an import that ended in an error nobody foresaw: a few tries, and then a person is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from leads.audit import SYSTEM, Action
from leads.models import LeadImport
from leads.states import Stage

from .stages import locked, move
from .uploading import note_unreadable

TRIES = 3
AGAIN_SECONDS = 5.0

ASK = "If that happens again, give your operator the reference {reference}: the portal’s log says more under it."
NOT_READ = f"The portal stumbled over this file {TRIES} times. Save it anew, as CSV, and upload that. {ASK}"
NOT_CHECKED = f"Checking the rows broke off {TRIES} times; nothing was sent. Save the columns to try again. {ASK}"
NOT_ENTERED = f"Entering the rows broke off {TRIES} times; nothing is lost. Let the import go on. {ASK}"


@transaction.atomic
def note_broken_off(*, lead_import: LeadImport, error: str) -> None:
    """``error`` is the name of what happened. After ``TRIES`` in a row the import goes no further by itself, except
    that what was cancelled is taken back at last.
    """
    current = locked(lead_import)
    if current.stage != lead_import.stage:
        return
    again = timezone.now() + timedelta(seconds=AGAIN_SECONDS)
    tries = current.broken_off + 1
    LeadImport.objects.filter(pk=current.pk).update(broken_off=min(tries, TRIES), look_at=again)
    if tries < TRIES:
        return
    details = {"error": error}
    changes: dict[str, Any] = {"actor": SYSTEM, "details": details, "look_at": None}
    if current.stage == Stage.READING:
        note_unreadable(lead_import=current, problem=NOT_READ.format(reference=current.reference), details=details)
    elif current.stage == Stage.CHECKING:
        problem = NOT_CHECKED.format(reference=current.reference)
        move(current, Stage.MAPPING, Action.IMPORT_BROKE_OFF, problem=problem, **changes)
    elif current.stage == Stage.RUNNING:
        problem = NOT_ENTERED.format(reference=current.reference)
        move(current, Stage.PAUSED, Action.IMPORT_PAUSED, problem=problem, **changes)
