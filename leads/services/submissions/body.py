"""What is sent for a submission: exactly this, whether it is claimed, sent or looked for."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from leads.breakcold import payload
from leads.breakcold.errors import Refused
from leads.models import Submission


def body_of(submission: Submission) -> dict[str, Any]:
    """The JSON body for the submission's values. Raises ``Refused`` when there is none, so that others go on."""
    try:
        return payload.build_payload(submission.values, send_own_id=settings.BREAKCOLD_SEND_OWN_ID)
    except Exception:  # the values are older than the rules of today, or damaged
        raise Refused("The lead holds something that cannot be sent.") from None


def digest_of(submission: Submission) -> str:
    """The digest of the body; empty when it cannot be written, and then nothing is sent either."""
    try:
        return payload.digest(body_of(submission))
    except (Refused, TypeError, ValueError, RecursionError):
        return ""
