from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator

from leads.models import AuditEntry
from leads.services import second_factor
from tests.codes import code_of
from tests.factories import APP_SECRET, OPERATOR, give_app

from .threads import all_at_once


@pytest.fixture
def alice(alice):
    give_app(alice)
    return alice


@pytest.mark.django_db(transaction=True)
def test_one_of_two_who_send_the_same_code_at_once_gets_in(alice, monkeypatch) -> None:
    """In each of many races, none of which straddles two codes."""
    row = Authenticator.objects.get(user=alice)
    now = 1_800_000_015.0
    for _ in range(25):
        now += 30
        monkeypatch.setattr("time.time", lambda now=now: now)
        code = code_of(APP_SECRET)
        came_in = all_at_once(lambda _, code=code: second_factor.use_code(authenticator=row, code=code), 4)
        assert sorted(came_in) == [False, False, False, True]


def test_resetting_takes_all_and_is_in_the_log_of_each_team(team, other_team, alice, sign_in) -> None:
    other_team.memberships.create(user=alice)
    client = sign_in(alice)
    assert second_factor.reset(user=alice, actor=OPERATOR) == 1
    assert not alice.authenticator_set.exists()
    assert client.get("/accounts/2fa/").status_code == 302
    entries = AuditEntry.objects.filter(action="member.factors_reset")
    assert sorted(entry.team.slug for entry in entries) == ["brewers", "strangers"]
    assert {(entry.subject_id, entry.actor_kind) for entry in entries} == {(alice.public_id, "operator")}
