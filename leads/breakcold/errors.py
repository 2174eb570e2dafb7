"""What Breakcold's answers mean. Grouped by what the caller must do, not by HTTP status.

::

    BreakcoldError
     |- NotSent          no byte of the body left this machine: safe to try again
     |- RateLimited      429: wait as long as the headers say; nothing was created
     |- Refused          400, 409, 422 in Breakcold's error shape, or a value that JSON has no words for: final until a
     |                   person acts
     |- KeyRejected      401, 403: the key does not open the account; nothing was created
     |- Misconfigured    a redirect, 404 or 405, or an address or key that cannot be used: an operator must act
     `- OutcomeUnknown   anything else: the lead may exist, so it is never sent again blindly

Anything an answer may say that this table does not name is ``OutcomeUnknown``: the safe reading. Where the table needs
no more than the status, a body that is missing, cut off or too long changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the headers of one answer say of the budget, as read; None where a header was absent or no number.

    ``limit`` and ``remaining`` count calls; ``reset_seconds`` and ``retry_after_seconds`` count from the answer.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """One complaint about one field, as Breakcold worded it. ``field`` is "" when it names none we know."""

    field: str
    message: str


class BreakcoldError(Exception):
    """A call did not end in a plain success. ``str()`` is a plain English reason that never holds the key."""

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        issues: tuple[Issue, ...] = (),
        rate_limit: RateLimit | None = None,
        excerpt: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.issues = issues
        self.rate_limit = rate_limit
        self.excerpt = excerpt


class NotSent(BreakcoldError):
    """No byte of the body left this machine."""


class RateLimited(BreakcoldError):
    """Breakcold asked to wait; nothing was created."""


class Refused(BreakcoldError):
    """Breakcold read the lead and said no; ``issues`` says why."""


class KeyRejected(BreakcoldError):
    """The key does not open the account."""


class Misconfigured(BreakcoldError):
    """The address answers, but not as Breakcold's API does, or it cannot be used at all."""


class OutcomeUnknown(BreakcoldError):
    """The request may have arrived; whether the lead exists is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer: its JSON value and what its headers say of the budget."""

    status: int
    body: Any
    rate_limit: RateLimit


@dataclass(frozen=True, slots=True)
class Created:
    """The lead is in Breakcold under ``id``; ``body`` is the whole answer."""

    id: str
    body: dict[str, Any]
    status: int
    rate_limit: RateLimit
