"""One ``Idempotency-Key`` of one token stands for one piece of work and its answer, for a day.

The claim is committed before the work begins. Whoever finds a claim that ran out (its process died) takes the work up
again under the same one-time key, so that a lead entered before the crash is found and not entered twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from leads import crypto
from leads.models import GatewayAnswer, GatewayToken

KEEP_ANSWERS = timedelta(hours=24)
CLAIM = timedelta(seconds=90)  # longer than any request may take
PRUNE_AT_MOST = 5_000  # rows a sweep


class OtherRequest(Exception):
    """The key was used before, for something else."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The row of a key. ``claim`` is set when the work is ours to do; ``is_again`` when somebody began it before."""

    answer: GatewayAnswer
    claim: UUID | None = None
    is_again: bool = False

    @property
    def is_answered(self) -> bool:
        return self.answer.status is not None


@transaction.atomic
def claim_answer(*, token: GatewayToken, key: str, request_digest: str, now: datetime) -> Claimed:
    """Take the work for this key, or find who has it or what came of it. Raises ``OtherRequest``."""
    claim = uuid4()
    new = GatewayAnswer(
        token=token,
        key_digest=crypto.keyed_digest("idempotency", key),
        request_digest=request_digest,
        created_at=now,
        claim=claim,
        claimed_until=now + CLAIM,
    )
    try:
        with transaction.atomic():
            new.save(force_insert=True)
        return Claimed(new, claim)
    except IntegrityError:
        found = GatewayAnswer.objects.select_for_update().filter(token=token, key_digest=new.key_digest).first()
    if found is None or _is_over(found, now):
        GatewayAnswer.objects.filter(token=token, key_digest=new.key_digest).delete()
        new.save(force_insert=True)
        return Claimed(new, claim)
    if found.request_digest != request_digest:
        raise OtherRequest
    if found.status is None and _is_free(found, now):
        GatewayAnswer.objects.filter(pk=found.pk).update(claim=claim, claimed_until=now + CLAIM)
        return Claimed(found, claim, is_again=True)
    return Claimed(found)


def _is_free(answer: GatewayAnswer, now: datetime) -> bool:
    """Whether nobody is at work. A claim that lasts longer than claims do was made by a clock that was wrong."""
    return answer.claimed_until is None or not now < answer.claimed_until <= now + 2 * CLAIM


def _is_over(answer: GatewayAnswer, now: datetime) -> bool:
    return answer.created_at <= now - KEEP_ANSWERS and (answer.status is not None or _is_free(answer, now))


def keep_answer(*, claimed: Claimed, status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """The answer every later request with the key is given. False when somebody else took the work up meanwhile."""
    mine = GatewayAnswer.objects.filter(pk=claimed.answer.pk, claim=claimed.claim, status=None)
    changes = {"status": status, "headers": dict(headers), "body": body, "claim": None, "claimed_until": None}
    return mine.update(**changes) == 1


def release_answer(*, claimed: Claimed, forget: bool) -> None:
    """The work came to no answer. ``forget`` when nothing was entered: then the key may be used for something else."""
    mine = GatewayAnswer.objects.filter(pk=claimed.answer.pk, claim=claimed.claim, status=None)
    if forget:
        mine.delete()
    else:
        mine.update(claim=None, claimed_until=None)


def find_answer(claimed: Claimed) -> GatewayAnswer | None:
    """What became of work that somebody else does."""
    return GatewayAnswer.objects.filter(pk=claimed.answer.pk).first()


def prune_answers(*, now: datetime) -> int:
    """Drop answers whose day is over."""
    old = GatewayAnswer.objects.filter(created_at__lte=now - KEEP_ANSWERS).values_list("pk", flat=True)
    gone = list(old[:PRUNE_AT_MOST])
    return GatewayAnswer.objects.filter(pk__in=gone).delete()[0] if gone else 0
