"""What follows when a webhook could not be told, as a table."""

from __future__ import annotations

import pytest

from leads.delivery import webhook_policy as policy
from leads.outbound import Failure, Reply

DAY = 24 * 3600


def no_jitter() -> float:
    return 0.0


def test_it_waits_longer_each_time():
    waits = [policy.wait_after(attempts, jitter=no_jitter) for attempts in range(1, len(policy.WAITS) + 1)]
    assert waits == sorted(waits) and waits[0] == 15


def test_it_gives_up_within_a_day_and_not_much_before():
    total = sum(policy.wait_after(attempts, jitter=no_jitter) for attempts in range(1, len(policy.WAITS) + 1))
    assert DAY * 0.9 < total <= DAY
    assert policy.wait_after(len(policy.WAITS) + 1, jitter=no_jitter) is None


@pytest.mark.parametrize("attempts", range(1, len(policy.WAITS) + 1))
def test_it_takes_a_little_off_at_random(attempts):
    longest = policy.wait_after(attempts, jitter=no_jitter)
    shortest = policy.wait_after(attempts, jitter=lambda: 1.0)
    assert shortest == pytest.approx(longest * 0.8)


@pytest.mark.parametrize(
    ("failures", "said", "seconds"),
    [
        (1, Failure("x"), 5),
        (2, Reply(500, {}, b""), 15),
        (5, Reply(500, {}, b""), 600),
        (500, Reply(500, {}, b""), 600),  # it never leaves a receiver alone for longer by itself
        (1, Reply(429, {"Retry-After": "30"}, b""), 30),
        (1, Reply(503, {"Retry-After": "120"}, b""), 120),
        (1, Reply(429, {"Retry-After": "1"}, b""), 5),
        (1, Reply(429, {"Retry-After": "9999999"}, b""), 3600),  # within reason
        (1, Reply(429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b""), 5),
        (1, Reply(429, {"Retry-After": "-5"}, b""), 5),
        (1, Reply(429, {"Retry-After": "٣٠"}, b""), 5),
        (1, Reply(500, {"Retry-After": "30"}, b""), 5),  # means nothing there
        (1, Failure("cut", reply=Reply(429, {"Retry-After": "30"}, None)), 30),
    ],
)
def test_it_leaves_a_receiver_alone(failures, said, seconds):
    assert policy.rest_after(failures, said) == seconds


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Reply(200, {}, b"ok"), ""),
        (Reply(204, {}, b""), ""),
        (Reply(299, {}, None), ""),
        (Failure("the body broke off", reply=Reply(200, {}, None)), ""),
        (Reply(302, {}, b""), "redirect (302), which is not followed"),
        (Reply(400, {}, b""), "answered 400"),
        (Reply(410, {}, b""), "answered 410"),
        (Reply(500, {}, b""), "answered 500"),
        (Reply(199, {}, b""), "answered 199"),
        (Failure("x", is_forbidden=True), "sends nothing to"),
        (Failure("x", is_unusable=True), "cannot be used"),
        (Failure("x", is_slow=True, body_began=True), "in time"),
        (Failure("x", is_slow=True), "in time"),
        (Failure("x", body_began=True), "broke before it answered"),
        (Failure("x"), "could not be reached"),
    ],
)
def test_it_says_what_went_wrong(said, words):
    trouble = policy.trouble_of(said)
    assert words in trouble and bool(words) == bool(trouble)
