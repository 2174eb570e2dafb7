from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leads.models import GatewayRequest, GatewayToken, Team
from leads.services import gateway_requests, tokens
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)


@pytest.fixture
def token(team: Team) -> GatewayToken:
    return tokens.issue_token(team=team, name="Fair app", requests_a_minute=2, actor=OPERATOR)[0]


def count(token: GatewayToken, now: datetime, *, by_previous: bool = False) -> gateway_requests.Budget:
    return gateway_requests.count_request(token=token, address="203.0.113.9", by_previous=by_previous, now=now)


def test_it_counts_within_a_minute_of_the_clock(token: GatewayToken) -> None:
    seen = [count(token, NOW) for _ in range(4)]
    assert [budget.remaining for budget in seen] == [1, 0, 0, 0]
    assert [budget.is_over for budget in seen] == [False, False, True, True]
    assert [budget.is_first_over for budget in seen] == [False, False, True, False]
    assert {budget.reset_seconds for budget in seen} == {31}
    assert count(token, NOW + timedelta(seconds=30)).used == 1


def test_a_clock_set_back_begins_anew_and_locks_nobody_out(token: GatewayToken) -> None:
    for _ in range(3):
        count(token, NOW)
    assert count(token, NOW - timedelta(days=1)).used == 1


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", ""),
        ("nonsense", ""),
        ("unix:", ""),
    ],
)
def test_it_keeps_a_part_of_an_address(address: str, kept: str) -> None:
    assert gateway_requests.coarse(address) == kept


def test_it_notes_the_last_use_of_both_texts(token: GatewayToken) -> None:
    count(token, NOW)
    token.refresh_from_db()
    assert (token.last_used_at, token.last_used_from, token.previous_used_at) == (NOW, "203.0.113.0/24", None)
    count(token, NOW, by_previous=True)
    token.refresh_from_db()
    assert token.previous_used_at == NOW


def note(token: GatewayToken | None, at: datetime) -> None:
    gateway_requests.note_request(
        token=token, submission=None, at=at, method="GET", path="/rest/me", status=200, outcome="read",
        address="", seconds=0.01, reference="r",
    )  # fmt: skip


def test_it_drops_requests_after_thirty_days(token: GatewayToken) -> None:
    for days in (29, 30, 31):
        note(token, NOW - timedelta(days=days))
    assert gateway_requests.prune_requests(now=NOW) == 2
    assert GatewayRequest.objects.get().at == NOW - timedelta(days=29)


def test_it_keeps_few_requests_of_strangers_and_all_of_tokens(token: GatewayToken, monkeypatch) -> None:
    monkeypatch.setattr(gateway_requests, "KEEP_UNNAMED", 3)
    for number in range(5):
        note(None, NOW + timedelta(seconds=number))
        note(token, NOW)
    assert gateway_requests.prune_requests(now=NOW) == 2
    left = GatewayRequest.objects.filter(token=None).order_by("at")
    assert [row.at.second for row in left] == [32, 33, 34]
    assert GatewayRequest.objects.filter(token=token).count() == 5
