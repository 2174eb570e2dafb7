"""Which column is what, whether each row is a lead, and which rows are the same as another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from leads import audit
from leads.audit import SYSTEM, Action, Actor
from leads.models import ImportRow, LeadImport, Submission
from leads.models.imports import write_checked
from leads.normalise import has_unshowable, keys_of
from leads.services.duplicates import KEYS
from leads.services.teams import NotPossible
from leads.states import BEFORE_START, DROPPED, Fate, Stage, State

from .stages import WrongStage, locked, move

MAX_CELL_CHARACTERS = 10_000
#: A lead in such a state is not in the way of a corrected row.
NOT_THERE = frozenset({State.FAILED, *DROPPED})
Said = tuple[tuple[str, ...], tuple[str, ...]]  # the names of the keys, and what they say


class Verdict(Protocol):
    """What the entry form says of a row: the lead in normal form, or what is wrong with it."""

    @property
    def values(self) -> dict[str, Any]: ...
    @property
    def errors(self) -> list[tuple[int, str, str]]: ...


Judge = Callable[[Sequence[str]], Verdict]


@transaction.atomic
def map_columns(
    *,
    lead_import: LeadImport,
    columns: Sequence[str],
    constants: Mapping[str, str],
    choices: Mapping[str, Mapping[str, str]],
    seen: int | None = None,
    actor: Actor,
) -> LeadImport:
    """Say which column is what, and have every row checked anew. ``seen`` is the revision the page showed."""
    current = locked(lead_import)
    if current.stage not in BEFORE_START:
        raise WrongStage(current.stage)
    if seen is not None and seen != current.revision:
        raise NotPossible("Somebody else changed the mapping meanwhile. Look at it again; nothing of yours was saved.")
    if len(columns) != len(current.headings):
        raise NotPossible("This is not the mapping of this file. Load the page again.")
    return move(
        current,
        Stage.CHECKING,
        Action.IMPORT_MAPPED,
        actor=actor,
        details={"fields": sorted({name.partition(".")[0] for name in columns if name}), "constants": len(constants)},
        columns=list(columns),
        constants=dict(constants),
        choices={name: dict(meant) for name, meant in choices.items()},
        revision=current.revision + 1,
        unmatched={},
        problem="",
        look_at=timezone.now(),
    )


def judge(row: ImportRow, verdict: Verdict, revision: int) -> ImportRow:
    """The row as the verdict leaves it; nothing is saved."""
    row.revision = revision
    row.values, row.errors = dict(verdict.values), [list(error) for error in verdict.errors]
    row.fate = Fate.INVALID if row.errors else Fate.WAITING
    for name, said in keys_of(row.values).items():
        setattr(row, name, said)
    row.twin_id, row.twin_number = None, None
    return row


def said_by(row: ImportRow) -> list[Said]:
    """All by which another row or lead would be the same."""
    if row.fate == Fate.INVALID:
        return []
    found = [(names, tuple(getattr(row, name) for name in names)) for names in KEYS]
    return [(names, said) for names, said in found if all(said)]


def find_earlier(lead_import: LeadImport, rows: Sequence[ImportRow]) -> None:
    """Note on each row the newest lead of before that is probably the same: a query for each kind of key."""
    said = {row.pk: said_by(row) for row in rows}
    found: dict[Said, int] = {}
    for names in KEYS:
        wanted = {keys[0] for each in said.values() for kind, keys in each if kind == names}
        if wanted:
            found |= {(names, tuple(keys)): pk for pk, *keys in _leads(lead_import, names, wanted)}
    origins = _origins(rows)
    for row in rows:
        earlier = [found[each] for each in said[row.pk] if each in found]
        submission, is_there = origins.get(row.origin_id or 0, (None, False))
        own = [pk for pk in earlier if is_there or pk != submission]
        row.twin_id = submission if is_there else max(own, default=None)


def _leads(lead_import: LeadImport, names: tuple[str, ...], wanted: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    rows = Submission.objects.for_team(lead_import.team).filter(environment=lead_import.environment)
    rows = rows.exclude(state__in=DROPPED).filter(**{f"{names[0]}__in": sorted(wanted)})
    return rows.order_by("pk").values_list("pk", *names)


def _origins(rows: Sequence[ImportRow]) -> dict[int, tuple[int | None, bool]]:
    """Of rows that an earlier import had: their lead, and whether that is there or on its way."""
    ids = [row.origin_id for row in rows if row.origin_id]
    found = ImportRow.objects.filter(pk__in=ids).values_list("pk", "submission_id", "submission__state")
    return {pk: (submission, submission is not None and state not in NOT_THERE) for pk, submission, state in found}


@transaction.atomic
def keep_checked(*, lead_import: LeadImport, rows: Sequence[ImportRow]) -> bool:
    """Some rows that were judged. False when somebody changed the mapping meanwhile."""
    current = locked(lead_import)
    if current.stage != Stage.CHECKING or current.revision != lead_import.revision:
        return False
    write_checked(rows)
    return True


@transaction.atomic
def finish_checking(*, lead_import: LeadImport, unmatched: Mapping[str, Mapping[str, int]]) -> None:
    """Every row was judged. ``unmatched`` are names of options that nobody knows, with how many rows say them."""
    current = locked(lead_import)
    if current.stage != Stage.CHECKING or current.revision != lead_import.revision:
        return
    invalid = current.rows.filter(fate=Fate.INVALID).count()
    details = {"rows": current.row_count, "invalid": invalid}
    known = {name: dict(counted) for name, counted in unmatched.items()}
    move(current, Stage.READY, Action.IMPORT_CHECKED, actor=SYSTEM, details=details, unmatched=known, look_at=None)


@transaction.atomic
def correct_cell(*, row: ImportRow, column: int, text: str, judged: Judge, actor: Actor) -> ImportRow:
    """Put something else into a cell, before the start; the row, and those like it, are judged anew."""
    current = locked(row.lead_import)
    if current.stage != Stage.READY:
        raise WrongStage(current.stage)
    if not 0 <= column < len(current.headings) or len(text) > MAX_CELL_CHARACTERS or has_unshowable(text):
        raise NotPossible(f"A cell holds plain text of at most {MAX_CELL_CHARACTERS:,} characters.")
    row = current.rows.select_related("lead_import").get(pk=row.pk)
    before = said_by(row)
    fixes = {key: kept for key, kept in row.fixes.items() if key != str(column)}
    if column >= len(row.cells) or text != row.cells[column]:
        fixes[str(column)] = text
    row.fixes = fixes
    judge(row, judged(row.texts), current.revision)
    find_earlier(current, [row])
    write_checked([row])
    _compare_again(current, {*before, *said_by(row)})
    details = {"row": row.number, "column": column + 1}
    audit.record(Action.IMPORT_CORRECTED, team=current.team, actor=actor, subject=current, details=details)
    return current.rows.select_related("twin", "lead_import").get(pk=row.pk)


def _compare_again(lead_import: LeadImport, said: set[Said]) -> None:
    """Of the rows that say one of these, note again which row before them is the same."""
    if not said:
        return
    same = [Q(**dict(zip(names, keys, strict=True))) for names, keys in said]
    rows = list(lead_import.rows.valid().filter(reduce(or_, same)).order_by("position"))
    seen = Seen()
    for row in rows:
        row.twin_number = seen.number_of(row)
    write_checked(rows)


class Seen:
    """What the rows so far say, to tell which row is the first of its kind."""

    def __init__(self) -> None:
        self._numbers: dict[Said, int] = {}

    def number_of(self, row: ImportRow) -> int | None:
        """The number of the first row that is the same as this one, which is remembered too."""
        said = said_by(row)
        found = min((self._numbers[each] for each in said if each in self._numbers), default=None)
        for each in said:
            self._numbers.setdefault(each, row.number)
        return found
