"""A lead that workers die of is put aside after the third, and the others go out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.delivery import drain, sweep, throttle
from leads.models import BreakcoldKey, Submission
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_submission

from .kit import actions, check_books, emails, fresh, outcomes, said, state_of
from .processes import Workers
from .queueing import queueing
from .test_worker_crash import run_out_of_lease


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def enter(clock, key, team, bob):
    return queueing(team, key, bob)


def deadly(monkeypatch, module, name, email="poison@example.com"):
    """Whoever does this to that lead dies, as often as it is tried. Returns the deaths."""
    work, deaths = getattr(module, name), []

    def die_of_it(*args, **kwargs):
        leads = (getattr(each, "submission", each) for each in (*args, *kwargs.values()))
        lead = next(each for each in leads if isinstance(each, Submission))
        if lead.values["email"] == email:
            deaths.append(lead.pk)
            raise Killed
        return work(*args, **kwargs)

    monkeypatch.setattr(module, name, die_of_it)
    return deaths


def run_on(run, *, times, seconds=61):
    for _ in range(times):
        try:
            run(seconds)
        except Killed:
            # a killed process lets go of nothing, so what the drain did on its way out is undone
            BreakcoldKey.objects.update(drain_token=BreakcoldKey.objects.get().public_id, drain_until=timezone.now())
        sweep.expire_leases()


@pytest.mark.django_db
def test_it_puts_aside_a_lead_that_workers_die_of_before_it_is_claimed(enter, run, sandbox, team, monkeypatch):
    from leads.services.submissions import outcome

    poison, *others = enter("poison", *"abcdefgh")
    deaths = deadly(monkeypatch, outcome, "digest_of")
    run_on(run, times=8)
    assert len(deaths) == submissions.CRASHES_AT_MOST
    assert (state_of(poison), fresh(poison).problem["kind"]) == (State.FAILED, "crashed")
    assert outcomes(poison) == [] and "Put aside" in said(poison)
    assert {state_of(lead) for lead in others} == {State.CREATED}
    assert list(Submission.objects.parked()) == [poison]
    assert fresh(others[0]).suspect_count == 0
    check_books(sandbox, team)


@pytest.mark.django_db
def test_it_never_sends_again_blindly_what_workers_die_of_while_sending(enter, run, sandbox, team, monkeypatch):
    """It may have left, so it is unknown: looked up, sent once more, and then it is a person's."""
    poison, *others = enter("poison", *"abc")
    deaths = deadly(monkeypatch, drain, "_send")
    run_on(run, times=12, seconds=900)
    assert len(deaths) == 2
    assert (state_of(poison), fresh(poison).look_up_at, fresh(poison).crash_count) == (State.UNKNOWN, None, 2)
    assert {state_of(lead) for lead in others} == {State.CREATED}
    assert list(Submission.objects.stuck()) == [poison]
    check_books(sandbox, team)


@pytest.mark.django_db
def test_it_leaves_to_a_person_a_lead_that_workers_die_of_while_looking_for_it(enter, run, sandbox, team, monkeypatch):
    from leads.delivery import settle

    sandbox.fault("create_then_cut")
    [poison] = enter("poison")
    run()
    assert state_of(poison) == State.UNKNOWN
    deaths = deadly(monkeypatch, settle, "_look_up")
    run_on(run, times=4, seconds=61)
    assert len(deaths) == 3, "each is farther from the one before"
    [meanwhile] = enter("meanwhile")
    run_on(run, times=1, seconds=1)
    assert state_of(meanwhile) == State.CREATED
    run_on(run, times=12, seconds=901)
    assert len(deaths) == submissions.LOOK_UPS_DIED_IN_AT_MOST
    assert (state_of(poison), fresh(poison).look_up_at) == (State.UNKNOWN, None)
    assert "broke off 10 times" in said(poison)
    [other] = enter("other")
    run()
    assert state_of(other) == State.CREATED
    assert actions(team).count("submission.looked_up") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_there", [True, False], ids=["found", "sent again"])
