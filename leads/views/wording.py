"""What pages say of a lead: one table from its state to words a person can act on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from leads.delivery.policy import TURNED_AWAY
from leads.models import BreakcoldKey, Submission
from leads.models.submissions import HoldReason
from leads.services import keys, submissions
from leads.states import State

TONE_ICONS = {
    "ok": "circle-check",
    "info": "clock",
    "warn": "circle-question-mark",
    "danger": "circle-x",
    "quiet": "file-pen",
}

#: What came of one try, or of one look-up; an outcome that is not here says it by its own name.
OUTCOME_WORDS = {
    "": "broke off before its end was known",
    "unknown": "no clear answer",
    "not_sent": "it did not leave",
    "rate_limited": "Breakcold asked to slow down",
    "given_up": "it did not leave, for a week",
    "one": "one lead that must be it",
    "several": "more than one that could be it",
    "none": "no lead like it",
    "unsure": "nothing it could be sure of",
}


@dataclass(frozen=True, slots=True)
class Words:
    """``tone`` is a tone of the style sheet; ``until`` a moment the page counts down to."""

    tone: str
    title: str
    text: str
    until: datetime | None = None

    @property
    def icon(self) -> str:
        return TONE_ICONS[self.tone]


def words_for(submission: Submission, key: BreakcoldKey | None) -> Words:
    """What is happening to a lead, what is safe, and what comes next."""
    return SAYINGS[State(submission.state)](submission, key)


def _problem(submission: Submission, name: str) -> str:
    return str((submission.problem or {}).get(name) or "")


def _queued(submission: Submission, key: BreakcoldKey | None) -> Words:
    now = timezone.now()
    send_after = submission.send_after or now
    kind = _problem(submission, "kind")
    if kind == "not_sent":
        return Words(
            "warn", "Breakcold could not be reached", "Nothing was created. We try again by ourselves.", send_after
        )
    if trouble := keys.trouble_sentence(key, submission.environment):
        return Words("warn", "It waits", trouble)
    if kind in TURNED_AWAY and send_after > now:
        text = "The key works, but this lead was turned away. Nothing was created. It is tried again after the others."
        return Words("warn", "Breakcold turned it away", text, send_after)
    if kind == "rate_limited":
        return Words("info", "Breakcold asked to slow down", "It goes out as soon as Breakcold allows.")
    if send_after > now:
        return Words("info", "It goes out in a moment", "Until then you can take it back.", send_after)
    return Words("info", "In the queue", "It goes out as soon as it is its turn.")


def _unknown(submission: Submission, key: BreakcoldKey | None) -> Words:
    title = "We don’t know yet if it arrived"
    reason = _problem(submission, "message")
    if submission.look_up_at is None and _problem(submission, "look_ups") == "crashed":
        times = submissions.LOOK_UPS_DIED_IN_AT_MOST
        text = (
            f"The portal broke off {times} times while it looked for this lead, so it does not look again by itself. "
            "Look in Breakcold, then say what you found."
        )
        return Words("warn", title, text)
    if submission.look_up_at:
        return Words("warn", title, f"{reason} We look it up in Breakcold before anything is sent again.")
    return Words("warn", title, f"{reason} The look-ups did not settle it. Look in Breakcold, then say what you found.")


def _failed(submission: Submission, key: BreakcoldKey | None) -> Words:
    if _problem(submission, "kind") == "refused":
        said = _problem(submission, "message")
        reason = "" if re.fullmatch(r"[A-Z_]*", said) else f"{said.rstrip('.')}. "  # a bare code says nothing to people
        return Words("danger", "Breakcold said no", f"{reason}Nothing was created. Correct it and send it again.")
    if _problem(submission, "kind") == "unsendable":
        return Words("danger", "It cannot be sent", f"{_problem(submission, 'message')} Nothing was sent. Correct it.")
    if _problem(submission, "kind") == "crashed":
        text = f"{_problem(submission, 'message')} So it was put aside, and the others go on. Nothing was created."
        return Words("danger", "Put aside", text)
    if submission.settled_by_id and _problem(submission, "kind") == "unknown":
        text = "Nobody knows whether it is in Breakcold, and somebody decided not to send it again."
        return Words("danger", "Given up", text)
    return Words(
        "danger",
        "Not in Breakcold",
        "Breakcold could not be reached for a week. Nothing was created. You can send it again.",
    )


def _created(submission: Submission, key: BreakcoldKey | None) -> Words:
    if submission.settled_by_id:
        return Words("ok", "In Breakcold", "Somebody looked and found it there.")
    return Words("ok", "In Breakcold", f"Breakcold calls it {submission.breakcold_id}.")


def _pending_review(submission: Submission, key: BreakcoldKey | None) -> Words:
    title = "Waiting for review"
    if submission.held_for == HoldReason.DUPLICATE:
        text = "It looks like a lead the team has entered before, so a reviewer looks at it first."
        return Words("warn", title, text)
    return Words("info", title, "A reviewer looks at it before it goes to Breakcold.")


def _plain(tone: str, title: str, text: str) -> Callable[[Submission, BreakcoldKey | None], Words]:
    return lambda submission, key: Words(tone, title, text)


SAYINGS: dict[State, Callable[[Submission, BreakcoldKey | None], Words]] = {
    State.DRAFT: _plain("quiet", "Draft", "It was not sent yet."),
    State.PENDING_REVIEW: _pending_review,
    State.CHANGES_REQUESTED: _plain("warn", "Changes asked for", "Change it, then send it to review again."),
    State.QUEUED: _queued,
    State.SENDING: _plain("info", "On its way", "It is being sent to Breakcold right now."),
    State.CREATED: _created,
    State.FAILED: _failed,
    State.UNKNOWN: _unknown,
    State.REJECTED: _plain("danger", "Rejected", "A reviewer decided that it does not go to Breakcold."),
    State.CANCELLED: _plain("quiet", "Undone", "It was taken back and is not sent."),
}
