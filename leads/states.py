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


class Stage(TextChoices):
    """Where an import is. The label is what people read."""

    READING = "reading", "Being read"
    UNREADABLE = "unreadable", "Cannot be read"
    MAPPING = "mapping", "Which column is what?"
    CHECKING = "checking", "Being checked"
    READY = "ready", "Ready to start"
    IN_REVIEW = "in_review", "Waiting for review"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"


STAGES: dict[Stage, frozenset[Stage]] = {
    Stage.READING: frozenset({Stage.MAPPING, Stage.UNREADABLE, Stage.CANCELLED}),
    Stage.UNREADABLE: frozenset(),
    Stage.MAPPING: frozenset({Stage.MAPPING, Stage.CHECKING, Stage.CANCELLED}),
    Stage.CHECKING: frozenset({Stage.READY, Stage.MAPPING, Stage.CHECKING, Stage.CANCELLED}),
    Stage.READY: frozenset({Stage.MAPPING, Stage.CHECKING, Stage.IN_REVIEW, Stage.RUNNING, Stage.CANCELLED}),
    Stage.IN_REVIEW: frozenset({Stage.READY, Stage.RUNNING, Stage.REJECTED, Stage.CANCELLED}),
    Stage.RUNNING: frozenset({Stage.PAUSED, Stage.DONE, Stage.CANCELLED}),
    Stage.PAUSED: frozenset({Stage.RUNNING, Stage.CANCELLED}),
    Stage.DONE: frozenset(),
    Stage.REJECTED: frozenset(),
    Stage.CANCELLED: frozenset(),
}

#: Leads of such an import stay in the queue and do not leave it.
HALTED = frozenset({Stage.PAUSED, Stage.CANCELLED})
#: Nothing was sent yet, so which column is what, and every cell, can still be put right.
BEFORE_START = frozenset({Stage.MAPPING, Stage.CHECKING, Stage.READY})
#: The worker is at work, so a page that shows one of these keeps looking.
AT_WORK = frozenset({Stage.READING, Stage.CHECKING, Stage.RUNNING})


class Fate(TextChoices):
    """What the import itself decided about a row; an entered one has a lead, whose state says the rest."""

    WAITING = "waiting", "Waiting"
    INVALID = "invalid", "Not valid"
    DUPLICATE = "duplicate", "Left out as a duplicate"
    SKIPPED = "skipped", "Left out"
    ENTERED = "entered", "Entered"


class Count(TextChoices):
    """What every row of an import is counted as, exactly one of them at any moment."""

    CREATED = "created", "In Breakcold"
    WAITING = "waiting", "Waiting"
    DUPLICATE = "duplicate", "Duplicate"
    INVALID = "invalid", "Not valid"
    SKIPPED = "skipped", "Left out"
    FAILED = "failed", "Not accepted"
    UNKNOWN = "unknown", "Not known yet"


#: How a row without a lead is counted, and one with a lead by the state of that.
COUNTED_BY_FATE: dict[Fate, Count] = {
    Fate.WAITING: Count.WAITING,
    Fate.INVALID: Count.INVALID,
    Fate.DUPLICATE: Count.DUPLICATE,
    Fate.SKIPPED: Count.SKIPPED,
}
COUNTED_BY_STATE: dict[State, Count] = {
    State.DRAFT: Count.WAITING,
    State.PENDING_REVIEW: Count.WAITING,
    State.CHANGES_REQUESTED: Count.WAITING,
    State.QUEUED: Count.WAITING,
    State.SENDING: Count.WAITING,
    State.CREATED: Count.CREATED,
    State.FAILED: Count.FAILED,
    State.UNKNOWN: Count.UNKNOWN,
    State.REJECTED: Count.SKIPPED,
    State.CANCELLED: Count.SKIPPED,
}
#: A lead in such a state may still go to Breakcold by itself or by a decision: its import is not done.
UNDECIDED = frozenset(state for state, count in COUNTED_BY_STATE.items() if count is Count.WAITING)
