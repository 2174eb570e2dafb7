from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import BreakcoldKey, Submission, Team, User
from leads.models.submissions import REFERENCE_LETTERS, new_reference
from leads.states import State
from tests.services.states_of_the_world import bring_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_of_each(team: Team, bob: User, key: BreakcoldKey) -> dict[str, Submission]:
    states = [state for state in State if state != State.QUEUED]  # last, for the others pass through the queue
    return {state.value: bring_to(state, team, bob, key) for state in [*states, State.QUEUED]}


def test_it_finds_what_is_due(one_of_each: dict[str, Submission]) -> None:
    lead, now = one_of_each["queued"], timezone.now()
    assert list(Submission.objects.due(now)) == [lead]
    assert list(Submission.objects.due(lead.send_after - timedelta(seconds=1))) == []


def test_it_finds_leases_that_ran_out(one_of_each: dict[str, Submission]) -> None:
    lead = one_of_each["sending"]
    assert list(Submission.objects.lease_expired(timezone.now())) == []
    assert list(Submission.objects.lease_expired(lead.lease_until)) == [lead]


def test_it_finds_what_is_to_be_looked_up(one_of_each: dict[str, Submission]) -> None:
    assert list(Submission.objects.to_settle(timezone.now())) == [one_of_each["unknown"]]


def test_it_finds_what_waits_for_a_person(one_of_each: dict[str, Submission]) -> None:
    assert set(Submission.objects.need_attention()) == {one_of_each["changes_requested"], one_of_each["failed"]}
    Submission.objects.filter(state=State.UNKNOWN).update(look_up_at=None)
    assert one_of_each["unknown"] in Submission.objects.need_attention()


def test_it_shows_a_team_its_own_leads(one_of_each: dict[str, Submission], other_team: Team) -> None:
    assert Submission.objects.for_team(other_team).count() == 0


def test_it_names_leads_so_that_people_can_read_them_out() -> None:
    names = {new_reference() for _ in range(200)}
    assert len(names) == 200
    assert all(name.startswith("L-") and len(name) == 10 and set(name[2:]) <= set(REFERENCE_LETTERS) for name in names)
    assert not set(REFERENCE_LETTERS) & set("ILOU")
