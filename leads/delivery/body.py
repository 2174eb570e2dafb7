"""What is sent for a submission: exactly this, whether it is claimed, sent or looked for."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from leads.breakcold import payload
from leads.models import Submission


def body_of(submission: Submission) -> dict[str, Any]:
    """The JSON body for the submission's values."""
    return payload.build_payload(submission.values, send_own_id=settings.BREAKCOLD_SEND_OWN_ID)
