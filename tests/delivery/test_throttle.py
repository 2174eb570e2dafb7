"""Two simulated hours against a Breakcold with fixed windows: never a 429 of our own making, the budget well used."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from leads.breakcold.errors import Answer, RateLimit, RateLimited
from leads.delivery import throttle
from leads.models import RateBucket
from tests.factories import OPERATOR, make_team

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOURS = 2
MARGIN = throttle.RESET_MARGIN_SECONDS
ROUNDINGS = {"down": math.floor, "up": math.ceil, "not": float}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class FixedWindows:
    """Counts calls per window; windows follow each other, or open with the first call after the last one closed."""

    limit: int
    window: float
    rounding: str = "up"
    opened_by_a_call: bool = False
    tells: bool = True
    eaten: int = 0  # calls of each window that a foreign client takes, as soon as it sees us come
    start: float = 0.0
    spent: Counter[float] = field(default_factory=Counter)
    refused: Counter[float] = field(default_factory=Counter)

    def call(self, moment: float) -> tuple[bool, RateLimit]:
        if self.opened_by_a_call:
            if moment - self.start >= self.window or not self.spent:
                self.start = moment
        else:
            self.start += (moment - self.start) // self.window * self.window
        if self.eaten and self.start not in self.spent:
            self.spent[self.start] = self.eaten
        accepted = self.spent[self.start] < self.limit
        (self.spent if accepted else self.refused)[self.start] += 1
        left = float(ROUNDINGS[self.rounding](self.window - (moment - self.start)))
        remaining = self.limit - self.spent[self.start]
        return accepted, RateLimit(self.limit, remaining, left) if self.tells else RateLimit()


def used(server: FixedWindows, *, call_seconds: float, first_call: float = 0.0) -> float:
    """The share of what was left for us in two hours that a backlog with calls of this length made use of."""
    moment, ours = first_call, 0
    bucket = RateBucket(**throttle.first_guess(at(moment)))
    while moment < first_call + HOURS * 3600:
        until = throttle.take_from(bucket, at(moment))
        if until is not None:
            assert until > at(moment), "a wait that is over is no wait: this would spin"
            moment = max((until - START).total_seconds(), math.nextafter(moment, math.inf))
            continue
        accepted, said = server.call(moment + call_seconds / 2)
        ours += accepted
        moment += call_seconds
        throttle.learn_into(bucket, said, was_limited=not accepted, now=at(moment))
    return ours / ((server.limit - server.eaten) * HOURS * 3600 / server.window)


@pytest.mark.parametrize(("limit", "window"), [(60, 60), (60, 3600), (180, 60), (10, 60)])
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("opened_by_a_call", [False, True])
def test_it_uses_the_budget_and_never_overruns_it(limit, window, rounding, opened_by_a_call):
    for first_call in (0.0, 0.31 * window, 0.99 * window):
        server = FixedWindows(limit, window, rounding, opened_by_a_call)
        assert used(server, call_seconds=0.25, first_call=first_call) >= 0.95
        assert not server.refused


@pytest.mark.parametrize("call_seconds", [0.02, 0.3, 0.9])
@pytest.mark.parametrize("first_call", [0.0, 18.6, 59.4])
def test_it_uses_the_budget_when_no_header_tells_of_it(call_seconds, first_call):
    server = FixedWindows(60, 60, tells=False)
    assert used(server, call_seconds=call_seconds, first_call=first_call) >= 0.95
    assert not server.refused


@pytest.mark.parametrize(("limit", "window"), [(60, 60), (60, 3600), (180, 60)])
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_it_leaves_room_for_a_foreign_client_that_eats_half(limit, window, rounding):
    for first_call in (0.0, 0.5 * window, 0.99 * window):
        server = FixedWindows(limit, window, rounding, eaten=limit // 2)
        assert used(server, call_seconds=0.25, first_call=first_call) >= 0.95
        assert max(server.refused.values(), default=0) <= 1


@pytest.mark.parametrize(("limit", "window"), [(60, 60), (60, 3600), (180, 60)])
def test_it_causes_no_429_beside_a_foreign_client_that_calls_all_the_time(limit, window):
    """The other one takes half of each window, call by call. What it takes between our answer and our next call may
    cost us one refusal a window; nothing else does, and between the two of us the budget is used.
    """
    server = FixedWindows(limit, window)
    bucket, moment, ours, theirs, calls = RateBucket(**throttle.first_guess(START)), 0.0, 0, 0, 0
    apart, next_foreign = window / (limit // 2), 0.0
    while moment < HOURS * 3600:
        while next_foreign <= moment:
            theirs += server.call(next_foreign)[0]
            next_foreign += apart
        until = throttle.take_from(bucket, at(moment))
        if until is not None:
            moment = max((until - START).total_seconds(), math.nextafter(moment, math.inf))
            continue
        known = bucket.remaining
        accepted, said = server.call(moment)
        assert accepted or known <= 1, "refused although the last answer left room"
        ours, calls, moment = ours + accepted, calls + 1, moment + 0.25
        throttle.learn_into(bucket, said, was_limited=not accepted, now=at(moment))
    assert ours + theirs >= 0.95 * limit * HOURS * 3600 / window
    assert calls - ours <= HOURS * 3600 / window


@pytest.mark.parametrize(("limit", "window"), [(60, 60), (60, 3600), (180, 60)])
def test_bulk_leaves_room_for_others_and_uses_the_budget_all_the_same(limit, window):
    server, bucket, moment, ours, kept = (
        FixedWindows(limit, window),
        RateBucket(**throttle.first_guess(START)),
        0.0,
        0,
        0,
    )
    while moment < HOURS * 3600:
        until = throttle.take_from(bucket, at(moment), is_bulk=True)
        if until is not None:
            kept += throttle.free_at_of(bucket, at(moment)) is None
            moment = max((until - START).total_seconds(), math.nextafter(moment, math.inf))
            continue
        accepted, said = server.call(moment)
        ours, moment = ours + accepted, moment + 0.1
        throttle.learn_into(bucket, said, was_limited=not accepted, now=at(moment))
    assert ours >= 0.95 * limit * HOURS * 3600 / window
    assert kept >= HOURS * 3600 / window - 1, "in each window somebody who types finds a call left"
    assert not server.refused


@pytest.mark.parametrize(("limit", "window"), [(60, 60), (60, 3600), (180, 60)])
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_who_types_beside_bulk_waits_for_two_even_parts_of_a_window_at_most(limit, window, rounding):
    """Whenever in the window that is: each is typed a little later in it than the one before."""
    server, even = FixedWindows(limit, window, rounding), window / limit
    bucket, moment, typed_at, waits = RateBucket(**throttle.first_guess(START)), 0.0, window / 2, []
    while moment < HOURS * 3600:
        is_typed = typed_at <= moment
        until = throttle.take_from(bucket, at(moment), is_bulk=not is_typed)
        if until is not None:
            moment = max((until - START).total_seconds(), math.nextafter(moment, math.inf))
            if not is_typed:
                moment = min(moment, typed_at)
            continue
        if is_typed:
            waits.append(moment - typed_at)
            typed_at += window / 2 + even / 3
        accepted, said = server.call(moment)
        moment += 0.1
        throttle.learn_into(bucket, said, was_limited=not accepted, now=at(moment))
    assert len(waits) >= HOURS * 3600 / window
    assert max(waits) <= max(2 * even, throttle.RESET_MARGIN_SECONDS) + 0.1  # and the call under way
    assert not server.refused


ODD = [
    RateLimit(),
    RateLimit(60, 0, 30.0),
    RateLimit(60, 75, 145.0, 1.0),
    RateLimit(-5, -1, -30.0, -9.0),
    RateLimit(10**11, 10**11, 10.0**11, 10.0**11),
    RateLimit(reset_seconds=START.timestamp()),
    RateLimit(0, 0, 0.0, 0.0),
]


def test_it_asks_once_a_window_while_every_answer_is_a_429():
    """Ten thousand in a row, whatever their headers say: each only after the one before it had its time."""
    bucket, now, called = RateBucket(**throttle.first_guess(START)), START, []
    while len(called) < 10_000:
        until = throttle.take_from(bucket, now)
        if until is not None:
            assert until > now
            now = until
            continue
        assert len(called) < 2 or now - called[-1] >= timedelta(seconds=MARGIN), "a hot loop"
        called.append(now)
        throttle.learn_into(bucket, ODD[len(called) % len(ODD)], was_limited=True, now=now)
        assert throttle.take_from(bucket, now) is not None, "two calls in one window"


def test_it_makes_one_call_after_a_429_and_waits_for_its_answer(bucket):
    throttle.learn_into(bucket, RateLimit(60, 30, 10.0), was_limited=False, now=START)
    wait = limited(bucket, retry_after_seconds=10.0)
    now = START + timedelta(seconds=wait)
    assert throttle.take_from(bucket, now) is None
    assert throttle.take_from(bucket, now) is not None, "its answer is not here yet"
    for answers in (1, 2, 3):
        throttle.learn_into(bucket, RateLimit(60, 55 - answers, 50.0), was_limited=False, now=now)
        begun = 0
        while throttle.take_from(bucket, now) is None:
            begun += 1
        assert begun == 2, "each good answer lets two more begin"


def test_it_ends_the_ramp_once_as_many_as_a_window_holds_went_well(bucket):
    wait = limited(bucket, limit=10, remaining=0, reset_seconds=10.0)
    now = START + timedelta(seconds=wait)
    for left in range(9, 0, -1):
        assert throttle.take_from(bucket, now) is None
        throttle.learn_into(bucket, RateLimit(10, left, 10.0), was_limited=False, now=now)
    assert bucket.ramp is None


def test_it_tries_once_more_when_the_answer_it_waits_for_got_lost(bucket):
    now = START + timedelta(seconds=limited(bucket, retry_after_seconds=10.0))
    assert throttle.take_from(bucket, now) is None
    later = now + timedelta(seconds=throttle.PROBE_SECONDS)
    assert throttle.take_from(bucket, later - timedelta(seconds=1)) is not None
    assert throttle.take_from(bucket, later) is None


def test_a_good_answer_to_an_older_call_does_not_end_the_wait(bucket):
    wait = limited(bucket, retry_after_seconds=30.0)
    throttle.learn_into(bucket, RateLimit(60, 30, 30.0), was_limited=False, now=at(1))
    until = throttle.take_from(bucket, at(2))
    assert until is not None and (until - START).total_seconds() >= wait


def test_it_keeps_the_wait_short_of_the_window_when_told_so(bucket):
    assert limited(bucket, retry_after_seconds=0.4) == pytest.approx(0.4 + MARGIN)


def limited(bucket: RateBucket, now: datetime = START, **said) -> float:
    """The seconds that a 429 with these headers makes us wait."""
    throttle.learn_into(bucket, RateLimit(**said), was_limited=True, now=now)
    until = throttle.take_from(bucket, now)
    return (until - now).total_seconds() if until else 0.0


@pytest.fixture
def bucket() -> RateBucket:
    return RateBucket(**throttle.first_guess(START))


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ({}, 60),
        ({"limit": 60, "remaining": 0, "reset_seconds": 30.0}, 30 + MARGIN),
        ({"retry_after_seconds": 45.0}, 45 + MARGIN),
        ({"limit": 60, "remaining": 0, "reset_seconds": 30.0, "retry_after_seconds": 45.0}, 45 + MARGIN),
        ({"limit": 60, "remaining": 0, "reset_seconds": 45.0, "retry_after_seconds": 30.0}, 45 + MARGIN),
        ({"limit": 60, "remaining": 75, "reset_seconds": 145.0}, 145 + MARGIN),
        ({"limit": -60, "remaining": -1, "reset_seconds": -30.0}, 60),
        ({"reset_seconds": 0.0, "remaining": 0}, 60),
        ({"retry_after_seconds": 10.0**11}, 3600 + MARGIN),
        ({"reset_seconds": 900_000_000.0}, 3600 + MARGIN),
        ({"reset_seconds": START.timestamp() + 20}, 20 + MARGIN),
        ({"reset_seconds": START.timestamp() - 20}, 60),
    ],
    ids=lambda value: "" if isinstance(value, (int, float)) else "+".join(value) or "no headers",
)
def test_it_waits_for_the_strictest_thing_a_429_says(bucket, said, wait):
    assert limited(bucket, **said) == pytest.approx(wait)


@pytest.mark.parametrize(("limit", "kept"), [(-7, 60), (0, 60), (10**11, throttle.MAX_LIMIT)])
def test_it_keeps_a_limit_that_makes_sense(bucket, limit, kept):
    throttle.learn_into(bucket, RateLimit(limit, 10**11, 30.0), was_limited=False, now=START)
    assert (bucket.limit, bucket.remaining) == (kept, kept)


def test_it_counts_its_own_calls_when_an_answer_promises_more(bucket):
    throttle.learn_into(bucket, RateLimit(60, 10, 30.0), was_limited=False, now=START)
    assert throttle.take_from(bucket, at(0.1)) is None
    throttle.learn_into(bucket, RateLimit(60, 50, 30.0), was_limited=False, now=at(0.2))
    assert bucket.remaining == 9


def test_it_lets_two_calls_at_once_go_before_it_knows_anything(bucket):
    waits = [throttle.take_from(bucket, START) for _ in range(3)]
    assert waits[:2] == [None, None]
    assert timedelta(0) < waits[2] - START < timedelta(seconds=1.1)


@pytest.mark.parametrize("jump", [timedelta(hours=2), timedelta(days=1), timedelta(days=400)])
def test_it_does_not_stand_still_when_the_clock_is_set_back(bucket, jump):
    assert limited(bucket, reset_seconds=3000.0, remaining=0, limit=60) > 0
    assert throttle.take_from(bucket, START - jump) is None


@pytest.mark.django_db
def test_it_shares_one_budget_between_keys_with_the_same_fingerprint(key):
    from leads.models.teams import Environment
    from leads.services import keys
    from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

    def key_of(slug, plain):
        team = make_team(slug)
        return keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)

    same, other = key_of("twins", SANDBOX_KEY), key_of("others", OTHER_SANDBOX_KEY)
    said = Answer(status=200, body={}, rate_limit=RateLimit(60, 1, 30.0))
    throttle.learn_from(key, said)
    throttle.spend(same)
    with pytest.raises(throttle.OutOfBudget):
        throttle.spend(key)
    throttle.spend(other)


@pytest.mark.django_db
def test_it_says_when_the_next_call_may_be_made(key, clock):
    now = datetime.now(UTC)
    assert throttle.free_at(key.fingerprint, now=now) is None
    throttle.learn_from(key, RateLimited("slow", rate_limit=RateLimit(60, 0, 30.0)))
    assert throttle.free_at(key.fingerprint, now=now) == now + timedelta(seconds=30 + MARGIN)
    clock.shift(30 + MARGIN)
    assert throttle.free_at(key.fingerprint, now=datetime.now(UTC)) is None


@pytest.mark.django_db
def test_it_begins_no_call_once_the_worker_is_to_stop(key):
    throttle.stopping.set()
    with pytest.raises(throttle.OutOfBudget):
        throttle.spend(key)
    assert not RateBucket.objects.exists()
