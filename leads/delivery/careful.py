"""After a worker died: the lead it may have died of is marked before it is read, and put aside after the third."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from leads.models import BreakcoldKey, DeliveryAttempt, Submission
from leads.services import submissions

Claim = Callable[[BreakcoldKey, datetime], DeliveryAttempt | None]


def claim(key: BreakcoldKey, now: datetime, claim_next: Claim) -> DeliveryAttempt | None:
    """``claim_next``, with the mark committed before; whoever lives on takes it back."""
    suspected = _next_to_try(key, now)
    if suspected is None:
        return None
    submissions.suspect(submission=suspected)
    try:
        attempt = claim_next(key, now)
    except Exception:
        submissions.clear(submission=suspected)
        raise
    if attempt is None or attempt.submission_id != suspected.pk:
        submissions.clear(submission=suspected)
    return attempt


def _next_to_try(key: BreakcoldKey, now: datetime) -> Submission | None:
    """The next due lead, without what it says; those that workers died of too often are put aside on the way."""
    due = Submission.objects.for_key(key).due(now).defer("values", "response").select_related("team")
    while (suspected := due.first()) is not None and submissions.has_crashed_too_often(suspected, deaths=1):
        submissions.park(submission=suspected)
    return suspected
