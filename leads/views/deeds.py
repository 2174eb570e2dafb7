"""What a person can do with a lead: one row each, with who may and in which states the page offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from leads.audit import Actor
from leads.models import Membership, Submission
from leads.services import submissions
from leads.states import State

from .access import may_change

Do = Callable[[Submission, str, str, Actor], Any]  # the lead, what was typed, what was seen of it, who
May = Callable[[Submission, Membership], bool]


@dataclass(frozen=True, slots=True)
class Deed:
    """``question`` makes the page ask before it is done; ``reason`` labels a text the deed needs, ``hint`` one it
    takes.
    """

    name: str
    label: str
    done: str
    do: Do
    may: May
    when: Callable[[Submission], bool]
    question: str = ""
    reason: str = ""
    hint: str = ""
    is_danger: bool = False
    is_primary: bool = False


def _own(submission: Submission, membership: Membership) -> bool:
    return may_change(submission, membership)


def _own_or_reviewer(submission: Submission, membership: Membership) -> bool:
    return _own(submission, membership) or membership.can_review


def _another_reviewer(submission: Submission, membership: Membership) -> bool:
    return membership.can_review and submissions.may_decide(submission, membership.user)


def _is_in(*states: State) -> Callable[[Submission], bool]:
    return lambda submission: submission.state in states


def _can_be_undone(submission: Submission) -> bool:
    """Just entered, and not yet allowed to leave."""
    return submission.state == State.QUEUED and not submission.problem and _is_ahead(submission)


def _is_ahead(submission: Submission) -> bool:
    return (submission.send_after or timezone.now()) > timezone.now()


def _waits(submission: Submission) -> bool:
    return submission.state == State.QUEUED and not _can_be_undone(submission)


def _may_be_there(submission: Submission) -> bool:
    """Failed because a person gave up on an unknown outcome: sending it again may double it."""
    return submission.state == State.FAILED and (submission.problem or {}).get("kind") == "unknown"


_DEEDS = (
    Deed(
        "undo",
        "Undo",
        "Undone. It is not sent.",
        lambda lead, text, seen, actor: submissions.cancel(submission=lead, actor=actor),
        _own_or_reviewer,
        _can_be_undone,
    ),
    Deed(
        "take-back",
        "Take it back",
        "Taken back. It is not sent.",
        lambda lead, text, seen, actor: submissions.cancel(submission=lead, actor=actor),
        _own_or_reviewer,
        _waits,
        question="It leaves the queue and is not sent.",
    ),
    Deed(
        "withdraw",
        "Take it back",
        "It is a draft again.",
        lambda lead, text, seen, actor: submissions.withdraw(submission=lead, actor=actor),
        _own,
        _is_in(State.PENDING_REVIEW),
    ),
    Deed(
        "discard",
        "Throw it away",
        "Thrown away. It was not sent.",
        lambda lead, text, seen, actor: submissions.cancel(submission=lead, actor=actor),
        _own,
        _is_in(State.DRAFT, State.CHANGES_REQUESTED),
        question="It is not sent, and cannot be opened again.",
        is_danger=True,
    ),
    Deed(
        "comment",
        "Comment",
        "Said. It stays with the lead.",
        lambda lead, text, seen, actor: submissions.comment_on(submission=lead, text=text, actor=actor),
        _own_or_reviewer,
        _is_in(State.PENDING_REVIEW, State.CHANGES_REQUESTED),
        question="The person who entered it and the reviewers can read it.",
        reason="What do you want to say?",
    ),
    Deed(
        "approve",
        "Approve",
        "Approved. It is on its way.",
        lambda lead, text, seen, actor: submissions.approve(submission=lead, comment=text, seen=seen, actor=actor),
        _another_reviewer,
        _is_in(State.PENDING_REVIEW),
        is_primary=True,
    ),
    Deed(
        "send-back",
        "Ask for changes",
        "Sent back with your comment.",
        lambda lead, text, seen, actor: submissions.send_back(submission=lead, comment=text, seen=seen, actor=actor),
        _another_reviewer,
        _is_in(State.PENDING_REVIEW),
        question="Send it back to the person who entered it?",
        reason="What should change?",
    ),
    Deed(
        "reject",
        "Reject",
        "Rejected. It does not go to Breakcold.",
        lambda lead, text, seen, actor: submissions.reject(submission=lead, comment=text, seen=seen, actor=actor),
        _another_reviewer,
        _is_in(State.PENDING_REVIEW),
        question="It will not go to Breakcold.",
        reason="Why?",
        is_danger=True,
    ),
    Deed(
        "reopen",
        "Correct it",
        "It is a draft again.",
        lambda lead, text, seen, actor: submissions.reopen(submission=lead, actor=actor),
        _own,
        _is_in(State.FAILED, State.REJECTED),
        is_primary=True,
    ),
    Deed(
        "retry",
        "Send it again as it is",
        "It is in the queue again.",
        lambda lead, text, seen, actor: submissions.retry(submission=lead, actor=actor),
        _own_or_reviewer,
        lambda lead: lead.state == State.FAILED and not _may_be_there(lead),
    ),
    Deed(
        "leave",
        "Leave it",
        "Noted. It stays here and is not sent.",
        lambda lead, text, seen, actor: submissions.leave(submission=lead, actor=actor),
        _own_or_reviewer,
        lambda lead: lead.state == State.FAILED and lead.settled_by_id is None and not _may_be_there(lead),
        question="It stays in the portal, and nobody is asked about it any more.",
    ),
    Deed(
        "retry-unknown",
        "Send it again all the same",
        "It is in the queue again.",
        lambda lead, text, seen, actor: submissions.retry(submission=lead, actor=actor),
        _own_or_reviewer,
        _may_be_there,
        question="Nobody knows whether it is in Breakcold. If it is, there will be two of it.",
        is_danger=True,
    ),
    Deed(
        "found",
        "It is there",
        "Noted: it is in Breakcold.",
        lambda lead, text, seen, actor: submissions.resolve_there(submission=lead, breakcold_id=text, actor=actor),
        _own_or_reviewer,
        _is_in(State.UNKNOWN),
        question="You looked in Breakcold and found it there?",
        hint="Its id in Breakcold, if you have it at hand",
    ),
    Deed(
        "missing",
        "It is not there, send it again",
        "It is in the queue again.",
        lambda lead, text, seen, actor: submissions.resolve_missing(submission=lead, actor=actor),
        _own_or_reviewer,
        _is_in(State.UNKNOWN),
        question="You looked in Breakcold and it is not there? If it is, there will be two of it.",
        is_danger=True,
    ),
    Deed(
        "give-up",
        "Do not send it again",
        "Noted. It stays here and is not sent.",
        lambda lead, text, seen, actor: submissions.resolve_given_up(submission=lead, actor=actor),
        _own_or_reviewer,
        _is_in(State.UNKNOWN),
        question="It stays in the portal and is not sent again.",
        is_danger=True,
    ),
)

DEEDS = {deed.name: deed for deed in _DEEDS}


def available(submission: Submission, membership: Membership) -> list[Deed]:
    """What this reader can do with this lead now."""
    return [deed for deed in _DEEDS if deed.when(submission) and deed.may(submission, membership)]
