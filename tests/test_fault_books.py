"""The fault campaign's checker says yes to books that agree, and names each kind of disagreement."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from bench.faults import books
from leads.delivery import drain
from leads.models import AuditEntry, BreakcoldKey, Submission, Team
from leads.services import submissions
from leads.states import State
from tests.audit.tampering import triggers_off
from tests.factories import OPERATOR, make_submission

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Played:
    """What the checker asks of a play."""

    team: Team
    made: list[dict[str, Any]]
    accepted: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> Any:
        return Submission.objects.filter(team=self.team)

    def ledger(self) -> list[dict[str, Any]]:
        return self.made

    def states(self) -> dict[str, int]:
        return Counter(self.rows.values_list("state", flat=True))


@pytest.fixture
def played(team, bob, key: BreakcoldKey, sandbox) -> Played:
    """Two leads in Breakcold, one undone."""
    before = len(sandbox.ledger())
    undone = make_submission(team, bob, email="undone@example.com")
    submissions.cancel(submission=undone, actor=OPERATOR)
    leads = [undone, *(make_submission(team, bob, email=f"{name}@example.com") for name in ("a", "b"))]
    drain.drain(key.public_id)
    made = sandbox.ledger()[before:]
    return Played(team, made, {str(lead.public_id): lead.values["email"] for lead in leads})


def test_it_finds_nothing_where_the_books_agree(played):
    assert len(played.made) == 2
    assert books.check(played) == []


def test_it_misses_a_lead_that_was_accepted(played):
    played.accepted["7b0e9f0c-0000-4000-8000-000000000000"] = "lost@example.com"
    assert any("not there" in each for each in books.check(played))


def test_it_sees_a_lead_that_was_created_twice(played):
    played.made = [*played.made, {**played.made[0], "id": "another"}]
    found = books.check(played)
    assert any("created twice" in each for each in found)
    assert any("nobody's" in each for each in found)


def test_it_sees_a_lead_that_breakcold_does_not_have(played):
    played.made = played.made[1:]
    assert any("does not know it" in each for each in books.check(played))


def test_it_sees_a_lead_that_was_undone_and_sent(played):
    played.made = [*played.made, {"id": "more", "body": {"email": "undone@example.com"}}]
    assert any("cancelled, and the ledger has it" in each for each in books.check(played))


def test_it_sees_a_state_that_the_log_does_not_know(played):
    played.rows.filter(state=State.CREATED).update(state=State.FAILED)
    assert any("the log left it" in each for each in books.check(played))


def test_it_reads_the_chain(played):
    with triggers_off():
        AuditEntry.objects.filter(action="submission.claimed").update(action="submission.edited")
    found = books.check(played)
    assert any(each.startswith("audit ") for each in found)
    assert any("no intent" in each for each in found)
