"""Changing what a lead says; every change is kept as a revision, field by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import Revision, Submission, User
from leads.normalise import promoted
from leads.states import EDITABLE, NOT_SET_OUT, State

from .arrows import IllegalTransition, current_state, digest
from .body import digest_of


@transaction.atomic
def save_values(*, submission: Submission, values: Mapping[str, Any], actor: Actor) -> Submission:
    """Change what a draft, or a lead that was sent back, says."""
    more: dict[str, Any] = {}
    if actor.user and actor.user != submission.entered_by and difference(submission.values, values):
        more["rewritten_by"] = actor.user
    return _rewrite(submission, values, EDITABLE, Action.SUBMISSION_EDITED, actor, **more)


@transaction.atomic
def correct(*, submission: Submission, values: Mapping[str, Any], actor: Actor) -> Submission:
    """A reviewer changes a lead that waits for review; who entered it will see what."""
    return _rewrite(submission, values, {State.PENDING_REVIEW}, Action.SUBMISSION_CORRECTED, actor)


@transaction.atomic
def swap_values(*, submission: Submission, values: Mapping[str, Any], actor: Actor) -> Submission:
    """An option is replaced in a lead that has not set out yet. What a reviewer approved stays approved."""
    more: dict[str, Any] = {}
    if submission.approved_digest and submission.approved_digest == digest_of(submission):
        more["approved_digest"] = digest_of(Submission(values=dict(values)))
    return _rewrite(submission, values, NOT_SET_OUT, Action.SUBMISSION_EDITED, actor, by_replacing=True, **more)


def has_written(submission: Submission, user: User) -> bool:
    """Whether what the lead says is this person's in part: who entered it, or changed it other than by approving it
    corrected or by replacing an option in everything.
    """
    if user == submission.entered_by:
        return True
    if submission.rewritten_by_id is None:
        return False
    return submission.revisions.filter(author=user, is_correction=False, by_replacing=False).exists()


def _rewrite(
    submission: Submission,
    values: Mapping[str, Any],
    states: Collection[State],
    action: Action,
    actor: Actor,
    *,
    by_replacing: bool = False,
    **more: Any,
) -> Submission:
    if submission.state not in states:
        raise IllegalTransition(submission.state)
    changes = {"values": dict(values), "updated_at": timezone.now(), **promoted(values), **more}
    rows = Submission.objects.filter(pk=submission.pk, state=submission.state, updated_at=submission.updated_at)
    if rows.update(**changes) != 1:
        raise IllegalTransition(current_state(submission))
    changed = difference(submission.values, values)
    for name, value in changes.items():
        setattr(submission, name, value)
    if changed:
        Revision.objects.create(
            submission=submission,
            author=actor.user,
            is_correction=action == Action.SUBMISSION_CORRECTED,
            by_replacing=by_replacing,
            changes=changed,
        )
    details = {"values": digest(submission), "fields": sorted(changed)}
    audit.record(action, team=submission.team, actor=actor, subject=submission, details=details)
    return submission


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """``{field: [before, after]}`` of what differs; attributes one by one, as the form names them."""
    old, new = _flat(before), _flat(after)
    return {name: [old.get(name), new.get(name)] for name in {**old, **new} if old.get(name) != new.get(name)}


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in values.items() if name != "attributes"}
    return {**plain, **{f"attributes.{key}": value for key, value in (values.get("attributes") or {}).items()}}
