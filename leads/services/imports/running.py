"""What people decide about an import: start it, let somebody look first, pause it, cancel the rest."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from leads.audit import Action, Actor
from leads.models import ImportFile, ImportRow, LeadImport, Submission
from leads.models.imports import Duplicates
from leads.services.submissions.review import checked_comment
from leads.services.teams import NotPossible
from leads.signals import submission_queued
from leads.states import Fate, Stage, State

from .checking import NOT_THERE
from .stages import WrongStage, locked, move


@transaction.atomic
def start(
    *, lead_import: LeadImport, duplicates: str, seen: int | None = None, again: bool = False, actor: Actor
) -> LeadImport:
    """What the preview showed is what happens. Where the team reviews, a reviewer looks first. Raises ``NotPossible``.

    ``seen`` is the revision the page showed; ``again`` says that importing the same file once more is meant.
    """
    current = locked(lead_import)
    if current.stage != Stage.READY:
        raise WrongStage(current.stage)
    if seen is not None and seen != current.revision:
        raise NotPossible("Somebody else changed the mapping meanwhile. Look at the preview again; nothing was sent.")
    if current.environment != current.team.environment:
        raise NotPossible("The team switched between practice and live since the upload. Upload the file again.")
    if current.earlier_id is not None and not again:
        raise NotPossible("The same file was uploaded before. Say that you mean it, or cancel this one.")
    left_out = _leave_out(current, Duplicates(duplicates))
    waiting = current.rows.valid().count()
    if not waiting:
        raise NotPossible("Nothing would be sent: every row is either not valid or left out as a duplicate.")
    to = Stage.IN_REVIEW if current.team.reviews else Stage.RUNNING
    return move(
        current,
        to,
        Action.IMPORT_CONFIRMED,
        actor=actor,
        details={"rows": waiting, "duplicates": duplicates, "left_out": left_out, "review": to == Stage.IN_REVIEW},
        duplicates=duplicates,
        confirmed_by=actor.user,
        decided_by=None,
        decided_at=None,
        is_approved=False,
        started_at=timezone.now(),
        comment="",
        look_at=timezone.now() if to == Stage.RUNNING else None,
    )


def _leave_out(lead_import: LeadImport, duplicates: Duplicates) -> int:
    """The rows that are not to be sent: duplicates, if so wished, and always what an earlier import made already."""
    made = lead_import.rows.valid().filter(origin__submission__isnull=False)
    made = made.exclude(origin__submission__state__in=NOT_THERE)
    count = ImportRow.objects.filter(pk__in=list(made.values_list("pk", flat=True))).update(fate=Fate.DUPLICATE)
    if duplicates == Duplicates.SKIP:
        count += lead_import.rows.valid().alike().update(fate=Fate.DUPLICATE)
    return count


@transaction.atomic
def pause(*, lead_import: LeadImport, actor: Actor) -> LeadImport:
    """Nothing more of it leaves; what is being sent at this moment is finished."""
    current = locked(lead_import)
    return move(current, Stage.PAUSED, Action.IMPORT_PAUSED, actor=actor, problem="", look_at=None)


@transaction.atomic
def resume(*, lead_import: LeadImport, actor: Actor) -> LeadImport:
    current = locked(lead_import)
    if current.environment != current.team.environment:
        raise NotPossible("The team practises now and did not before, or the other way round. Switch it back first.")
    moved = move(current, Stage.RUNNING, Action.IMPORT_RESUMED, actor=actor, problem="", look_at=timezone.now())
    waiting = Submission.objects.filter(lead_import=current, state=State.QUEUED).select_related("team").first()
    if waiting is not None:  # no drain was planned for what could not leave
        submission_queued.send(sender=Submission, submission=waiting)
    return moved


@transaction.atomic
def cancel(*, lead_import: LeadImport, actor: Actor) -> LeadImport:
    """Whatever was not sent stays unsent. Its leads that wait are taken back by the worker, and cannot leave till then.

    Allowed at any time before the end.
    """
    current = locked(lead_import)
    if current.stage == Stage.READING:  # half read is not read
        ImportFile.objects.filter(lead_import=current).delete()
        current.rows.all().delete()
    now = timezone.now()
    changes: dict[str, Any] = {"look_at": now, "finished_at": now, "problem": ""}
    moved = move(current, Stage.CANCELLED, Action.IMPORT_CANCELLED, actor=actor, **changes)
    current.rows.valid().update(fate=Fate.SKIPPED)
    return moved


def _refuse_own(lead_import: LeadImport, actor: Actor) -> None:
    if actor.user is None or (lead_import.team.four_eyes and actor.user == lead_import.created_by):
        raise NotPossible("Somebody else has to decide: nobody reviews an import of their own.")


def _decide(lead_import: LeadImport, to: Stage, action: Action, actor: Actor, **changes: Any) -> LeadImport:
    current = locked(lead_import)
    _refuse_own(current, actor)
    if current.stage != Stage.IN_REVIEW:
        raise WrongStage(current.stage)
    decided = {"decided_by": actor.user, "decided_at": timezone.now(), "four_eyes": current.team.four_eyes}
    details = {"rows": current.rows.valid().count()} | ({"comment": True} if changes.get("comment") else {})
    return move(current, to, action, actor=actor, details=details, **decided, **changes)


@transaction.atomic
def approve(*, lead_import: LeadImport, actor: Actor) -> LeadImport:
    """A reviewer lets all of it go out as the preview shows it; nothing in it can be changed from then on."""
    now = timezone.now()
    return _decide(lead_import, Stage.RUNNING, Action.IMPORT_APPROVED, actor, is_approved=True, look_at=now)


@transaction.atomic
def split(*, lead_import: LeadImport, actor: Actor) -> LeadImport:
    """A reviewer wants to see each lead: they come into the review queue one by one."""
    return _decide(lead_import, Stage.RUNNING, Action.IMPORT_SPLIT, actor, look_at=timezone.now())


def _required(comment: str) -> str:
    comment = checked_comment(comment)
    if not comment:
        raise NotPossible("Say why, so that the person who uploaded the file knows what to do.")
    return comment


@transaction.atomic
def send_back(*, lead_import: LeadImport, comment: str, actor: Actor) -> LeadImport:
    """A reviewer asks for changes: cells and mapping can be changed again."""
    moved = _decide(lead_import, Stage.READY, Action.IMPORT_SENT_BACK, actor, comment=_required(comment))
    moved.rows.filter(fate=Fate.DUPLICATE).update(fate=Fate.WAITING)
    return moved


@transaction.atomic
def reject(*, lead_import: LeadImport, comment: str, actor: Actor) -> LeadImport:
    now = timezone.now()
    comment = _required(comment)
    moved = _decide(lead_import, Stage.REJECTED, Action.IMPORT_REJECTED, actor, comment=comment, finished_at=now)
    moved.rows.valid().update(fate=Fate.SKIPPED)
    return moved
