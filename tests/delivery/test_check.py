from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone

from leads.audit import OPERATOR
from leads.breakcold.errors import RateLimit
from leads.breakcold.sandbox import SandboxServer
from leads.delivery import check, throttle
from leads.models import BreakcoldKey, RateBucket
from leads.models.keys import KeyStatus
from leads.services.teams import NotPossible
from tests.fakes import SANDBOX_KEY

from .kit import actions, paths

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_earlier_checks(db) -> None:
    cache.clear()


def test_it_says_whose_key_it_is_and_spends_one_call(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    sandbox.limit(60)
    assert check.check(key, actor=OPERATOR).owner_label == "Sandbox owner"
    assert paths(sandbox) == ["/me"]
    key.refresh_from_db()
    assert key.owner_label == "Sandbox owner"
    assert RateBucket.objects.get(fingerprint=key.fingerprint).learned_at is not None
    assert actions(key.team)[-1] == "key.checked"


def test_it_cannot_be_hammered(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    check.check(key, actor=OPERATOR)
    for _ in range(3):
        with pytest.raises(NotPossible, match="a moment ago"):
            check.check(key, actor=OPERATOR)
    assert paths(sandbox) == ["/me"]


def test_it_yields_to_leads_when_the_budget_is_used(key: BreakcoldKey, sandbox: SandboxServer, clock) -> None:
    said = RateLimit(limit=60, remaining=0, reset_seconds=60)
    throttle.learn(key.fingerprint, said, was_limited=False, now=timezone.now())
    with pytest.raises(NotPossible, match="are used until 09:0"):
        check.check(key, actor=OPERATOR)
    assert paths(sandbox) == []


def test_it_reopens_a_paused_key(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    sandbox.revoke(SANDBOX_KEY)
    with pytest.raises(NotPossible, match=r"does not accept this key \(401\)"):
        check.check(key, actor=OPERATOR)
    key.refresh_from_db()
    assert key.status == KeyStatus.PAUSED
    assert actions(key.team)[-2:] == ["key.checked", "key.paused"]
    sandbox.restore(SANDBOX_KEY)
    cache.clear()
    check.check(key, actor=OPERATOR)
    key.refresh_from_db()
    assert (key.status, key.probe_at) == (KeyStatus.ACTIVE, None)
    assert actions(key.team)[-2:] == ["key.checked", "key.reopened"]


@pytest.mark.parametrize(
    ("fault", "troubles", "status"),
    [
        ({"status": 500}, 1, KeyStatus.ACTIVE),
        ({"status": 429}, 0, KeyStatus.ACTIVE),
        ({"status": 404}, 0, KeyStatus.PAUSED),
        ({"status": 302}, 0, KeyStatus.PAUSED),
    ],
)
def test_it_counts_what_it_finds_as_a_lead_s_delivery_would(fault, troubles, status, key, sandbox) -> None:
    sandbox.fault("status", method="GET", path="/rest/me", **fault)
    with pytest.raises(NotPossible, match="It does not work just now"):
        check.check(key, actor=OPERATOR)
    key.refresh_from_db()
    assert (key.troubles_in_a_row, key.status) == (troubles, status)


def test_it_plans_the_next_probe_of_an_open_circuit(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    BreakcoldKey.objects.filter(pk=key.pk).update(probe_at=timezone.now(), probes_failed=1, troubles_in_a_row=3)
    key.refresh_from_db()
    sandbox.fault("cut", method="GET", path="/rest/me")
    with pytest.raises(NotPossible):
        check.check(key, actor=OPERATOR)
    before, _ = key.probe_at, key.refresh_from_db()
    assert key.probe_at > before
    assert key.probes_failed == 2


def test_it_says_that_a_key_cannot_be_opened(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    BreakcoldKey.objects.filter(pk=key.pk).update(sealed="gAAAAA")
    key.refresh_from_db()
    with pytest.raises(NotPossible, match="cannot open this key any more"):
        check.check(key, actor=OPERATOR)
    assert paths(sandbox) == []
