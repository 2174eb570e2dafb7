from __future__ import annotations

import pytest

from leads.breakcold import errors
from leads.delivery import policy
from leads.delivery.policy import ForKey, Next, Seen, Settle

CREATED = errors.Created(id="1", body={"id": "1"}, status=200, rate_limit=errors.RateLimit())
WEEK = 7 * 24 * 3600


def decide(outcome, *, count=0, seconds=0.0, last_kind="", jitter=0.0):
    return policy.decide(
        outcome,
        not_sent_count=count,
        not_sent_seconds=seconds,
        last_kind=last_kind,
        jitter=lambda: jitter,
    )


@pytest.mark.parametrize("outcome", [errors.KeyRejected("who?"), errors.Misconfigured("moved")])
def test_it_puts_a_lead_last_that_was_turned_away_twice_while_the_key_works(outcome):
    for last_kind in ("key_rejected", "misconfigured"):
        assert decide(outcome, last_kind=last_kind).wait_seconds == 3600
        assert decide(outcome, last_kind=last_kind).for_key is ForKey.PAUSE
    assert decide(outcome, last_kind="not_sent").wait_seconds == 0


def test_it_lets_no_other_outcome_be_put_last():
    assert decide(CREATED, last_kind="key_rejected") == decide(CREATED)
    assert decide(errors.RateLimited("slow"), last_kind="key_rejected").wait_seconds == 0


@pytest.mark.parametrize(
    ("outcome", "what", "kind", "for_key", "wait"),
    [
        (CREATED, Next.CREATED, "created", ForKey.SUCCESS, 0),
        (errors.Refused("no", status=400), Next.FAILED, "refused", ForKey.SUCCESS, 0),
        (errors.Refused("by ourselves"), Next.FAILED, "unsendable", ForKey.NOTHING, 0),
        (errors.RateLimited("slow"), Next.POSTPONE, "rate_limited", ForKey.NOTHING, 0),
        (errors.NotSent("away"), Next.POSTPONE, "not_sent", ForKey.TROUBLE, 5),
        (errors.KeyRejected("who?"), Next.POSTPONE, "key_rejected", ForKey.PAUSE, 0),
        (errors.Misconfigured("moved"), Next.POSTPONE, "misconfigured", ForKey.PAUSE, 0),
        (errors.OutcomeUnknown("?"), Next.UNKNOWN, "unknown", ForKey.TROUBLE, 15),
    ],
    ids=lambda value: type(value).__name__,
)
def test_it_decides_by_the_class_of_the_outcome(outcome, what, kind, for_key, wait):
    assert decide(outcome) == policy.Decision(what, kind, for_key, wait)


def test_it_knows_every_class_of_outcome():
    known = {*policy.PLAIN, errors.NotSent}
    assert known == {errors.Created, *errors.BreakcoldError.__subclasses__()}


@pytest.mark.parametrize(
    ("before", "wait"), [(0, 5), (1, 30), (2, 120), (3, 600), (4, 1800), (5, 3600), (6, 3600), (150, 3600)]
)
def test_it_waits_longer_after_each_try_that_did_not_leave(before, wait):
    assert decide(errors.NotSent("away"), count=before).wait_seconds == wait


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 5), (0.5, 5.5), (1.0, 6)])
def test_it_only_lengthens_a_wait_by_jitter(jitter, wait):
    assert decide(errors.NotSent("away"), jitter=jitter).wait_seconds == pytest.approx(wait)


@pytest.mark.parametrize(("seconds", "what"), [(WEEK - 1, Next.POSTPONE), (WEEK, Next.FAILED)])
def test_it_gives_up_after_a_week(seconds, what):
    decision = decide(errors.NotSent("away"), count=170, seconds=seconds)
    assert (decision.next, decision.for_key) == (what, ForKey.TROUBLE)


@pytest.mark.parametrize(
    ("seen", "look_ups", "resends", "then"),
    [
        (Seen.ONE, 0, 0, Settle.FOUND),
        (Seen.ONE, 2, 1, Settle.FOUND),
        (Seen.SEVERAL, 0, 0, Settle.ASK),
        (Seen.SEVERAL, 2, 0, Settle.ASK),
        (Seen.NONE, 0, 0, Settle.AGAIN),
        (Seen.NONE, 1, 0, Settle.AGAIN),
        (Seen.NONE, 2, 0, Settle.RESEND),
        (Seen.NONE, 2, 1, Settle.ASK),
        (Seen.UNSURE, 0, 0, Settle.AGAIN),
        (Seen.UNSURE, 1, 1, Settle.AGAIN),
        (Seen.UNSURE, 2, 0, Settle.ASK),
        (Seen.UNSURE, 2, 1, Settle.ASK),
        (Seen.NONE, 7, 0, Settle.RESEND),
    ],
)
def test_it_settles_by_what_was_seen(seen, look_ups, resends, then):
    assert policy.after_look_up(seen, look_ups_before=look_ups, resends_before=resends) is then


def test_it_looks_up_after_15_seconds_2_minutes_and_15_minutes():
    assert policy.LOOK_UP_SECONDS == (15, 120, 900)
