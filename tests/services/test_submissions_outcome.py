"""The worker's arrows: order, leases, fences and what each outcome leaves behind."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from leads.audit import OPERATOR, SYSTEM
from leads.breakcold.errors import NotSent, OutcomeUnknown, RateLimited
from leads.delivery import drain
from leads.models import AuditEntry, BreakcoldKey, DeliveryAttempt, Submission, Team, User
from leads.models.submissions import Lane
from leads.models.teams import Environment
from leads.services import keys, submissions
from leads.services.teams import NotPossible
from leads.states import State
from tests.factories import actor_for, lead_values, make_submission
from tests.fakes import OTHER_SANDBOX_KEY

from .states_of_the_world import REFUSED, UNCLEAR, bring_to, claim, created, enter, entries_about, row_of
from .threads import all_at_once

pytestmark = pytest.mark.django_db

NOT_REACHED = NotSent("Breakcold could not be reached.")


def stored(lead: Submission) -> Submission:
    return Submission.objects.select_related("team").get(pk=lead.pk)


# The order


def test_it_claims_first_in_first_out(team: Team, bob: User, key: BreakcoldKey) -> None:
    leads = [make_submission(team, bob) for _ in range(3)]
    assert [claim(key).submission for _ in leads] == leads


def test_it_claims_typed_leads_before_bulk(team: Team, bob: User, key: BreakcoldKey) -> None:
    bulk, typed = (
        submissions.enter(team=team, values=lead_values(), actor=actor_for(bob), lane=lane).submission
        for lane in (Lane.BULK, Lane.INTERACTIVE)
    )
    assert [claim(key).submission, claim(key).submission] == [typed, bulk]


def test_it_passes_over_a_lead_that_may_not_leave_yet(team: Team, bob: User, key: BreakcoldKey) -> None:
    early, late = make_submission(team, bob), make_submission(team, bob)
    now = timezone.now()
    Submission.objects.filter(pk=early.pk).update(send_after=now + timedelta(minutes=1))
    assert claim(key, now=now).submission == late
    assert submissions.claim_next(key=key, now=now) is None
    assert claim(key, now=now + timedelta(minutes=1)).submission == early


def test_it_keeps_the_place_of_a_lead_that_was_put_back(team: Team, bob: User, key: BreakcoldKey) -> None:
    first, second = make_submission(team, bob), make_submission(team, bob)
    now = timezone.now()
    submissions.postpone(attempt=claim(key), error=NOT_REACHED, kind="not_sent", send_after=now, at=now)
    assert [claim(key).submission, claim(key).submission] == [first, second]


def test_it_claims_only_leads_of_the_team_of_the_key(
    team: Team, other_team: Team, bob: User, key: BreakcoldKey, charlie: User
) -> None:
    make_submission(other_team, charlie)
    assert submissions.claim_next(key=key, now=timezone.now()) is None


def test_it_puts_the_intent_on_record_before_anything_is_sent(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = make_submission(team, bob)
    attempt = claim(key)
    entry = AuditEntry.objects.get(action="submission.claimed")
    assert entry.details == {"attempt": str(attempt.token), "body": submissions.digest_of(lead), "key": key.fingerprint}
    row = stored(lead)
    assert (row.state, row.attempt_token) == (State.SENDING, attempt.token)
    assert (row.lease_until - attempt.started_at).total_seconds() == submissions.LEASE_SECONDS


@pytest.mark.django_db(transaction=True)
def test_it_gives_each_lead_to_one_of_many_workers(team: Team, bob: User, key: BreakcoldKey) -> None:
    leads = {make_submission(team, bob).pk for _ in range(12)}
    now = timezone.now() + timedelta(seconds=1)

    def work(_: int) -> list[int]:
        mine = []
        while attempt := submissions.claim_next(key=key, now=now):
            mine.append(attempt.submission.pk)
        return mine

    claimed = [pk for mine in all_at_once(work, 4) for pk in mine]
    assert sorted(claimed) == sorted(leads)


# What an outcome leaves behind


def test_it_keeps_the_id_and_the_answer_of_a_created_lead(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = stored(bring_to(State.CREATED, team, bob, key))
    assert (lead.breakcold_id, lead.response, lead.lease_until) == ("bc-1", {"id": "bc-1"}, None)
    attempt = lead.attempts.get()
    assert (attempt.outcome, attempt.http_status) == ("created", 200)


def test_it_keeps_why_breakcold_refused(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = stored(bring_to(State.FAILED, team, bob, key))
    assert lead.problem == {
        "kind": "refused",
        "message": "Invalid email",
        "status": 400,
        "issues": [{"field": "email", "message": "Invalid email"}],
    }
    entry = AuditEntry.objects.get(action="submission.failed")
    assert entry.details["fields"] == ["email"]
    assert "Invalid" not in str(entry.details)


def test_it_counts_only_tries_that_did_not_leave(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = make_submission(team, bob)
    now = timezone.now()
    first = claim(key)
    submissions.postpone(attempt=first, error=NOT_REACHED, kind="not_sent", send_after=now, at=now)
    limited = RateLimited("Breakcold asked to slow down.", status=429)
    submissions.postpone(attempt=claim(key), error=limited, kind="rate_limited", send_after=now, at=now)
    row = stored(lead)
    assert (row.state, row.not_sent_count, row.not_sent_since) == (State.QUEUED, 1, first.started_at)


def test_it_asks_to_look_up_an_unclear_outcome(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = make_submission(team, bob)
    attempt, now = claim(key), timezone.now()
    submissions.record_unknown(attempt=attempt, error=UNCLEAR, look_up_at=now, at=now)
    row = stored(lead)
    assert (row.state, row.look_up_at, row.look_up_count) == (State.UNKNOWN, now, 0)
    assert (row.unknown_since, row.attempt_token) == (attempt.started_at, attempt.token)


# The fence


def test_it_refuses_the_result_of_a_worker_whose_lease_ran_out(team: Team, bob: User, key: BreakcoldKey) -> None:
    make_submission(team, bob)
    zombie, now = claim(key), timezone.now()
    lead = stored(zombie.submission)
    assert submissions.expire_lease(submission=lead, look_up_at=now)
    row, entries = row_of(lead), entries_about(lead)
    for late in (
        lambda: submissions.record_failed(attempt=zombie, error=REFUSED, kind="refused", at=now),
        lambda: submissions.postpone(attempt=zombie, error=NOT_REACHED, kind="not_sent", send_after=now, at=now),
        lambda: submissions.record_unknown(attempt=zombie, error=UNCLEAR, look_up_at=now, at=now),
    ):
        with pytest.raises(submissions.IllegalTransition):
            late()
    assert (row_of(lead), entries_about(lead)) == (row, entries)


def test_it_settles_an_expired_lead_by_its_late_created(team: Team, bob: User, key: BreakcoldKey) -> None:
    make_submission(team, bob)
    slow, now = claim(key), timezone.now()
    submissions.expire_lease(submission=stored(slow.submission), look_up_at=now)
    submissions.record_created(attempt=slow, created=created("bc-late"), at=now)
    row = stored(slow.submission)
    assert (row.state, row.breakcold_id, row.look_up_at) == (State.CREATED, "bc-late", None)


def test_it_refuses_a_late_created_of_an_attempt_that_was_followed_by_another(
    team: Team, bob: User, key: BreakcoldKey
) -> None:
    make_submission(team, bob)
    slow, now = claim(key), timezone.now()
    lead = stored(slow.submission)
    submissions.expire_lease(submission=lead, look_up_at=now)
    submissions.resolve_missing(submission=lead, actor=actor_for(bob))
    second = claim(key)
    with pytest.raises(submissions.IllegalTransition), transaction.atomic():
        submissions.record_created(attempt=slow, created=created("bc-first"), at=now)
    submissions.record_created(attempt=second, created=created("bc-second"), at=now)
    assert stored(lead).breakcold_id == "bc-second"


def test_it_puts_a_late_created_on_record_when_the_lead_was_sent_again(
    team: Team, bob: User, key: BreakcoldKey
) -> None:
    """There are two of it in Breakcold now; whoever cleans up there needs the id of the other one."""
    make_submission(team, bob)
    slow, now = claim(key), timezone.now()
    lead = stored(slow.submission)
    submissions.expire_lease(submission=lead, look_up_at=now)
    submissions.resolve_missing(submission=lead, actor=actor_for(bob))
    drain._keep(key, slow, created("bc-first"))
    entry = AuditEntry.objects.filter(subject_id=lead.public_id).latest("sequence")
    assert (entry.action, entry.details["breakcold_id"]) == ("submission.arrived_late", "bc-first")
    assert stored(lead).state == State.QUEUED
    slow.refresh_from_db()
    assert slow.outcome == "created"


def test_it_does_not_expire_the_lease_of_a_later_attempt(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = make_submission(team, bob)
    now = timezone.now()
    first = claim(key)
    seen_by_the_sweep = stored(lead)
    submissions.postpone(attempt=first, error=NOT_REACHED, kind="not_sent", send_after=now, at=now)
    second = claim(key)
    assert not submissions.expire_lease(submission=seen_by_the_sweep, look_up_at=now)
    assert stored(lead).attempt_token == second.token


def test_it_calls_an_expired_lead_unknown_and_leaves_its_attempt_open(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = make_submission(team, bob)
    attempt, now = claim(key), timezone.now()
    assert submissions.expire_lease(submission=stored(lead), look_up_at=now)
    row = stored(lead)
    assert (row.state, row.lease_until, row.unknown_since) == (State.UNKNOWN, None, attempt.started_at)
    assert DeliveryAttempt.objects.get().outcome == ""


def test_it_expires_a_lease_once(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = make_submission(team, bob)
    claim(key)
    seen = [stored(lead), stored(lead)]
    assert [submissions.expire_lease(submission=row, look_up_at=timezone.now()) for row in seen] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_it_lets_either_the_worker_or_the_sweep_say_what_happened(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = make_submission(team, bob)
    attempt, seen = claim(key), stored(lead)

    def race(number: int) -> bool:
        now = timezone.now()
        if number:
            return submissions.expire_lease(submission=seen, look_up_at=now)
        try:
            submissions.record_failed(attempt=attempt, error=REFUSED, kind="refused", at=now)
        except submissions.IllegalTransition:
            return False
        return True

    assert sorted(all_at_once(race, 2)) == [False, True]
    assert len(entries_about(lead)) == 3


# Settling


def test_it_notes_who_found_the_lead_in_breakcold(team: Team, bob: User, key: BreakcoldKey, alice: User) -> None:
    lead = bring_to(State.UNKNOWN, team, bob, key)
    submissions.resolve_there(submission=lead, breakcold_id=" bc-7 ", actor=actor_for(alice))
    row = stored(lead)
    assert (row.state, row.breakcold_id, row.settled_by, row.look_up_at) == (State.CREATED, "bc-7", alice, None)


def test_it_takes_a_witness_without_an_id(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.UNKNOWN, team, bob, key)
    submissions.resolve_there(submission=lead, actor=actor_for(bob))
    assert stored(lead).settled_by == bob


@pytest.mark.parametrize("lead_id", ["x" * 101, "a\nb", "a\0b"])
def test_it_refuses_an_id_that_is_none(lead_id: str, team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.UNKNOWN, team, bob, key)
    with pytest.raises(NotPossible, match="does not look like the id"):
        submissions.resolve_there(submission=lead, breakcold_id=lead_id, actor=actor_for(bob))
    assert stored(lead).state == State.UNKNOWN


def test_it_counts_a_resend_the_portal_decided_itself(team: Team, bob: User, key: BreakcoldKey) -> None:
    for actor, count in ((SYSTEM, 1), (actor_for(bob), 0)):
        lead = bring_to(State.UNKNOWN, team, bob, key)
        submissions.resolve_missing(submission=lead, actor=actor)
        row = stored(lead)
        assert (row.state, row.resend_count, row.look_up_count, row.look_up_at) == (State.QUEUED, count, 0, None)
        claim(key)


def test_it_keeps_a_given_up_lead_with_its_witness(team: Team, bob: User, key: BreakcoldKey, alice: User) -> None:
    lead = bring_to(State.UNKNOWN, team, bob, key)
    submissions.resolve_given_up(submission=lead, actor=actor_for(alice))
    row = stored(lead)
    assert (row.state, row.settled_by, row.look_up_at) == (State.FAILED, alice, None)
    assert row.finished_at is not None


def test_it_keeps_what_a_look_up_found(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.UNKNOWN, team, bob, key)
    submissions.resolve_found(submission=lead, lead={"id": "bc-3", "email": "aoife@example.com"}, actor=SYSTEM)
    row = stored(lead)
    assert (row.breakcold_id, row.response["email"], row.settled_by) == ("bc-3", "aoife@example.com", None)
    assert AuditEntry.objects.get(action="submission.resolved").details["by"] == "look-up"


def test_it_leaves_a_lead_to_a_person_after_the_last_look_up(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.UNKNOWN, team, bob, key)
    submissions.plan_look_up(submission=lead, at=None, found="several", actor=SYSTEM)
    assert stored(lead).look_up_count == 1
    assert list(Submission.objects.need_attention()) == [lead]


def test_it_notes_a_look_up_as_an_attempt(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.UNKNOWN, team, bob, key)
    now = timezone.now()
    attempt = submissions.begin_look_up(submission=lead, key=key, now=now, again_at=now + timedelta(hours=1))
    error = OutcomeUnknown("Breakcold answered oddly.", status=502, excerpt="Bad gateway")
    submissions.finish_look_up(attempt=attempt, outcome="unsure", at=now, error=error)
    row = DeliveryAttempt.objects.get(pk=attempt.pk)
    assert (row.purpose, row.outcome, row.http_status, row.excerpt) == ("look_up", "unsure", 502, "Bad gateway")


def test_it_sends_what_waited_with_the_key_that_came_later(team: Team, bob: User, key: BreakcoldKey) -> None:
    make_submission(team, bob)
    newer = keys.set_key(
        team=team, plain=OTHER_SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR
    )
    assert claim(newer).key == newer


def test_it_makes_every_attempt_its_own_token(team: Team, bob: User, key: BreakcoldKey) -> None:
    make_submission(team, bob), make_submission(team, bob)
    assert len({claim(key).token, claim(key).token, uuid4()}) == 3


def test_it_rolls_the_claim_back_with_its_transaction(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = enter(team, bob)
    with pytest.raises(RuntimeError), transaction.atomic():
        claim(key)
        raise RuntimeError("the worker stops here")
    assert stored(lead).state == State.QUEUED
    assert not DeliveryAttempt.objects.exists()
    assert entries_about(lead) == ["submission.queued"]
