"""Waiting for what becomes of something, without ever using up the web server's threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

#: Requests of this process that may wait at once, far fewer than it has threads. Others are answered at once.
MAX_WAITING = 5
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5

_places = threading.BoundedSemaphore(MAX_WAITING)
Found = TypeVar("Found")


def poll(look: Callable[[], Found | None], *, seconds: float) -> Found | None:
    """What ``look`` finds, now or within ``seconds``; None when it finds nothing or no place to wait is free.

    Nothing is locked and no transaction is open while it pauses.
    """
    found = look()
    if found is not None or seconds <= 0 or not _places.acquire(blocking=False):
        return found
    try:
        stop_at, pause = time.monotonic() + seconds, FIRST_PAUSE_SECONDS
        while found is None and (left := stop_at - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            found = look()
        return found
    finally:
        _places.release()
