"""What an answer says of the budget, and of how long to wait."""

import json

import pytest

from leads.breakcold.errors import RateLimit, RateLimited
from tests.breakcold.kit import outcome
from tests.breakcold.loopback import CREATED, LEAD, answer

HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "expected"),
    [
        ("60", "59", "145", (60, 59, 145.0)),
        (" 60 ", "0", "0.5", (60, 0, 0.5)),
        ("-1", "-5", "-3", (-1, -5, -3.0)),
        ("", "", "", (None, None, None)),
        ("many", "60/60", "soon", (None, None, None)),
        ("NaN", "Infinity", "-inf", (None, None, None)),
        ("1e400", "9" * 5000, "1" * 60_000, (None, None, None)),
        ("1e13", "10000000000000", "-1e12", (None, None, None)),
        ("1e3", "5.9", "1763871600", (1000, 5, 1763871600.0)),
        ("60, 60", "59;w=60", "0x10", (None, None, None)),
    ],
    ids=lambda value: str(value)[:12],
)
@pytest.mark.parametrize("status", [200, 500])
def test_it_reads_the_budget_from_the_headers(limit, remaining, reset, expected, status):
    lines = [f"{name}: {value}" for name, value in zip(HEADERS, (limit, remaining, reset), strict=True)]
    said = outcome(answer(CREATED, status, *lines)).rate_limit
    assert (said.limit, said.remaining, said.reset_seconds) == expected
    assert said.retry_after_seconds is None


@pytest.mark.parametrize("status", [200, 400, 401, 404, 302, 429, 500])
def test_it_reads_an_answer_without_budget_headers(status):
    assert outcome(answer(CREATED, status)).rate_limit == RateLimit()


def test_it_reads_budget_headers_in_any_case():
    said = outcome(answer(CREATED, 200, "x-ratelimit-limit: 5", "X-RATELIMIT-REMAINING: 4")).rate_limit
    assert (said.limit, said.remaining) == (5, 4)


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        ("120", {}, 120.0),
        ("0", {}, 0.0),
        ("1.5", {}, 1.5),
        ("", {"retryAfterMs": 1500}, 1.5),
        ("", {"retryAfterMs": "250"}, 0.25),
        ("1", {"retryAfterMs": 60_000}, 60.0),
        ("60", {"retryAfterMs": 1_000}, 60.0),
        ("soon", {"retryAfterMs": 2_000}, 2.0),
        ("NaN", {"retryAfterMs": None}, None),
        ("9" * 400, {"retryAfterMs": 10**400}, None),
        ("-1e999", {"retryAfterMs": [1]}, None),
        ("Wed, 99 Xyz 20261 99:99:99 GMT", {"retryAfterMs": {}}, None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", {}, None),
        ("", [], None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_it_reads_how_long_to_wait(header, body, expected):
    error = outcome(answer(json.dumps(body).encode(), 429, f"Retry-After: {header}"))
    assert type(error) is RateLimited and error.rate_limit.retry_after_seconds == expected


def test_it_reads_a_date_to_wait_for():
    late = outcome(answer(b"", 429, "Retry-After: Fri, 31 Dec 2199 23:59:59 GMT")).rate_limit
    past = outcome(answer(b"", 429, "Retry-After: Sat, 01 Jan 2000 00:00:00 GMT")).rate_limit
    assert late.retry_after_seconds > 3600 and past.retry_after_seconds < 0


def test_it_stops_at_the_limit_of_the_sandbox(sandbox, client):
    sandbox.limit(2)
    client.create_lead(LEAD)
    client.get("/me")
    with pytest.raises(RateLimited) as caught:
        client.create_lead(LEAD)
    assert caught.value.rate_limit.remaining == 0 and caught.value.rate_limit.reset_seconds > 0
    assert len(sandbox.ledger()) == 1
