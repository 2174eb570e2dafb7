"""Two worker processes on one database: every lead once, every chain whole, every team served."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import transaction

from leads.models import Submission
from leads.models.teams import Environment
from leads.services import keys, submissions
from leads.states import State
from tests.factories import OPERATOR, actor_for, lead_values, make_member, make_team
from tests.fakes import SANDBOX_KEY

from .kit import check_books, emails

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def enter_many(team, user, count):
    with transaction.atomic():
        for number in range(count):
            values = lead_values(email=f"{team.slug}-{number}@example.com")
            submissions.enter(team=team, values=values, actor=actor_for(user))


def created() -> int:
    return Submission.objects.filter(state=State.CREATED).count()


def test_it_brings_200_leads_once_with_two_workers(workers, sandbox, key, team, bob):
    enter_many(team, bob, 200)
    for _ in range(2):
        workers.start()
    workers.wait_until(lambda: created() == 200)
    assert len(set(emails(sandbox))) == len(emails(sandbox)) == 200
    assert Submission.objects.values("breakcold_id").distinct().count() == 200
    check_books(sandbox, team)


def test_it_serves_twenty_teams_side_by_side(workers, sandbox, django_db_blocker):
    """No team waits for the backlog of another: each has its own key, drain and budget."""
    teams = []
    for number in range(20):
        team = make_team(f"team-{number}")
        plain = f"{SANDBOX_KEY}-{number}"
        keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
        enter_many(team, make_member(team, f"member-{number}"), 3)
        teams.append(team)
    sandbox.fault("delay", seconds=2.0, key=f"{SANDBOX_KEY}-0", times=3)
    worker = workers.start()
    workers.wait_until(lambda: created() == 60)
    accounts = Counter(entry["account"] for entry in sandbox.ledger())
    assert sorted(accounts.values()) == [3] * 20
    assert worker.poll() is None
    check_books(sandbox, *teams)
