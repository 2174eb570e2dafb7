"""Leads the portal puts aside, so that the others go on: a person decides what becomes of them.

A worker that dies leaves a trace on the lead it had in hand: a lease that ran out, or the mark of ``suspect()``, made
before the lead is so much as read. What was being sent may have arrived, so its outcome is unknown and it is looked
up; what died before it was claimed has surely not left. A look-up that never ended sends nothing, so it does not count
among these: the next is made later, and only when one after the other was died in, nobody looks any more.
"""

from __future__ import annotations

from itertools import takewhile

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from leads import audit
from leads.audit import SYSTEM, Action, Actor
from leads.breakcold.errors import NotSent
from leads.models import Submission
from leads.models.attempts import AttemptPurpose
from leads.states import State

from .arrows import IllegalTransition, current_state, move
from .outcome import problem_of

CRASHES_AT_MOST = 3  # workers that may die with a lead in hand before it is put aside
LOOK_UPS_DIED_IN_AT_MOST = 10  # one after the other, before no more is made


def suspect(*, submission: Submission) -> None:
    """Before it is claimed, by a worker that follows one that died: count it as what this one will have died of."""
    rows = Submission.objects.filter(pk=submission.pk, state=State.QUEUED)
    rows.update(suspect_count=F("suspect_count") + 1)


def clear(*, submission: Submission) -> None:
    """It was not claimed after all, and nobody died."""
    rows = Submission.objects.filter(pk=submission.pk, state=State.QUEUED)
    rows.update(suspect_count=submission.suspect_count)


def look_ups_died_in(submission: Submission) -> int:
    """How many of the last look-ups, one after the other, were ones that a worker died in."""
    look_ups = submission.attempts.filter(purpose=AttemptPurpose.LOOK_UP).order_by("-pk")
    last = look_ups.values_list("outcome", flat=True)[:LOOK_UPS_DIED_IN_AT_MOST]
    return len(list(takewhile(lambda outcome: not outcome, last)))


def has_crashed_too_often(submission: Submission, *, deaths: int = 0) -> bool:
    """``deaths`` are not on the lead yet."""
    return submission.crash_count + submission.suspect_count + deaths >= CRASHES_AT_MOST


@transaction.atomic
def park(*, submission: Submission, actor: Actor = SYSTEM) -> bool:
    """A queued lead that workers die of is not touched again. False when it left the queue meanwhile."""
    reason = NotSent(f"The portal broke off {CRASHES_AT_MOST} times just before it could send this lead.")
    try:
        move(
            submission,
            {State.QUEUED},
            State.FAILED,
            Action.SUBMISSION_FAILED,
            actor=actor,
            details={"kind": "crashed", "status": None, "fields": []},
            problem=problem_of("crashed", reason),
            finished_at=timezone.now(),
        )
    except IllegalTransition:
        return False
    return True


@transaction.atomic
def leave(*, submission: Submission, actor: Actor) -> Submission:
    """A person decides that a lead that failed stays as it is: it waits for nobody any more."""
    rows = Submission.objects.filter(pk=submission.pk, state=State.FAILED, settled_by=None)
    if actor.user is None or rows.update(settled_by=actor.user, updated_at=timezone.now()) != 1:
        raise IllegalTransition(current_state(submission))
    submission.settled_by = actor.user
    details = {"as": "left", "by": "person"}
    audit.record(Action.SUBMISSION_RESOLVED, team=submission.team, actor=actor, subject=submission, details=details)
    return submission
