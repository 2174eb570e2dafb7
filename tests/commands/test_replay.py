from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from leads.breakcold.errors import NotSent
from leads.models import AuditEntry, Submission
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for
from tests.services.states_of_the_world import bring_to, claim, enter

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("replay", *arguments, stdout=out, stderr=err, **options)
    except CommandError as exc:
        return out.getvalue(), f"{err.getvalue()}{exc}"
    return out.getvalue(), err.getvalue()


@pytest.fixture
def given_up(team, bob, key):
    """Two leads that did not leave for a week."""
    made = []
    for number in range(2):
        lead = enter(team, bob, email=f"g{number}@example.com")
        attempt = claim(key)
        error = NotSent("Breakcold could not be reached.")
        submissions.record_failed(attempt=attempt, error=error, kind="given_up", at=attempt.started_at)
        made.append(lead)
    return made


def states(*leads) -> list[str]:
    return [Submission.objects.get(pk=lead.pk).state for lead in leads]


def test_it_lists_what_was_put_aside_and_sends_nothing(given_up, team, bob, key):
    refused = bring_to(State.FAILED, team, bob, key, email="refused@example.com")
    out, _ = run("brewers")
    assert all(lead.reference in out for lead in given_up) and refused.reference not in out
    assert "2 put aside" in out and states(*given_up) == [State.FAILED, State.FAILED]


def test_it_sends_all_again_but_not_what_breakcold_refused(given_up, team, bob, key):
    refused = bring_to(State.FAILED, team, bob, key, email="refused@example.com")
    assert run("brewers", "--all")[0] == "2 in the queue again.\n"
    assert states(*given_up, refused) == [State.QUEUED, State.QUEUED, State.FAILED]
    row = Submission.objects.get(pk=given_up[0].pk)
    assert (row.problem, row.not_sent_count, row.not_sent_since) == (None, 0, None)
    assert AuditEntry.objects.filter(action="submission.retried", actor_kind="operator").count() == 2


def test_it_sends_a_named_one_again(given_up):
    assert run("brewers", given_up[1].reference.lower())[0] == "1 in the queue again.\n"
    assert states(*given_up) == [State.FAILED, State.QUEUED]


def test_it_refuses_what_may_be_in_breakcold(given_up, team, bob, key):
    unknown = bring_to(State.UNKNOWN, team, bob, key, email="u@example.com")
    left = bring_to(State.UNKNOWN, team, bob, key, email="v@example.com")
    submissions.resolve_given_up(submission=left, actor=actor_for(bob))
    out, err = run("brewers", unknown.reference, left.reference, given_up[0].reference)
    assert out == "1 in the queue again.\n" and err.count("Nobody knows whether it is in Breakcold") == 2
    assert states(unknown, left, given_up[0]) == [State.UNKNOWN, State.FAILED, State.QUEUED]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nobody"], "no team"), (["brewers", "L-00000000"], "has no lead"), (["brewers", "L-1", "--all"], "not both")],
)
def test_it_says_what_is_wrong_and_sends_nothing(given_up, arguments, said):
    assert said in run(*arguments)[1]
    assert states(*given_up) == [State.FAILED, State.FAILED]


def test_it_leaves_alone_what_somebody_decided_to_leave(given_up, bob):
    submissions.leave(submission=Submission.objects.get(pk=given_up[0].pk), actor=actor_for(bob))
    assert run("brewers", "--all")[0] == "1 in the queue again.\n"
    assert states(*given_up) == [State.FAILED, State.QUEUED]
