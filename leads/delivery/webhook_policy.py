"""What follows when a webhook could not be told. Times are in seconds; nothing here looks at a clock or a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from leads.outbound import Failure, Reply

#: Between the tries of one event: the last one is a day after the first at most.
WAITS = (15, 60, 300, 1_200, 3_600, 7_200, 14_400, 28_800, 28_800)
#: How long a receiver is left alone after its first, second ... failure in a row, whatever waits for it.
RESTS = (5, 15, 60, 300, 600)
JITTER = 0.2  # of a wait, taken off at random, so that receivers that failed together are not called together
MAX_RETRY_AFTER = 3_600
SWITCH_OFF_AFTER = timedelta(days=5)  # without one success
SWITCH_OFF_ATTEMPTS = 4  # of the event at hand, so that no single hiccup after quiet days does it
GIVE_UP_AFTER = timedelta(hours=26)  # for what waited behind others all the time
GONE = 410


def wait_after(attempts: int, *, jitter: Callable[[], float]) -> float | None:
    """Until the next try after so many; None when it is given up. ``jitter`` gives 0 to 1."""
    if attempts > len(WAITS):
        return None
    return WAITS[attempts - 1] * (1 - JITTER * jitter())


def rest_after(failures: int, said: Reply | Failure) -> float:
    """For how long the receiver is left alone; as long as it asks for, within reason."""
    rest = RESTS[min(failures, len(RESTS)) - 1]
    reply = said if isinstance(said, Reply) else said.reply
    asked = reply.headers.get("Retry-After", "") if reply is not None and reply.status in (429, 503) else ""
    return max(rest, min(int(asked), MAX_RETRY_AFTER)) if asked.isascii() and asked.isdigit() else rest


def trouble_of(said: Reply | Failure) -> str:
    """What went wrong, in a sentence; empty when it was told."""
    reply = said if isinstance(said, Reply) else said.reply
    if reply is not None:
        if 200 <= reply.status < 300:
            return ""
        if 300 <= reply.status < 400:
            return f"It answered with a redirect ({reply.status}), which is not followed."
        return f"It answered {reply.status}."
    assert isinstance(said, Failure)
    if said.is_forbidden:
        return "Its name stands for an address the portal sends nothing to."
    if said.is_unusable:
        return "Its address cannot be used."
    if said.is_slow:
        return "It did not answer in time."
    return "The connection broke before it answered." if said.body_began else "It could not be reached."
