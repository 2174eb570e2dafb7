"""The one guarded update behind every arrow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor, Page
from leads.models import Submission
from leads.services.teams import NotPossible
from leads.signals import submission_queued
from leads.states import State, is_allowed


class IllegalTransition(NotPossible):
    """The lead is not, or no longer, in a state from which this can happen."""

    def __init__(self, state: str) -> None:
        super().__init__(f"Nothing was changed: meanwhile this lead is “{State(state).label}”.")


def announce(submission: Submission) -> None:
    """Tell delivery, inside the transaction, that a lead may leave from ``send_after`` on."""
    submission_queued.send(sender=Submission, submission=submission)


def digest(submission: Submission) -> str:
    """How the audit log refers to what the lead says now."""
    return audit.values_digest(submission.values, submission.salt)


def current_state(submission: Submission) -> str:
    return Submission.objects.values_list("state", flat=True).get(pk=submission.pk)


def move(
    submission: Submission,
    starts: Collection[State],
    to: State,
    action: Action,
    *,
    actor: Actor,
    details: Mapping[str, Any] | None = None,
    only: Mapping[str, Any] | None = None,
    page: Page | None = None,
    **changes: Any,
) -> Submission:
    """The one guarded update: from one of ``starts`` to ``to``. ``only`` adds conditions to "still in the state it was
    read in"; ``page`` is where it is recorded, among other entries.
    """
    old = submission.state
    rows = Submission.objects.filter(pk=submission.pk, state=old, **(only or {}))
    changes["updated_at"] = timezone.now()
    may = old in starts and is_allowed(old, to)
    if not may or rows.update(state=to, **changes) != 1:
        raise IllegalTransition(current_state(submission))
    submission.state = to
    for name, value in changes.items():
        setattr(submission, name, value)
    audit.record(action, team=submission.team, actor=actor, subject=submission, details=details, page=page)
    if to == State.QUEUED:
        announce(submission)
    return submission
