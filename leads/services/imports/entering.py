"""What the worker does for a running import: enter its next rows, take back what was cancelled, note the end.

A row and its lead are one transaction, and the row's update is guarded, so that a worker that dies loses nothing and
two at work at once make nothing twice.
"""

from __future__ import annotations

from uuid import uuid5

from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.audit import SYSTEM, Action, Actor
from leads.models import ImportRow, LeadImport, Submission
from leads.models.imports import Duplicates
from leads.models.submissions import HoldReason
from leads.normalise import keys_of
from leads.services import duplicates, submissions
from leads.signals import submission_queued
from leads.states import UNDECIDED, Fate, Stage, State

from .checking import Judge
from .stages import locked, move, on_behalf_of

#: Leads of one import that may be in the queue at once: enough to keep the budget busy, few enough to take back.
AHEAD = 100
AT_ONCE = 25  # entered in one transaction, so that others of the team get their turn

CHANGED = "It would be sent otherwise than the preview showed, because options or rules changed since. Check it again."


@transaction.atomic
def enter_next(*, lead_import: LeadImport, judged: Judge) -> int:
    """Make leads of the next rows, as far as there is room in the queue. Returns how many rows were dealt with.

    Each is judged once more: options may have gone since the preview.
    """
    current = locked(lead_import)
    if current.stage != Stage.RUNNING:
        return 0
    if current.environment != current.team.environment:
        problem = "The team switched between practice and live, so the rest of this import waits until it is back."
        move(current, Stage.PAUSED, Action.IMPORT_PAUSED, actor=SYSTEM, problem=problem, look_at=None)
        return 0
    queued = Submission.objects.filter(lead_import=current, state__in=(State.QUEUED, State.SENDING)).count()
    waiting = current.rows.valid().select_related("origin__submission__team").order_by("position")
    rows = list(waiting[: max(min(AT_ONCE, AHEAD - queued), 0)])
    if rows:
        audit.lock(current.team)  # two of the same at once take turns
    actor = on_behalf_of(current)
    entered = [_enter(current, row, judged, actor) for row in rows]
    if first := next((lead for lead in entered if lead and lead.state == State.QUEUED), None):
        submission_queued.send(sender=Submission, submission=first)  # one wake-up for all of them
    return len(rows)


def _enter(lead_import: LeadImport, row: ImportRow, judged: Judge, actor: Actor) -> Submission | None:
    verdict = judged(row.texts)
    errors = [list(error) for error in verdict.errors]
    if not errors and verdict.values != row.values:
        errors = [[-1, "", CHANGED]]
    if errors:
        _note_fate(row, Fate.INVALID, errors=errors)
        return None
    found = _alike(lead_import, row)
    if found and lead_import.duplicates == Duplicates.SKIP:
        _note_fate(row, Fate.DUPLICATE, twin=found[0])
        return None
    _replace(row, actor)
    submission = submissions.enter_imported(
        lead_import=lead_import,
        values=row.values,
        one_time_key=uuid5(lead_import.public_id, str(row.position)),
        held_for=HoldReason.DUPLICATE if found else "",
        actor=actor,
    )
    _note_fate(row, Fate.ENTERED, submission=submission)
    return submission


def _alike(lead_import: LeadImport, row: ImportRow) -> list[Submission]:
    """Leads that are probably the same, where the import wants to know."""
    if lead_import.duplicates == Duplicates.CREATE:
        return []
    found = duplicates.find(team=lead_import.team, environment=lead_import.environment, keys=keys_of(row.values))
    replaced = row.origin.submission_id if row.origin else None
    return [lead for lead in found if lead.pk != replaced]


def _note_fate(row: ImportRow, fate: Fate, **changes: object) -> None:
    if ImportRow.objects.filter(pk=row.pk, fate=Fate.WAITING).update(fate=fate, **changes) != 1:
        raise RuntimeError(f"row {row.number} was dealt with by somebody else")


def _replace(row: ImportRow, actor: Actor) -> None:
    """The corrected row takes the place of the lead that failed, so that nobody sends that one as well."""
    old = row.origin.submission if row.origin else None
    if old is not None and old.state == State.FAILED:
        submissions.cancel(submission=submissions.reopen(submission=old, actor=actor), actor=actor)


@transaction.atomic
def take_back_next(*, lead_import: LeadImport) -> int:
    """Cancel some leads of a cancelled import that did not leave. Returns how many were dealt with."""
    current = locked(lead_import)
    if current.stage != Stage.CANCELLED:
        return 0
    states = UNDECIDED - {State.SENDING}
    rows = Submission.objects.filter(lead_import=current, state__in=states).select_related("team").order_by("pk")
    taken = list(rows.select_for_update(of=("self",))[:AT_ONCE])
    for submission in taken:
        if submission.state == State.PENDING_REVIEW:
            submission = submissions.withdraw(submission=submission, actor=SYSTEM)
        submissions.cancel(submission=submission, actor=SYSTEM)
    return len(taken)


@transaction.atomic
def finish(*, lead_import: LeadImport) -> bool:
    """Note the end if nothing of the import waits any more."""
    current = locked(lead_import)
    if current.stage != Stage.RUNNING or has_undecided(current) or current.rows.valid().exists():
        return False
    details = {"rows": current.row_count}
    now = timezone.now()
    move(current, Stage.DONE, Action.IMPORT_FINISHED, actor=SYSTEM, details=details, look_at=None, finished_at=now)
    return True


def has_undecided(lead_import: LeadImport, *states: State) -> bool:
    """Whether a lead of the import may still go to Breakcold."""
    return Submission.objects.filter(lead_import=lead_import, state__in=states or UNDECIDED).exists()
