"""The states of a submission, the arrows between them, and the sets the rest of the code asks for by name."""

from __future__ import annotations

from django.db.models import TextChoices


class State(TextChoices):
    """Where a lead is on its way to Breakcold. The label is what people read."""

    DRAFT = "draft", "Draft"
    PENDING_REVIEW = "pending_review", "Waiting for review"
    CHANGES_REQUESTED = "changes_requested", "Changes asked for"
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    CREATED = "created", "In Breakcold"
    FAILED = "failed", "Not accepted"
    UNKNOWN = "unknown", "Not known yet"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Undone"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.PENDING_REVIEW, State.QUEUED, State.CANCELLED}),
    State.PENDING_REVIEW: frozenset({State.QUEUED, State.CHANGES_REQUESTED, State.REJECTED, State.DRAFT}),
    State.CHANGES_REQUESTED: frozenset({State.PENDING_REVIEW, State.CANCELLED}),
    State.QUEUED: frozenset({State.SENDING, State.CANCELLED, State.FAILED}),
    State.SENDING: frozenset({State.CREATED, State.FAILED, State.QUEUED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.CREATED, State.QUEUED, State.FAILED}),
    State.FAILED: frozenset({State.DRAFT, State.QUEUED}),
    State.REJECTED: frozenset({State.DRAFT}),
    State.CREATED: frozenset(),
    State.CANCELLED: frozenset(),
}

#: The machine is at work, so a page that shows one of these keeps looking.
MOVING = frozenset({State.QUEUED, State.SENDING, State.UNKNOWN})
#: The person who entered the lead may change what it says.
EDITABLE = frozenset({State.DRAFT, State.CHANGES_REQUESTED})
#: Nothing of it has left, so what it says can still be put right.
NOT_SET_OUT = frozenset({State.DRAFT, State.PENDING_REVIEW, State.CHANGES_REQUESTED, State.QUEUED})
#: A person has to do something before the lead can go on.
NEEDS_PERSON = frozenset({State.CHANGES_REQUESTED, State.FAILED})
#: A reviewer did not let it go out as it was.
TURNED_BACK = frozenset({State.CHANGES_REQUESTED, State.REJECTED})
#: It does not go to Breakcold, so another lead like it is no duplicate.
DROPPED = frozenset({State.REJECTED, State.CANCELLED})


def is_allowed(old: str, new: str) -> bool:
    """Whether the arrow ``old -> new`` exists."""
    return State(new) in TRANSITIONS[State(old)]
