"""A file comes in, and the worker says what is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from leads import audit
from leads.audit import SYSTEM, Action, Actor
from leads.models import FormPreset, ImportFile, ImportRow, LeadImport, Team
from leads.models.imports import write_read
from leads.normalise import has_unshowable
from leads.services.teams import NotPossible
from leads.sheets import MAX_BYTES
from leads.sheets.sheet import letters
from leads.states import BEFORE_START, Stage

from .stages import WrongStage, locked, move

MAX_NAME_CHARACTERS = 200
MAX_UNREAD = 20  # files of one team that wait to be read
NO_USE = (Stage.UNREADABLE, Stage.CANCELLED, Stage.REJECTED)

TOO_LARGE = (
    "The file is larger than 10 MiB. Save it as CSV without pictures and empty columns, "
    "or split it into several files and import one after the other."
)


@transaction.atomic
def upload(
    *,
    team: Team,
    name: str,
    content: bytes,
    is_pasted: bool = False,
    preset: FormPreset | None = None,
    one_time_key: UUID | None = None,
    actor: Actor,
) -> LeadImport:
    """Keep a file for the worker to read. Nothing in it is looked at here. Raises ``NotPossible``.

    The same ``one_time_key`` from the same person is one form sent twice.
    """
    if not content:
        raise NotPossible("The file is empty. Choose the file you meant, or paste the cells.")
    if len(content) > MAX_BYTES:
        raise NotPossible(TOO_LARGE)
    if LeadImport.objects.for_team(team).filter(stage=Stage.READING).count() >= MAX_UNREAD:
        raise NotPossible("Many files of the team wait to be read. Try again in a minute.")
    digest = hashlib.sha256(content).hexdigest()
    same = LeadImport.objects.for_team(team).filter(digest=digest, environment=team.environment)
    lead_import = LeadImport(
        team=team,
        environment=team.environment,
        created_by=actor.user,
        preset=preset,
        name=_name(name),
        size=len(content),
        digest=digest,
        is_pasted=is_pasted,
        earlier=same.exclude(stage__in=NO_USE).order_by("-pk").first(),
        one_time_key=one_time_key or uuid4(),
        look_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            lead_import.save(force_insert=True)
    except IntegrityError:
        return LeadImport.objects.get(team=team, created_by=actor.user, one_time_key=lead_import.one_time_key)
    ImportFile.objects.create(lead_import=lead_import, content=content)
    details = {"bytes": len(content), "digest": digest, "again": lead_import.earlier is not None}
    audit.record(Action.IMPORT_UPLOADED, team=team, actor=actor, subject=lead_import, details=details)
    return lead_import


def _name(name: str) -> str:
    """What the file is called, as far as a page can show it."""
    bare = name.replace("\\", "/").rpartition("/")[2].strip()
    return "File" if not bare or has_unshowable(bare) else bare[-MAX_NAME_CHARACTERS:]


@transaction.atomic
def keep_rows(*, lead_import: LeadImport, start: int, rows: Sequence[Sequence[str]], numbers: Sequence[int],
              origins: Sequence[UUID | None]) -> None:  # fmt: skip
    """Some rows of the file, which is not read to its end yet. Kept once, however often a worker begins anew."""
    if locked(lead_import).stage != Stage.READING:
        return
    wanted = [origin for origin in origins if origin]
    known = dict(
        ImportRow.objects.filter(lead_import__team=lead_import.team_id, public_id__in=wanted).values_list(
            "public_id", "pk"
        )
    )
    write_read(
        lead_import,
        (
            (start + place, number, cells, known.get(origin) if origin else None)
            for place, (cells, number, origin) in enumerate(zip(rows, numbers, origins, strict=True))
        ),
    )


@transaction.atomic
def finish_reading(
    *,
    lead_import: LeadImport,
    headings: Sequence[str],
    first_number: int,
    kind: str,
    notes: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    constants: Mapping[str, str],
    choices: Mapping[str, Mapping[str, str]],
) -> None:
    """Every row is there. ``columns`` is the first guess of which is what. The file itself is not needed any more."""
    current = locked(lead_import)
    if current.stage != Stage.READING:
        return
    count = current.rows.count()
    ImportFile.objects.filter(lead_import=current).delete()
    move(
        current,
        Stage.MAPPING,
        Action.IMPORT_READ,
        actor=SYSTEM,
        details={"rows": count, "columns": len(headings), "kind": kind},
        headings=list(headings),
        first_cells=list(headings),
        first_number=first_number,
        kind=kind,
        notes=list(notes),
        row_count=count,
        columns=list(columns),
        constants=dict(constants),
        choices=dict(choices),
        look_at=None,
    )


@transaction.atomic
def use_headings(*, lead_import: LeadImport, are_headings: bool, columns: Sequence[str], actor: Actor) -> LeadImport:
    """Take the first row for headings, or for a row like the others. ``columns`` is the guess that goes with it."""
    current = locked(lead_import)
    if current.stage not in BEFORE_START:
        raise WrongStage(current.stage)
    if are_headings == current.has_headings:
        return current
    current.rows.filter(position=0).delete()
    headings = list(current.first_cells)
    if not are_headings:
        cells, number = headings, current.first_number
        ImportRow.objects.create(lead_import=current, position=0, number=number, cells=cells)
        headings = [f"Column {letters(place)}" for place in range(len(cells))]
    return move(
        current,
        Stage.MAPPING,
        Action.IMPORT_MAPPED,
        actor=actor,
        details={"first_row": "headings" if are_headings else "data"},
        has_headings=are_headings,
        headings=headings,
        columns=list(columns),
        row_count=current.rows.count(),
        revision=current.revision + 1,
        look_at=None,
    )


@transaction.atomic
def note_unreadable(*, lead_import: LeadImport, problem: str, details: Mapping[str, Any] | None = None) -> None:
    """The file cannot be read; ``problem`` is one sentence for people."""
    current = locked(lead_import)
    if current.stage != Stage.READING:
        return
    ImportFile.objects.filter(lead_import=current).delete()
    current.rows.all().delete()
    now = timezone.now()
    changes: dict[str, Any] = {"problem": problem[:500], "look_at": None, "finished_at": now}
    move(current, Stage.UNREADABLE, Action.IMPORT_UNREADABLE, actor=SYSTEM, details=details, **changes)


def take_turn(*, lead_import: LeadImport, seconds: float) -> bool:
    """Whether this worker may work on the import for so long; another looks when the time has passed."""
    until = timezone.now() + timedelta(seconds=seconds)
    rows = LeadImport.objects.filter(pk=lead_import.pk, look_at=lead_import.look_at)
    if rows.update(look_at=until) != 1:
        return False
    lead_import.look_at = until
    return True


def look_again(*, lead_import: LeadImport, seconds: float | None) -> None:
    """The turn is over: when the next worker looks, unless somebody said otherwise meanwhile."""
    at = None if seconds is None else timezone.now() + timedelta(seconds=seconds)
    LeadImport.objects.filter(pk=lead_import.pk, look_at=lead_import.look_at).update(look_at=at, broken_off=0)