def test_it_holds_no_look_up_against_a_lead_whose_worker_was_killed(enter, run, sandbox, team, is_there, monkeypatch):
    """One worker died sending it, four looking for it, and nobody of the lead itself: the next one settles it."""
    from leads.delivery import settle

    [lead] = enter("poison")
    deadly(monkeypatch, drain, "_keep_and_claim" if is_there else "_send")
    run_on(run, times=1)
    monkeypatch.undo()
    run(61)
    sweep.expire_leases()
    assert (state_of(lead), fresh(lead).crash_count) == (State.UNKNOWN, 1)
    deaths = deadly(monkeypatch, settle, "_look_up")
    run_on(run, times=4, seconds=901)
    assert len(deaths) == 4
    monkeypatch.undo()
    for _ in range(4):
        run(900)
    assert (state_of(lead), fresh(lead).resend_count) == (State.CREATED, 0 if is_there else 1)
    check_books(sandbox, team)


@pytest.mark.django_db
def test_it_counts_the_deaths_in_look_ups_only_while_none_came_to_its_end(enter, run, sandbox, team, monkeypatch):
    from leads.delivery import settle

    sandbox.fault("create_then_cut")
    [lead] = enter("poison")
    run()
    for _ in range(2):
        deaths = deadly(monkeypatch, settle, "_look_up")
        run_on(run, times=6, seconds=901)
        monkeypatch.undo()
        assert len(deaths) == 6
        sandbox.fault("status", status=503, path="/rest/leads/list")
        run(901)
        assert (state_of(lead), fresh(lead).look_up_at is None) == (State.UNKNOWN, False)
    run(901)
    assert state_of(lead) == State.CREATED


@pytest.mark.django_db
def test_it_forgets_the_crashes_when_a_person_sends_it_again(enter, run, team, bob):
    [lead] = enter("a")
    Submission.objects.filter(pk=lead.pk).update(suspect_count=2)
    submissions.park(submission=fresh(lead))
    submissions.retry(submission=fresh(lead), actor=actor_for(bob))
    run()
    assert (state_of(lead), fresh(lead).suspect_count, fresh(lead).crash_count) == (State.CREATED, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("stopped_by", ["budget", "hold"])
def test_it_suspects_nothing_of_a_lead_that_could_not_be_claimed(enter, run, sandbox, key, stopped_by, monkeypatch):
    """A worker died, and its follower lives but may not send: the first in the queue is no more suspect for that."""
    [lead] = enter("a")
    claim = submissions.claim_next
    for _ in range(5):
        BreakcoldKey.objects.update(drain_token=lead.public_id, drain_until=timezone.now())
        if stopped_by == "budget":
            monkeypatch.setattr(throttle, "spend", spent)
        else:
            monkeypatch.setattr(submissions, "claim_next", lambda **kwargs: None)
        run()
        monkeypatch.undo()
        assert (state_of(lead), fresh(lead).suspect_count) == (State.QUEUED, 0)
    assert submissions.claim_next is claim
    run()
    assert state_of(lead) == State.CREATED


def spent(key, **more):
    raise throttle.OutOfBudget(timezone.now() + timedelta(minutes=1))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_goes_on_after_real_workers_died(tmp_path, transactional_db, sandbox, key, team, bob):
    workers = Workers(tmp_path, sandbox, settings="tests.dying_settings")
    try:
        poison = make_submission(team, bob, email="poison@example.com")
        for number in range(10):
            make_submission(team, bob, email=f"{number}@example.com")
        for _ in range(submissions.CRASHES_AT_MOST):
            process = workers.start("--threads", "1")
            assert process.wait(timeout=60) == -9
            run_out_of_lease()
        workers.start("--threads", "1")
        workers.wait_until(lambda: state_of(poison) == State.FAILED)
        workers.wait_until(lambda: Submission.objects.filter(state=State.CREATED).count() == 10)
    finally:
        workers.close()
    assert "poison@example.com" not in emails(sandbox)
    check_books(sandbox, team)
