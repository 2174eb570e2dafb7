"""``Idempotency-Key``: the same request twice is one piece of work and one answer, byte for byte, for a day."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from leads import crypto
from leads.models import GatewayAnswer, Submission
from leads.services import gateway_answers
from leads.services.gateway_answers import Claimed

from . import waiting
from .call import Call, Reply, seconds_to_wait
from .errors import Refusal

HEADER = "Idempotency-Key"
MAX_CHARACTERS = 255


def once(call: Call, body: Any, work: Callable[[UUID | None, bool], Reply]) -> Reply:
    """What ``work(one_time_key, is_again)`` answers, or what it answered to the same key before. Raises ``Refusal``.

    Requests that were turned away leave the key free, because nothing came of them; ``work`` refuses before it enters.
    """
    key = key_of(call)
    if key is None:
        return work(None, False)
    try:
        claimed = gateway_answers.claim_answer(
            token=call.token, key=key, request_digest=digest_of(call, body), now=call.began_at
        )
    except gateway_answers.OtherRequest:
        message = f"This {HEADER} was used for another request in the last 24 hours. Use a new one."
        raise Refusal(409, "idempotency_key_reused", message) from None
    except IntegrityError:  # two that found an old answer at the same moment
        raise _in_use() from None
    if claimed.claim is None:
        return _said_before(call, claimed)
    return _work(claimed, work)


def key_of(call: Call) -> str | None:
    """Raises ``Refusal`` when there is one that cannot be read."""
    key = call.header(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_CHARACTERS or not key.isascii() or not key.isprintable():
        message = f"An {HEADER} has 1 to {MAX_CHARACTERS} plain characters."
        raise Refusal(400, "idempotency_key_unreadable", message)
    return key


def digest_of(call: Call, body: Any) -> str:
    """What makes two requests the same: address, verb and content, however the content is spaced and ordered."""
    text = json.dumps([call.request.method, call.path, body], ensure_ascii=False, sort_keys=True)
    return crypto.keyed_digest("request", text)


def _work(claimed: Claimed, work: Callable[[UUID | None, bool], Reply]) -> Reply:
    try:
        reply = work(claimed.answer.one_time_key, claimed.is_again)
    except Refusal:
        gateway_answers.release_answer(claimed=claimed, forget=True)
        raise
    except BaseException:
        gateway_answers.release_answer(claimed=claimed, forget=False)
        raise
    gateway_answers.keep_answer(claimed=claimed, status=reply.status, headers=reply.headers, body=reply.body)
    return reply


def _said_before(call: Call, claimed: Claimed) -> Reply:
    """The answer there is, or the one somebody else is about to give."""

    def look() -> GatewayAnswer | None:
        answer = gateway_answers.find_answer(claimed)
        if answer is None or (answer.status is None and answer.claim is None):
            raise _in_use()  # it came to nothing: the next request may do the work
        return answer if answer.status is not None else None

    seconds = seconds_to_wait(call.header("Prefer"))
    answer = claimed.answer if claimed.is_answered else waiting.poll(look, seconds=seconds)
    if answer is None or answer.status is None:
        raise _in_use()
    headers = {**answer.headers, "Idempotency-Replayed": "true"}
    submission = Submission.objects.filter(token=call.token, one_time_key=answer.one_time_key).first()
    return Reply(answer.status, bytes(answer.body), "replayed", headers=headers, submission=submission)


def _in_use() -> Refusal:
    message = f"A request with this {HEADER} is under way. Send it again in a moment to learn what came of it."
    return Refusal(409, "idempotency_key_in_use", message, headers={"Retry-After": "1"})
