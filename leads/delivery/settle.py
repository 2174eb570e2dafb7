"""Settle a lead whose outcome is unknown: look for it in Breakcold, and act on what is seen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from leads.audit import SYSTEM
from leads.breakcold.client import BreakcoldClient
from leads.breakcold.errors import Answer, BreakcoldError
from leads.models import BreakcoldKey, Submission
from leads.services import submissions

from . import lookup, policy, throttle
from .body import body_of
from .policy import Seen, Settle

log = logging.getLogger(__name__)


def settle(key: BreakcoldKey, client: BreakcoldClient, submission: Submission) -> None:
    """One look-up for a lead whose outcome is unknown, and what follows from it."""
    sent_at = submission.unknown_since or submission.created_at
    taken = Submission.objects.for_team(submission.team).exclude(breakcold_id="").exclude(pk=submission.pk)
    throttle.spend(key)
    attempt = submissions.begin_look_up(submission=submission, key=key, now=timezone.now())
    error: BreakcoldError | None = None
    try:
        sighting = lookup.look_up(
            _paid_pages(key, client),
            body_of(submission),
            sent_at=sent_at,
            taken_ids=set(taken.filter(finished_at__gte=sent_at - lookup.SKEW).values_list("breakcold_id", flat=True)),
        )
    except throttle.OutOfBudget:
        sighting = lookup.Sighting(Seen.UNSURE)
    except BreakcoldError as exc:
        sighting, error = lookup.Sighting(Seen.UNSURE), exc
        throttle.learn_from(key, exc)
    submissions.finish_look_up(attempt=attempt, outcome=sighting.seen.value, at=timezone.now(), error=error)
    try:
        _act_on(submission, sighting, sent_at)
    except submissions.IllegalTransition:
        log.info("%s was settled by somebody else while it was looked up", submission.reference)


def _paid_pages(key: BreakcoldKey, client: BreakcoldClient) -> Callable[[int, int], Answer]:
    """Reads pages of leads; the first is paid for already, each other one costs a call."""

    def read(page: int, page_size: int) -> Answer:
        if page > 1:
            throttle.spend(key)
        answer = client.list_leads(page=page, page_size=page_size)
        throttle.learn_from(key, answer)
        return answer

    return read


def _act_on(submission: Submission, sighting: lookup.Sighting, sent_at: datetime) -> None:
    done = submission.look_up_count
    what = policy.after_look_up(sighting.seen, look_ups_before=done, resends_before=submission.resend_count)
    if what is Settle.FOUND and sighting.lead is not None:
        submissions.resolve_found(submission=submission, lead=sighting.lead, actor=SYSTEM)
    elif what is Settle.RESEND:
        submissions.resolve_missing(submission=submission, actor=SYSTEM)
    else:
        at = None
        if what is Settle.AGAIN:
            at = max(sent_at + timedelta(seconds=policy.LOOK_UP_SECONDS[done + 1]), timezone.now())
        submissions.plan_look_up(submission=submission, at=at, found=sighting.seen.value, actor=SYSTEM)
