"""A key that meets trouble, or is refused: when its leads wait, and when they go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.delivery import drain
from leads.models import BreakcoldKey, Submission
from leads.models.keys import KeyStatus
from leads.models.teams import Environment
from leads.services import keys
from tests.factories import OPERATOR
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from .kit import actions, check_books, key_of, paths, said, states
from .queueing import names, queueing

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(clock, key, team, bob):
    return queueing(team, key, bob)


# The circuit


def test_it_stops_sending_after_three_troubles_in_a_row(enter, run, sandbox, team):
    enter(*map(str, range(50)))
    sandbox.fault("cut", times=None)
    sandbox.fault("status", path="/rest/me", method="GET", status=503, times=None)
    run()
    for _ in range(20):
        run(60)
    assert states(team) == {"queued": 47, "unknown": 3}
    assert set(paths(sandbox)[3:]) == {"/me"}
    assert "Breakcold is not answering properly" in said(Submission.objects.filter(state="queued").first())


def test_it_loses_nothing_in_an_outage(enter, run, sandbox, team):
    enter(*map(str, range(50)))
    sandbox.fault("create_then_cut", times=3)
    run()
    sandbox.down()
    for _ in range(30):
        run(120)
    sandbox.up()
    for _ in range(10):
        run(300)
    assert states(team) == {"created": 50}
    check_books(sandbox, team)


def test_it_needs_one_more_trouble_to_open_the_circuit_again(enter, run, sandbox):
    enter(*"abcdefgh")
    sandbox.fault("cut", times=4)
    run()
    assert paths(sandbox) == ["/lead"] * 3
    run(16)
    assert paths(sandbox)[3:5] == ["/me", "/leads/list"]
    assert paths(sandbox).count("/lead") == 4
    assert key_of(BreakcoldKey.objects.get().team).is_waiting
    assert actions(BreakcoldKey.objects.get().team).count("key.circuit_opened") == 2


def test_it_probes_less_and_less_often(enter, run, sandbox, key):
    enter(*"abc")
    sandbox.down()
    run()
    waits = []
    for _ in range(7):
        at = drain.next_time(key.public_id)
        waits.append(round((at - timezone.now()).total_seconds()))
        run(waits[-1])
    assert waits == [15, 30, 60, 120, 300, 300, 300]


def test_it_pauses_a_key_whose_probe_is_refused(enter, run, sandbox, team):
    enter(*"abc")
    sandbox.fault("cut", times=3)
    run()
    sandbox.revoke(SANDBOX_KEY)
    run(16)
    assert key_of(team).status == KeyStatus.PAUSED
    assert actions(team)[-1] == "key.paused"


# A paused key


def test_it_sends_nothing_with_a_paused_key_until_a_probe_answers(enter, run, sandbox, team):
    enter(*"abc")
    sandbox.revoke(SANDBOX_KEY)
    run()
    run(299)
    assert paths(sandbox) == ["/lead"]
    run(1)
    assert paths(sandbox) == ["/lead", "/me"]
    sandbox.restore(SANDBOX_KEY)
    run(900)
    assert names(sandbox) == list("abc")
    assert states(team) == {"created": 3}
    assert actions(team).count("key.paused") == actions(team).count("key.reopened") == 1


def test_it_sends_everything_with_the_key_that_replaces_a_refused_one(enter, run, sandbox, team):
    enter(*"abc")
    sandbox.revoke(SANDBOX_KEY)
    run()
    new = keys.set_key(team=team, plain=OTHER_SANDBOX_KEY, environment=Environment.SANDBOX, check=True, actor=OPERATOR)
    drain.drain(new.public_id)
    assert names(sandbox) == list("abc")
    assert drain.drain(BreakcoldKey.objects.get(status=KeyStatus.REVOKED).public_id) is None


def test_it_does_not_spin_on_a_key_that_cannot_be_opened(enter, run, sandbox, key, team):
    enter("a")
    BreakcoldKey.objects.update(sealed="damaged")
    for _ in range(4):
        run()
        at = drain.next_time(key.public_id)
        assert at > timezone.now() + timedelta(seconds=100)
        run((at - timezone.now()).total_seconds())
    assert sandbox.calls() == []
    assert actions(team).count("key.paused") == 1
