"""The worker's part of an import: read the file, check its rows, enter them as fast as they leave, to the end.

The rows are the truth; ``LeadImport.look_at`` only says when somebody looks next. A worker moves it ahead while it is
at work, so that one that dies is followed by another a few seconds later, which goes on with what was half done: rows
are kept once, checked by revision, and entered each with its lead in one transaction.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import traceback
from collections.abc import Callable
from uuid import UUID

from django.db import Error, InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from leads.forms.columns import Plan, best_mapping, guess, targets_of
from leads.forms.lead import LeadForm
from leads.forms.rows import RowChecker
from leads.models import ImportFile, ImportMapping, LeadImport
from leads.services import imports
from leads.services.imports.results import RESULT_COLUMNS
from leads.sheets import Sheet, Unreadable, read_in_child
from leads.states import Stage, State

log = logging.getLogger(__name__)

TURN_SECONDS = 15.0  # longer than reading a file or checking some rows may take
IDLE_SECONDS = 0.5
CROWDED_SECONDS = 1.0  # until there is room in the queue again
WAITING_SECONDS = 2.0  # until the last leads are settled
REVIEW_SECONDS = 15.0  # until a person decides
KEEP_AT_ONCE = 500
CHECK_AT_ONCE = 500


def work_until(stopping: threading.Event) -> None:
    """Work on imports as long as there is something to do, and look for more every half second."""
    while not stopping.is_set():
        is_idle = True
        try:
            is_idle = not work_once()
        except Error:
            log.warning("The imports could not reach the database; trying again")
        except Exception as exc:
            _log_broken_off("Looking for imports", exc)
        finally:
            close_old_connections()
        if is_idle:
            stopping.wait(IDLE_SECONDS)


def work_once() -> bool:
    """One turn for the import that waits longest. False when none waits."""
    due = LeadImport.objects.due(timezone.now()).select_related("team", "preset", "created_by", "confirmed_by")
    lead_import = due.first()
    if lead_import is None:
        return False
    work_on(lead_import)
    return True


def work_on(lead_import: LeadImport) -> bool:
    """One turn for this import. False when another worker has it, or there is nothing to do."""
    is_due = lead_import.look_at is not None and lead_import.look_at <= timezone.now()
    if not is_due or not imports.take_turn(lead_import=lead_import, seconds=TURN_SECONDS):
        return False
    stage = Stage(lead_import.stage)
    try:
        pause = TURNS[stage](lead_import) if stage in TURNS else None
    except (OperationalError, InterfaceError):
        raise  # the database is away, which is not the import's doing
    except Exception as exc:
        _log_broken_off(f"Import {lead_import.reference}", exc)
        imports.note_broken_off(lead_import=lead_import, error=type(exc).__name__)
    else:
        imports.look_again(lead_import=lead_import, seconds=pause)
    return True


def _log_broken_off(what: str, exc: Exception) -> None:
    """By its type and place alone: its text may quote a cell."""
    place = "".join(traceback.format_tb(exc.__traceback__))
    log.error("%s broke off (%s)\n%s", what, type(exc).__name__, place)


# Reading


def _read(lead_import: LeadImport) -> float | None:
    file = ImportFile.objects.filter(lead_import=lead_import).first()
    if file is None:
        return None
    try:
        sheet = _sheet_of(lead_import, bytes(file.content))
    except Unreadable as exc:
        imports.note_unreadable(lead_import=lead_import, problem=str(exc))
        return None
    origins = _origins(sheet)
    for start in range(0, len(sheet.rows), KEEP_AT_ONCE):
        end = start + KEEP_AT_ONCE
        imports.keep_rows(
            lead_import=lead_import,
            start=start + 1,
            rows=sheet.rows[start:end],
            numbers=sheet.row_numbers[start:end],
            origins=origins[start:end],
        )
    columns, saved = first_guess(lead_import, sheet.headings)
    imports.finish_reading(
        lead_import=lead_import,
        headings=sheet.headings,
        first_number=sheet.heading_row,
        kind=sheet.kind,
        notes=[{"text": note.text, "column": note.column, "row": note.row} for note in sheet.notes],
        columns=columns,
        constants=saved.constants if saved else {},
        choices=saved.choices if saved else {},
    )
    return None


def _sheet_of(lead_import: LeadImport, content: bytes) -> Sheet:
    """Raises ``Unreadable``. The file is opened in a process of its own, never in this one.

    It has no name, so that nothing of it stays behind when this worker is killed.
    """
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return read_in_child(file, name="cells.txt" if lead_import.is_pasted else lead_import.name)


def _origins(sheet: Sheet) -> list[UUID | None]:
    """Which row of an earlier import each is, where the file is one of the portal's own result files."""
    if RESULT_COLUMNS[0] not in sheet.headings:
        return [None] * len(sheet.rows)
    column = sheet.headings.index(RESULT_COLUMNS[0])
    return [_uuid(row[column]) for row in sheet.rows]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def first_guess(lead_import: LeadImport, headings: list[str]) -> tuple[list[str], ImportMapping | None]:
    """A field for each column, and the kept mapping that was the help."""
    form = LeadForm(team=lead_import.team, preset=lead_import.preset)
    saved = best_mapping(headings, ImportMapping.objects.filter(team=lead_import.team))
    columns = guess(headings, targets_of(form), form.options.attributes, saved)
    return columns, saved[0] if saved else None


