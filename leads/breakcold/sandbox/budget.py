"""Breakcold's rate limit: a fixed window per key, and the headers that tell of it, honestly or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

HEADER_STYLES = ("present", "absent", "contradictory", "nonsense")
PLENTY = 1_000_000  # calls per window: what "unlimited" announces


@dataclass(frozen=True, slots=True)
class Regime:
    """What is allowed and how it is told. ``limit`` None means unlimited.

    ``retry_after`` and ``retry_after_ms`` belong to 429 only: True sends the true time left, other values go as given.
    """

    limit: int | None = 60
    window: float = 60.0  # seconds
    headers: str = "present"
    retry_after: bool | int | str = False
    retry_after_ms: bool | int | str = False

    def __post_init__(self) -> None:
        if self.headers not in HEADER_STYLES:
            raise ValueError(f"headers is one of {', '.join(HEADER_STYLES)}")
        if self.limit is not None and (not isinstance(self.limit, int) or self.limit < 0):
            raise ValueError("limit is a whole number or null")
        if not isinstance(self.window, (int, float)) or not 0 < self.window < math.inf:
            raise ValueError("window is a number of seconds")
        if "\n" in str(self.retry_after) or "\r" in str(self.retry_after):
            raise ValueError("retry_after is a single line")

    @property
    def calls(self) -> int:
        return PLENTY if self.limit is None else self.limit


class Budget:
    """The calls one key has spent in the window that is open now. The owner holds the lock."""

    def __init__(self) -> None:
        self.spent = 0
        self._opened: float | None = None

    def spend(self, regime: Regime, now: float) -> bool:
        """Take one call; False, and nothing taken, when the window has none left."""
        if self._opened is None or now - self._opened >= regime.window:
            self._opened, self.spent = now, 0
        if regime.limit is not None and self.spent >= regime.limit:
            return False
        self.spent += 1
        return True

    def seconds_left(self, regime: Regime, now: float) -> float:
        """Until the window closes; a window nobody opened has its whole length before it."""
        if self._opened is None or now - self._opened >= regime.window:
            return regime.window
        return regime.window - (now - self._opened)

    def remaining(self, regime: Regime, now: float) -> int:
        if self._opened is None or now - self._opened >= regime.window:
            return regime.calls
        return max(0, regime.calls - self.spent)

    def headers(self, regime: Regime, now: float) -> dict[str, str]:
        if regime.headers == "absent":
            return {}
        if regime.headers == "nonsense":
            return _named("lots", "-7", "soon")
        if regime.headers == "contradictory":  # more left than there is in all, and a window of another length
            return _named(str(regime.calls), str(regime.calls + 15), str(math.ceil(regime.window) + 85))
        left = math.ceil(self.seconds_left(regime, now))
        return _named(str(regime.calls), str(self.remaining(regime, now)), str(left))

    def retry_after(self, regime: Regime, now: float) -> dict[str, str]:
        if regime.retry_after is False:
            return {}
        left = math.ceil(self.seconds_left(regime, now))
        return {"Retry-After": str(left if regime.retry_after is True else regime.retry_after)}

    def retry_after_ms(self, regime: Regime, now: float) -> dict[str, int | str]:
        if regime.retry_after_ms is False:
            return {}
        left = math.ceil(1000 * self.seconds_left(regime, now))
        return {"retryAfterMs": left if regime.retry_after_ms is True else regime.retry_after_ms}


def _named(limit: str, remaining: str, reset: str) -> dict[str, str]:
    return {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}
