"""Settling an unknown outcome: by a look-up that found the lead, or by a person."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import Submission
from leads.services.teams import NotPossible
from leads.states import State

from .arrows import IllegalTransition, current_state, move

LEAD_ID = re.compile(r"[A-Za-z0-9_-]{0,100}")


@transaction.atomic
def resolve_there(*, submission: Submission, breakcold_id: str = "", actor: Actor) -> Submission:
    """A person looked: the lead is in Breakcold."""
    breakcold_id = breakcold_id.strip()
    if not LEAD_ID.fullmatch(breakcold_id):  # it goes into the audit log, which holds nothing typed freely
        raise NotPossible("This does not look like the id of a lead in Breakcold.")
    return move(
        submission,
        {State.UNKNOWN},
        State.CREATED,
        Action.SUBMISSION_RESOLVED,
        actor=actor,
        details={"as": "created", "by": "person", "breakcold_id": breakcold_id},
        settled_by=actor.user,
        breakcold_id=breakcold_id,
        problem=None,
        look_up_at=None,
        finished_at=timezone.now(),
    )


@transaction.atomic
def resolve_missing(*, submission: Submission, actor: Actor) -> Submission:
    """Somebody, or a look-up that can be trusted, found that the lead is not in Breakcold: send it once more."""
    by_person = actor.user is not None
    now = timezone.now()
    return move(
        submission,
        {State.UNKNOWN},
        State.QUEUED,
        Action.SUBMISSION_RESOLVED,
        actor=actor,
        details={"as": "queued", "by": "person" if by_person else "look-up"},
        problem=None,
        look_up_at=None,
        look_up_count=0,
        resend_count=submission.resend_count + (0 if by_person else 1),
        queued_at=now,
        send_after=now,
        crash_count=0 if by_person else submission.crash_count,
    )


@transaction.atomic
def resolve_given_up(*, submission: Submission, actor: Actor) -> Submission:
    """A person decides not to send an unknown lead again."""
    return move(
        submission,
        {State.UNKNOWN},
        State.FAILED,
        Action.SUBMISSION_RESOLVED,
        actor=actor,
        details={"as": "failed", "by": "person"},
        settled_by=actor.user,
        look_up_at=None,
        finished_at=timezone.now(),
    )


@transaction.atomic
def resolve_found(*, submission: Submission, lead: dict[str, Any], actor: Actor) -> Submission:
    """A look-up found exactly one lead that must be this one; ``lead`` is what Breakcold says of it."""
    return move(
        submission,
        {State.UNKNOWN},
        State.CREATED,
        Action.SUBMISSION_RESOLVED,
        actor=actor,
        details={"as": "created", "by": "look-up", "breakcold_id": str(lead["id"])},
        breakcold_id=str(lead["id"]),
        response=lead,
        problem=None,
        look_up_at=None,
        finished_at=timezone.now(),
    )


@transaction.atomic
def plan_look_up(*, submission: Submission, at: datetime | None, found: str, actor: Actor) -> Submission:
    """A look-up settled nothing: the next one is ``at``; None leaves it to a person. ``found`` says what it saw."""
    changes: dict[str, Any] = {"look_up_at": at, "look_up_count": submission.look_up_count + 1}
    if found == "crashed":  # what its page says then
        changes["problem"] = {**(submission.problem or {}), "look_ups": found}
    rows = Submission.objects.filter(pk=submission.pk, state=State.UNKNOWN)
    if rows.update(updated_at=timezone.now(), **changes) != 1:
        raise IllegalTransition(current_state(submission))
    for name, value in changes.items():
        setattr(submission, name, value)
    details = {"found": found, "next": "look-up" if at else "person"}
    audit.record(Action.SUBMISSION_LOOKED_UP, team=submission.team, actor=actor, subject=submission, details=details)
    return submission
