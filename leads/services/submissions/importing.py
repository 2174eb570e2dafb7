"""A lead that a row of an import becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from leads.audit import Actor
from leads.models import LeadImport, Submission
from leads.models.submissions import Lane
from leads.normalise import promoted
from leads.states import State

from .body import digest_of
from .entry import record_submitted


@transaction.atomic
def enter_imported(
    *, lead_import: LeadImport, values: Mapping[str, Any], one_time_key: UUID, held_for: str = "", actor: Actor
) -> Submission:
    """A new lead in the bulk lane: straight into the queue, or into review where the team wants that of it.

    One of an import that a reviewer approved as a whole is approved as it is. ``values`` are valid and in normal form.
    """
    team, now = lead_import.team, timezone.now()
    submission = Submission(
        team=team,
        environment=lead_import.environment,
        created_by=lead_import.created_by,
        entered_by=lead_import.created_by,
        door=actor.door,
        lane=Lane.BULK,
        preset=lead_import.preset,
        lead_import=lead_import,
        one_time_key=one_time_key,
        values=dict(values),
        held_for=held_for,
        **promoted(values),
    )
    if held_for or (team.reviews and not lead_import.is_approved):
        submission.state, submission.review_since = State.PENDING_REVIEW, now
    else:
        submission.state, submission.queued_at, submission.send_after = State.QUEUED, now, now
        if lead_import.is_approved:
            submission.decided_by, submission.decided_at = lead_import.decided_by, lead_import.decided_at
            submission.four_eyes = lead_import.four_eyes
            submission.approved_digest = digest_of(submission)
    submission.save(force_insert=True)
    record_submitted(submission, {"import": str(lead_import.public_id)}, actor=actor)
    return submission
