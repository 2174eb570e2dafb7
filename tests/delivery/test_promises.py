"""What docs/delivery.md promises, in short versions; ``bench.promises`` tells the same stories at full length."""

from __future__ import annotations

import time
from datetime import timedelta
from random import Random

import pytest
from django.db import close_old_connections, connections

from leads.breakcold.sandbox import SandboxServer
from leads.models.teams import Environment
from leads.services import keys
from tests.factories import OPERATOR
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from . import scenarios
from .scenarios import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(clock, key, team, bob, sandbox) -> Stage:
    return Stage(team, bob, sandbox, clock, Random(5))


@pytest.mark.parametrize("hours", [24, 72])
def test_it_outlives_an_outage(stage, hours):
    assert scenarios.outage(stage, hours=hours, leads=12, step=timedelta(hours=1))["unknown"] <= 3


def test_a_story_told_after_another_is_not_mixed_up_with_it(stage, other_team, charlie, clock, settings):
    scenarios.outage(stage, hours=24, leads=3, step=timedelta(hours=1))
    with SandboxServer(clock=time.time) as sandbox:
        settings.BREAKCOLD_SANDBOX_URL = sandbox.url
        keys.set_key(
            team=other_team, plain=OTHER_SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR
        )
        other = Stage(other_team, charlie, sandbox, clock, Random(5))
        assert scenarios.outage(other, hours=24, leads=3, step=timedelta(hours=1))["unknown"] <= 3


def test_it_lets_nobody_who_types_wait_behind_an_import(stage):
    scenarios.fairness(stage, minutes=1)


@pytest.mark.parametrize("made", [True, False], ids=["created", "not created"])
def test_it_settles_lost_replies_by_itself(stage, made):
    scenarios.lost_replies(stage, leads=12, made=made)


def test_it_marks_nothing_as_failed_when_the_key_is_refused(stage):
    scenarios.revoked(stage, leads=12, plain=SANDBOX_KEY, other=OTHER_SANDBOX_KEY)


def test_it_loses_nothing_when_the_key_is_replaced_again_and_again(stage):
    scenarios.rotated(stage, rounds=6, plains=(OTHER_SANDBOX_KEY, SANDBOX_KEY))


@pytest.mark.django_db(transaction=True)
def test_an_undo_happens_or_the_lead_is_sent(stage):
    def close() -> None:
        close_old_connections()
        connections.close_all()

    assert scenarios.undo_races(stage, races=20, close=close)["races"] == 20