# Checking


def _check(lead_import: LeadImport) -> float | None:
    checker = RowChecker(lead_import.team, Plan.of(lead_import), preset=lead_import.preset)
    seen = imports.Seen()
    rows = lead_import.rows.order_by("position")
    for row in rows.filter(revision=lead_import.revision).iterator(CHECK_AT_ONCE):  # by a worker that is gone
        seen.number_of(row)
        if row.errors:
            checker.check(row.texts)  # for the names it does not know
    position = -1
    while chunk := list(rows.exclude(revision=lead_import.revision).filter(position__gt=position)[:CHECK_AT_ONCE]):
        for row in chunk:
            imports.judge(row, checker.check(row.texts), lead_import.revision)
        imports.find_earlier(lead_import, chunk)
        for row in chunk:
            row.twin_number = seen.number_of(row)
        is_mine = imports.take_turn(lead_import=lead_import, seconds=TURN_SECONDS)
        if not is_mine or not imports.keep_checked(lead_import=lead_import, rows=chunk):
            return None
        position = chunk[-1].position
    imports.finish_checking(lead_import=lead_import, unmatched=checker.unmatched)
    return None


# Running


def _run(lead_import: LeadImport) -> float | None:
    checker = RowChecker(lead_import.team, Plan.of(lead_import), preset=lead_import.preset)
    if imports.enter_next(lead_import=lead_import, judged=checker.check):
        return 0.0  # others get their turn
    if imports.finish(lead_import=lead_import):
        return None
    if lead_import.rows.valid().exists():
        return CROWDED_SECONDS
    is_moving = imports.has_undecided(lead_import, State.QUEUED, State.SENDING)
    return WAITING_SECONDS if is_moving else REVIEW_SECONDS


def _take_back(lead_import: LeadImport) -> float | None:
    """Until none of its leads can leave any more: one that is being sent may yet come back to the queue."""
    if imports.take_back_next(lead_import=lead_import):
        return 0.0
    return WAITING_SECONDS if imports.has_undecided(lead_import) else _while_unknown(lead_import)


def _while_unknown(lead_import: LeadImport) -> float | None:
    is_looked_up = lead_import.submissions.filter(state=State.UNKNOWN, look_up_at__isnull=False).exists()
    return REVIEW_SECONDS if is_looked_up else None


TURNS: dict[Stage, Callable[[LeadImport], float | None]] = {
    Stage.READING: _read,
    Stage.CHECKING: _check,
    Stage.RUNNING: _run,
    Stage.CANCELLED: _take_back,
}
