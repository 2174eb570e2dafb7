"""The sandbox's rate limit and the headers that tell of it."""

import pytest
import requests

from leads.breakcold.sandbox import SandboxServer
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox(clock):
    with SandboxServer(clock=clock) as server:
        yield server


def get(sandbox, key=SANDBOX_KEY, path="/me"):
    return requests.get(sandbox.url + path, headers={"X-API-KEY": key})


def told(response):
    return [response.headers.get(f"X-RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")]


def test_it_starts_with_sixty_calls_in_sixty_seconds(sandbox, clock):
    assert told(get(sandbox)) == ["60", "59", "60"]
    clock.now += 14.5
    assert told(get(sandbox, path="/nothing")) == ["60", "58", "46"]
    assert told(requests.post(sandbox.url + "/lead", headers={"X-API-KEY": SANDBOX_KEY}, json={})) == ["60", "57", "46"]


def test_it_answers_429_over_the_limit_and_opens_a_new_window(sandbox, clock):
    sandbox.limit(2, window=10)
    assert [get(sandbox).status_code for _ in range(4)] == [200, 200, 429, 429]
    clock.now += 7
    over = requests.post(sandbox.url + "/lead", headers={"X-API-KEY": SANDBOX_KEY}, json={})
    assert over.status_code == 429 and told(over) == ["2", "0", "3"]
    assert over.json()["code"] == "TOO_MANY_REQUESTS" and over.json()["data"]["httpStatus"] == 429
    assert "Retry-After" not in over.headers and "retryAfterMs" not in over.json()
    assert sandbox.ledger() == []
    clock.now += 3
    assert told(get(sandbox)) == ["2", "1", "10"]


def test_it_keeps_a_budget_for_each_key(sandbox):
    sandbox.limit(1)
    assert [get(sandbox).status_code, get(sandbox).status_code] == [200, 429]
    assert get(sandbox, OTHER_SANDBOX_KEY).status_code == 200
    sandbox.limit(3, key=SANDBOX_KEY)
    assert told(get(sandbox)) == ["3", "2", "60"]
    assert get(sandbox, OTHER_SANDBOX_KEY).status_code == 429


def test_it_tells_nothing_to_a_client_without_a_key(sandbox):
    assert told(get(sandbox, "wrong")) == [None, None, None]


def test_it_can_leave_the_headers_out_or_garble_them(sandbox):
    sandbox.limit(5, headers="absent")
    assert told(get(sandbox)) == [None, None, None]
    sandbox.limit(5, headers="contradictory")
    assert told(get(sandbox)) == ["5", "20", "145"]
    sandbox.limit(5, headers="nonsense")
    assert told(get(sandbox)) == ["lots", "-7", "soon"]


def test_it_can_answer_like_the_newer_generation(sandbox, clock):
    sandbox.limit(0, window=30, headers="absent", retry_after=True, retry_after_ms=True)
    over = get(sandbox)
    assert over.headers["Retry-After"] == "30" and over.json()["retryAfterMs"] == 30_000
    sandbox.limit(0, retry_after="Wed, 21 Oct 2026 07:28:00 GMT", retry_after_ms="soon")
    over = get(sandbox)
    assert over.headers["Retry-After"].startswith("Wed") and over.json()["retryAfterMs"] == "soon"


def test_it_can_do_without_a_limit(sandbox):
    sandbox.limit(None)
    assert {get(sandbox).status_code for _ in range(70)} == {200}
    assert told(get(sandbox))[:2] == ["1000000", "999929"]


def test_it_counts_a_call_that_a_fault_swallows(sandbox):
    sandbox.fault("status", method="GET", path="/rest/me")
    assert told(get(sandbox)) == ["60", "59", "60"]
    sandbox.fault("status", method="GET", path="/rest/me", bare=True)
    assert told(get(sandbox)) == [None, None, None]
    assert told(get(sandbox)) == ["60", "57", "60"]


@pytest.mark.parametrize(
    "wrong", [{"limit": -1}, {"limit": "60"}, {"window": 0}, {"headers": "odd"}, {"retry_after": "1\r\nX: y"}]
)
def test_it_refuses_a_regime_that_cannot_be(sandbox, wrong):
    with pytest.raises(ValueError):
        sandbox.limit(**wrong)
