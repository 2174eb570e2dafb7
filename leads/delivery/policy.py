"""From what Breakcold answered to what happens next: pure, and the only place that knows waits and limits of patience.

====================  ==========  ==============================================  ============
outcome               the lead    when                                            the key
====================  ==========  ==============================================  ============
Created               created                                                     success
Refused               failed                                                      success
refused by ourselves  failed      it never left                                   (untouched)
RateLimited           queued      as soon as the budget allows                    (untouched)
NotSent               queued      5 s, 30 s, 2, 10, 30 min, hourly; 7 days: failed  trouble
KeyRejected           queued      when the key works again                        pause
Misconfigured         queued      when the key works again                        pause
OutcomeUnknown        unknown     looked up after 15 s, 2 min, 15 min             trouble
====================  ==========  ==============================================  ============
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from leads.breakcold.errors import (
    BreakcoldError,
    Created,
    KeyRejected,
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)

RETRY_SECONDS = (5, 30, 120, 600, 1_800, 3_600)
GIVE_UP_SECONDS = 7 * 24 * 3_600
TURNED_AWAY_SECONDS = 3_600
LOOK_UP_SECONDS = (15, 120, 900)
JITTER = 0.2  # a wait is lengthened by up to this share of itself


class Next(StrEnum):
    """What happens to the lead."""

    CREATED = "created"
    FAILED = "failed"
    POSTPONE = "postpone"
    UNKNOWN = "unknown"


class ForKey(StrEnum):
    """What the outcome says of the key."""

    SUCCESS = "success"
    TROUBLE = "trouble"
    PAUSE = "pause"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Decision:
    """``kind`` names the outcome in attempts and problems; ``wait_seconds`` counts from now."""

    next: Next
    kind: str
    for_key: ForKey
    wait_seconds: float = 0.0


#: Everything but NotSent, whose wait depends on how often and how long.
PLAIN: dict[type, Decision] = {
    Created: Decision(Next.CREATED, "created", ForKey.SUCCESS),
    Refused: Decision(Next.FAILED, "refused", ForKey.SUCCESS),
    RateLimited: Decision(Next.POSTPONE, "rate_limited", ForKey.NOTHING),
    KeyRejected: Decision(Next.POSTPONE, "key_rejected", ForKey.PAUSE),
    Misconfigured: Decision(Next.POSTPONE, "misconfigured", ForKey.PAUSE),
    OutcomeUnknown: Decision(Next.UNKNOWN, "unknown", ForKey.TROUBLE, LOOK_UP_SECONDS[0]),
}
#: Kinds of outcome that paused the key.
TURNED_AWAY = frozenset(row.kind for row in PLAIN.values() if row.for_key is ForKey.PAUSE)


def decide(
    outcome: Created | BreakcoldError,
    *,
    not_sent_count: int,
    not_sent_seconds: float,
    last_kind: str,
    jitter: Callable[[], float],
) -> Decision:
    """``not_sent_count`` tries before this one did not leave this machine, the first ``not_sent_seconds`` ago.

    ``last_kind`` is what the try before this one came to. If it paused the key too, the probe then answered, so it may
    be this lead and not the key: the others go first. ``jitter`` returns 0 to 1.
    """
    if (
        isinstance(outcome, Refused) and outcome.status is None
    ):  # by ourselves: it never left, and says nothing of the key
        return Decision(Next.FAILED, "unsendable", ForKey.NOTHING)
    if not isinstance(outcome, NotSent):
        decision = PLAIN[type(outcome)]
        turned_away_again = decision.for_key is ForKey.PAUSE and last_kind in TURNED_AWAY
        return replace(decision, wait_seconds=TURNED_AWAY_SECONDS) if turned_away_again else decision
    if not_sent_seconds >= GIVE_UP_SECONDS:
        return Decision(Next.FAILED, "given_up", ForKey.TROUBLE)
    wait = RETRY_SECONDS[min(not_sent_count, len(RETRY_SECONDS) - 1)]
    return Decision(Next.POSTPONE, "not_sent", ForKey.TROUBLE, wait * (1 + JITTER * jitter()))


class Seen(StrEnum):
    """What a look-up saw of a lead whose outcome is unknown."""

    ONE = "one"  # exactly one lead that must be it
    SEVERAL = "several"  # more than one that could be it
    NONE = "none"  # every lead of that time was read, and it is not among them
    UNSURE = "unsure"  # the look-up failed, or could not see far enough


class Settle(StrEnum):
    FOUND = "found"
    RESEND = "resend"
    AGAIN = "again"
    ASK = "ask"  # a person


def after_look_up(seen: Seen, *, look_ups_before: int, resends_before: int) -> Settle:
    """What follows from a look-up. A lead is sent again by itself once in its life, and only after the last look-up."""
    if seen is Seen.ONE:
        return Settle.FOUND
    if seen is Seen.SEVERAL:
        return Settle.ASK
    if look_ups_before + 1 < len(LOOK_UP_SECONDS):
        return Settle.AGAIN
    return Settle.RESEND if seen is Seen.NONE and resends_before == 0 else Settle.ASK
