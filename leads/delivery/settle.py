"""Settle a lead whose outcome is unknown: look for it in Breakcold, and act on what is seen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Set
from datetime import timedelta

from django.db import Error, transaction
from django.utils import timezone

from leads.audit import SYSTEM
from leads.breakcold.client import BreakcoldClient
from leads.breakcold.errors import Answer, BreakcoldError, KeyRejected, NotSent, OutcomeUnknown, RateLimited
from leads.models import BreakcoldKey, DeliveryAttempt, Submission
from leads.models.attempts import AttemptPurpose
from leads.services import keys, submissions

from . import lookup, policy, throttle
from .lookup import Sighting
from .policy import Seen, Settle

log = logging.getLogger(__name__)


def settle(key: BreakcoldKey, client: BreakcoldClient, submission: Submission) -> None:
    """One look-up for a lead whose outcome is unknown, and what follows from it. Raises ``throttle.OutOfBudget``.

    Whatever goes wrong counts as a look-up that saw nothing clear, so that no lead holds up the others; only one that
    Breakcold asked to wait for counts as none.
    """
    died = submissions.look_ups_died_in(submission)
    if died >= submissions.LOOK_UPS_DIED_IN_AT_MOST:
        submissions.plan_look_up(submission=submission, at=None, found="crashed", actor=SYSTEM)
        return
    throttle.spend(key)
    now = timezone.now()
    again_at = now + timedelta(seconds=policy.LOOK_UP_SECONDS[min(died, len(policy.LOOK_UP_SECONDS) - 1)])
    attempt = submissions.begin_look_up(submission=submission, key=key, now=now, again_at=again_at)
    error: BreakcoldError | None = None
    sighting = Sighting(Seen.UNSURE)
    try:
        sighting = _look_up(key, client, submission)
    except Error:
        raise
    except throttle.OutOfBudget:
        log.info("The look-up of %s could not be read to its end", submission.reference)
    except BreakcoldError as exc:
        error = exc
        throttle.learn_from(key, exc)
    except Exception:
        log.exception("The look-up of %s broke off", submission.reference)
    _note(key, attempt, sighting, error)
    if isinstance(error, RateLimited):
        return
    try:
        _act_on(submission, sighting)
    except submissions.IllegalTransition:
        log.info("%s was settled by somebody else while it was looked up", submission.reference)


def _look_up(key: BreakcoldKey, client: BreakcoldClient, submission: Submission) -> Sighting:
    sent_at = submission.unknown_since or submission.created_at
    sighting = lookup.look_up(
        _paid_pages(key, client), submissions.body_of(submission), sent_at=sent_at, taken_of=_taken_of(key, submission)
    )
    if sighting.seen is Seen.NONE and not _was_sent_to_this_account(key, submission):
        return Sighting(Seen.UNSURE)
    return sighting


def _was_sent_to_this_account(key: BreakcoldKey, submission: Submission) -> bool:
    """Whether the key surely opens the account the lead was sent to: with this very key, or one of the same owner."""
    sent = submission.attempts.filter(purpose=AttemptPurpose.CREATE).select_related("key").last()
    if sent is None or sent.key.fingerprint == key.fingerprint:
        return True
    return keys.is_same_owner(sent.key, key)


def _taken_of(key: BreakcoldKey, submission: Submission) -> Callable[[Set[str]], Set[str]]:
    """Tells which ids are other submissions', of whichever team sends with the same key."""
    teams = BreakcoldKey.objects.filter(fingerprint=key.fingerprint).values("team")
    others = Submission.objects.filter(team__in=teams).exclude(pk=submission.pk)
    return lambda ids: set(others.filter(breakcold_id__in=ids).values_list("breakcold_id", flat=True))


def _paid_pages(key: BreakcoldKey, client: BreakcoldClient) -> Callable[[int, int], Answer]:
    """Reads pages of leads; the first is paid for already, each other one costs a call."""

    def read(page: int, page_size: int) -> Answer:
        if page > 1:
            throttle.spend(key)
        answer = client.list_leads(page=page, page_size=page_size)
        throttle.learn_from(key, answer)
        return answer

    return read


@transaction.atomic
def _note(key: BreakcoldKey, attempt: DeliveryAttempt, sighting: Sighting, error: BreakcoldError | None) -> None:
    """Write down what a look-up saw, and what its failure says of the key: the same as a lead's would.

    Only that 403, 404 and the like may be this endpoint's own, and leads go out without it.
    """
    now = timezone.now()
    submissions.finish_look_up(
        attempt=attempt, outcome=sighting.seen.value, at=now, similar=sighting.similar, error=error
    )
    if isinstance(error, KeyRejected) and error.status == 401:
        keys.pause_key(key, error.reason, at=now, actor=SYSTEM)
    elif isinstance(error, NotSent) or (isinstance(error, OutcomeUnknown) and (error.status or 500) >= 500):
        keys.record_trouble(key, error.reason, at=now, actor=SYSTEM)


def _act_on(submission: Submission, sighting: Sighting) -> None:
    done = submission.look_up_count
    what = policy.after_look_up(sighting.seen, look_ups_before=done, resends_before=submission.resend_count)
    if what is Settle.FOUND and sighting.lead is not None:
        submissions.resolve_found(submission=submission, lead=sighting.lead, actor=SYSTEM)
    elif what is Settle.RESEND:
        submissions.resolve_missing(submission=submission, actor=SYSTEM)
    else:
        at = None
        if what is Settle.AGAIN:  # as far apart as planned, even when an outage kept the first one waiting
            seconds = policy.LOOK_UP_SECONDS[done + 1] - policy.LOOK_UP_SECONDS[done]
            at = timezone.now() + timedelta(seconds=seconds)
        submissions.plan_look_up(submission=submission, at=at, found=sighting.seen.value, actor=SYSTEM)
