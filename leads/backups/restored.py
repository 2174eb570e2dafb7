"""After a restore: what the backup still had to send may have gone out since, so nothing leaves by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from leads.audit import OPERATOR
from leads.models import BreakcoldKey, Submission
from leads.services import keys, submissions
from leads.states import State

FIRST_LOOK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """A key that is held, and how many leads wait behind it."""

    key: BreakcoldKey
    waiting: int


def hold_everything() -> tuple[list[Aftermath], int]:
    """Put on record that every key is held, and have leads that were on their way looked up; how many those are."""
    held = keys.hold_restored(actor=OPERATOR)
    look_up_at = timezone.now() + FIRST_LOOK
    on_their_way = Submission.objects.filter(state=State.SENDING).select_related("team")
    unknown = sum(submissions.expire_lease(submission=lead, look_up_at=look_up_at) for lead in on_their_way)
    return [Aftermath(key, Submission.objects.for_key(key).queued().count()) for key in held], unknown


@transaction.atomic
def pause_unopenable_keys(held: list[Aftermath]) -> list[BreakcoldKey]:
    """Keys that were sealed with an encryption key this portal does not have: their pages say what to do."""
    found = [each.key for each in held if not keys.can_open(each.key)]
    for key in found:
        keys.pause_key(key, keys.UNREADABLE, at=timezone.now(), actor=OPERATOR)
    return found
