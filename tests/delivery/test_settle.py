"""A lead whose outcome is unknown is looked for, and never sent again while it could be there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.breakcold.sandbox.world import ME
from leads.delivery import drain
from leads.models import BreakcoldKey
from leads.models.keys import KeyStatus
from leads.models.submissions import Submission
from leads.models.teams import Environment
from leads.services import keys, submissions
from leads.states import State
from tests.factories import OPERATOR, actor_for, make_member, make_submission, make_team
from tests.fakes import SANDBOX_KEY

from .kit import check_books, emails, fresh, key_of, outcomes, paths, said, state_of

pytestmark = pytest.mark.django_db

LIST = "/rest/leads/list"


@pytest.fixture
def settle(run):
    """Three look-ups: after 15 seconds, two minutes and a quarter of an hour."""

    def three_times():
        for seconds in (15, 105, 780):
            run(seconds)

    return three_times


def test_it_finds_the_lead_of_a_cut_connection(lead, run, sandbox):
    sandbox.fault("create_then_cut")
    run()
    run(15)
    assert (state_of(lead), outcomes(lead)) == (State.CREATED, ["unknown", "one"])
    assert fresh(lead).breakcold_id == sandbox.ledger()[0]["id"]
    assert fresh(lead).response["email"] == "aoife@example.com"
    check_books(sandbox, lead.team)


def test_it_looks_no_earlier_than_planned(lead, run, sandbox):
    sandbox.fault("create_then_cut")
    run()
    run(14)
    assert paths(sandbox) == ["/lead"]


def test_it_sends_a_lead_again_once_after_the_third_look_up(lead, run, sandbox):
    sandbox.fault("cut")
    run()
    run(15)
    run(105)
    assert emails(sandbox) == []
    run(780)
    assert (state_of(lead), outcomes(lead)) == (State.CREATED, ["unknown", "none", "none", "none", "created"])
    check_books(sandbox, lead.team)


def test_it_leaves_a_lead_to_a_person_after_it_was_sent_twice(lead, settle, run, sandbox):
    sandbox.fault("cut", times=2)
    run()
    settle()
    settle()
    run(3600)
    found = fresh(lead)
    assert (found.state, found.look_up_at, found.resend_count) == (State.UNKNOWN, None, 1)
    assert paths(sandbox).count("/lead") == 2
    assert "Look in Breakcold, then say what you found" in said(lead)


def test_it_leaves_several_matches_to_a_person_at_once(lead, run, sandbox):
    sandbox.fault("create_then_cut")
    run()
    with keys.client_for(key_of(lead.team)) as client:
        client.create_lead({"email": "aoife@example.com", "first_name": "Aoife"})
    run(15)
    run(3600)
    assert (state_of(lead), fresh(lead).look_up_at) == (State.UNKNOWN, None)
    assert outcomes(lead) == ["unknown", "several"]


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("status", {"status": 500}),
        ("status", {"status": 404}),
        ("status", {"status": 403}),
        ("body", {"body": "<html>"}),
        ("body", {"body": {"leads": "many"}}),
        ("cut", {}),
    ],
    ids=["500", "404", "403", "HTML", "another shape", "cut"],
)
def test_it_leaves_a_lead_to_a_person_when_look_ups_fail(lead, run, sandbox, action, options):
    sandbox.fault("cut")
    sandbox.fault(action, path=LIST, times=None, **options)
    run()
    for _ in range(8):
        run(600)
    assert (state_of(lead), fresh(lead).look_up_at) == (State.UNKNOWN, None)
    assert outcomes(lead) == ["unknown", "unsure", "unsure", "unsure"]
    assert paths(sandbox).count("/lead") == 1


def test_it_finds_a_lead_that_the_list_shows_late(lead, run, sandbox):
    sandbox.fault("create_then_cut")
    sandbox.fault("body", path=LIST, times=2, body={"leads": [], "total": 0})
    run()
    for seconds in (15, 105, 780):
        assert state_of(lead) == State.UNKNOWN
        run(seconds)
    assert outcomes(lead) == ["unknown", "none", "none", "one"]
    check_books(sandbox, lead.team)


def test_it_keeps_look_ups_apart_after_an_outage(lead, run, sandbox):
    """All three at once, right after Breakcold came back, would trust a list that may still be behind."""
    sandbox.fault("cut")
    run()
    run(7200)
    run(1)
    assert outcomes(lead) == ["unknown", "none"]
    assert fresh(lead).look_up_at == timezone.now() + timedelta(seconds=104)


def test_it_settles_one_person_entered_twice(lead, run, settle, sandbox, bob):
    twin = make_submission(lead.team, bob)
    sandbox.fault("create_then_cut")
    sandbox.fault("cut")
    run()
    assert (state_of(lead), state_of(twin)) == (State.UNKNOWN, State.UNKNOWN)
    settle()
    assert (state_of(lead), state_of(twin)) == (State.CREATED, State.CREATED)
    assert len(emails(sandbox)) == 2
    check_books(sandbox, lead.team)


def test_it_does_not_take_the_lead_of_another_team_with_the_same_key(lead, run, settle, sandbox):
    other = make_team("twins")
    keys.set_key(team=other, plain=SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    theirs = make_submission(other, make_member(other, "dora"))
    sandbox.fault("cut")
    run()
    from leads.delivery import drain

    drain.drain(key_of(other).public_id)
    assert state_of(theirs) == State.CREATED
    settle()
    assert state_of(lead) == State.CREATED
    assert fresh(lead).breakcold_id != fresh(theirs).breakcold_id
    check_books(sandbox, lead.team, other)


def test_it_is_not_held_up_by_an_id_that_cannot_be_stored(lead, run, sandbox, bob):
    sandbox.fault("cut")
    odd = {"id": "x" * 500, "email": "aoife@example.com", "created_at": timezone.now().isoformat()}
    sandbox.fault("body", path=LIST, times=None, body={"leads": [odd], "total": 1})
    run()
    other = make_submission(lead.team, bob, email="brian@example.com")
    run(15)
    assert (state_of(lead), state_of(other)) == (State.UNKNOWN, State.CREATED)


def test_it_is_not_held_up_by_a_lead_that_cannot_be_looked_up(lead, run, sandbox, bob):
    sandbox.fault("cut")
    run()
    Submission.objects.filter(pk=lead.pk).update(values={"attributes": "broken"})
    other = make_submission(lead.team, bob, email="brian@example.com")
    for _ in range(5):
        run(1000)
    assert (state_of(lead), fresh(lead).look_up_at) == (State.UNKNOWN, None)
    assert state_of(other) == State.CREATED


def test_it_does_not_count_a_look_up_that_breakcold_asked_to_wait_for(lead, run, sandbox):
    sandbox.fault("create_then_cut")
    sandbox.fault("status", path=LIST, status=429, headers={"Retry-After": "40"}, bare=True)
    run()
    run(15)
    run(30)
    assert fresh(lead).look_up_count == 0
    assert paths(sandbox).count("/leads/list") == 1
    run(15)
    assert state_of(lead) == State.CREATED


def test_it_pauses_a_key_that_a_look_up_finds_refused(lead, run, sandbox):
    sandbox.fault("create_then_cut")
    run()
    sandbox.revoke(SANDBOX_KEY)
    run(15)
    assert key_of(lead.team).status == KeyStatus.PAUSED
    sandbox.restore(SANDBOX_KEY)
    run(400)
    assert state_of(lead) == State.CREATED


def test_it_opens_the_circuit_when_look_ups_fail_too(lead, run, sandbox):
    """An outage must not use up the three look-ups of the one lead that met it."""
    sandbox.fault("create_then_cut")
    run()
    sandbox.down()
    run(15)
    run(105)
    assert key_of(lead.team).is_waiting
    run(3600)
    run(3600)
    sandbox.up()
    run(3600)
    run(3600)
    assert state_of(lead) == State.CREATED


@pytest.mark.parametrize(
    ("settle_it", "state"),
    [
        (submissions.resolve_there, State.CREATED),
        (submissions.resolve_missing, State.QUEUED),
        (submissions.resolve_given_up, State.FAILED),
    ],
)
def test_it_changes_nothing_when_a_person_was_faster(lead, run, sandbox, bob, monkeypatch, settle_it, state):
    from leads.breakcold.client import BreakcoldClient

    read = BreakcoldClient.list_leads

    def read_slowly(self, **page):
        settle_it(submission=fresh(lead), actor=actor_for(bob))
        Submission.objects.filter(pk=lead.pk, state=State.QUEUED).update(send_after=timezone.now() + timedelta(hours=1))
        return read(self, **page)

    sandbox.fault("create_then_cut")
    run()
    monkeypatch.setattr(BreakcoldClient, "list_leads", read_slowly)
    run(15)
    assert state_of(lead) == state


def test_it_pays_for_every_page_it_reads(lead, run, sandbox):
    with keys.client_for(key_of(lead.team)) as client:
        for number in range(150):
            client.create_lead({"email": f"{number}@example.com"})
    sandbox.fault("create_then_cut")
    run()
    with keys.client_for(key_of(lead.team)) as client:
        for number in range(150):
            client.create_lead({"email": f"after-{number}@example.com"})
    run(15)
    assert state_of(lead) == State.CREATED
    assert paths(sandbox).count("/leads/list") in (2, 3, 4)
    assert BreakcoldKey.objects.get().troubles_in_a_row == 1


def test_it_asks_a_person_when_the_key_opens_another_account_by_now(lead, settle, run, sandbox, team):
    """The new account cannot tell whether the old one has the lead, so it is not sent there by itself."""
    sandbox.fault("cut")
    run()
    plain = keys.new_sandbox_key()
    key = keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    for _ in range(3):
        Submission.objects.filter(pk=lead.pk, state=State.UNKNOWN).update(look_up_at=timezone.now())
        drain.drain(key.public_id)
    found = fresh(lead)
    assert (found.state, found.look_up_at, found.resend_count) == (State.UNKNOWN, None, 0)
    assert emails(sandbox) == []


def test_it_sends_again_when_a_rotated_key_has_the_same_owner(lead, run, sandbox, team):
    sandbox.fault("cut")
    run()
    BreakcoldKey.objects.filter(team=team).update(owner_id=ME["id"])
    key = keys.set_key(
        team=team, plain=keys.new_sandbox_key(), environment=Environment.SANDBOX, check=True, actor=OPERATOR
    )
    for _ in range(4):
        Submission.objects.filter(pk=lead.pk, state=State.UNKNOWN).update(look_up_at=timezone.now())
        drain.drain(key.public_id)
    assert (state_of(lead), fresh(lead).resend_count) == (State.CREATED, 1)


@pytest.mark.parametrize("owner_id", ["", "somebody-else"])
def test_it_does_not_take_a_name_for_the_account(owner_id, lead, run, sandbox, team):
    """Two people in Breakcold may share a name; only the id tells that the new key opens the same account."""
    sandbox.fault("cut")
    run()
    BreakcoldKey.objects.filter(team=team).update(owner_id=owner_id, owner_label="Sandbox owner")
    key = keys.set_key(
        team=team,
        plain=keys.new_sandbox_key(),
        environment=Environment.SANDBOX,
        is_other_owner_meant=True,
        actor=OPERATOR,
    )
    assert key.owner_label == "Sandbox owner"
    for _ in range(3):
        Submission.objects.filter(pk=lead.pk, state=State.UNKNOWN).update(look_up_at=timezone.now())
        drain.drain(key.public_id)
    assert (state_of(lead), fresh(lead).resend_count, emails(sandbox)) == (State.UNKNOWN, 0, [])
