"""Each way in which Breakcold can fail ends in the state, the key and the words that people can rely on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models.keys import KeyStatus
from leads.models.submissions import Submission
from leads.states import State
from tests.factories import make_submission
from tests.fakes import SANDBOX_KEY

from .kit import emails, fresh, key_of, outcomes, paths, said, state_of

pytestmark = pytest.mark.django_db

UNKNOWN = {
    "500": ("status", {"status": 500}),
    "502 with a page": ("body", {"status": 502, "body": "<html>", "content_type": "text/html", "created": False}),
    "503": ("status", {"status": 503}),
    "200 with HTML": ("body", {"body": "<html>Welcome</html>", "content_type": "text/html"}),
    "200 with another shape": ("body", {"body": {"lead": {"id": "1"}}}),
    "200 with a number as id": ("body", {"body": {"id": 7}}),
    "200 with nothing": ("body", {"body": ""}),
    "201 without id": ("body", {"status": 201, "body": {}}),
    "418": ("status", {"status": 418}),
    "400 in another shape": ("body", {"status": 400, "body": "no"}),
    "stalled": ("stall", {"seconds": 30}),
    "created, then stalled": ("create_then_stall", {"seconds": 30}),
    "cut after the body": ("cut", {}),
    "created, then cut": ("create_then_cut", {}),
    "cut before the body was read": ("cut_before_body", {}),
    "truncated": ("truncate", {"after": 30}),
    "dripping": ("drip", {"interval": 0.2}),
    "endless": ("endless", {}),
    "huge": ("huge", {"mib": 2}),
}
PAUSING = {
    "401": ("status", {"status": 401}, "does not accept the team's key"),
    "403": ("status", {"status": 403}, "does not accept the team's key"),
    "301": ("status", {"status": 301, "headers": {"Location": "/rest/lead"}}, "somewhere else"),
    "307": ("status", {"status": 307, "headers": {"Location": "/rest/me"}}, "somewhere else"),
    "404": ("status", {"status": 404}, "no Breakcold API"),
    "405": ("status", {"status": 405}, "no Breakcold API"),
}


@pytest.mark.parametrize(("action", "options"), UNKNOWN.values(), ids=UNKNOWN)
def test_it_does_not_know_what_an_unclear_answer_means(lead, run, sandbox, action, options):
    sandbox.fault(action, **options)
    run()
    found = fresh(lead)
    assert (found.state, outcomes(lead)) == (State.UNKNOWN, ["unknown"])
    assert found.look_up_at == timezone.now() + timedelta(seconds=15)
    assert key_of(lead.team).troubles_in_a_row == 1
    assert "look it up in Breakcold before anything is sent again" in said(lead)
    run(1)
    assert paths(sandbox) == ["/lead"]


@pytest.mark.parametrize(("action", "options", "words"), PAUSING.values(), ids=PAUSING)
def test_it_pauses_the_key_and_keeps_the_lead(lead, run, sandbox, action, options, words):
    sandbox.fault(action, **options)
    run()
    assert state_of(lead) == State.QUEUED
    assert key_of(lead.team).status == KeyStatus.PAUSED
    assert words in said(lead)
    assert "safe" in said(lead)
    run(60)
    assert paths(sandbox) == ["/lead"]
    assert emails(sandbox) == []


def test_it_tries_again_what_never_left(lead, run, sandbox):
    sandbox.down()
    run()
    found = fresh(lead)
    assert (found.state, found.not_sent_count) == (State.QUEUED, 1)
    assert 5 <= (found.send_after - timezone.now()).total_seconds() <= 6
    assert "could not be reached" in said(lead)
    assert "Nothing was created" in said(lead)
    sandbox.up()
    run(7)
    assert state_of(lead) == State.CREATED


def test_it_waits_longer_and_longer_for_a_breakcold_that_is_away(lead, run, sandbox, clock):
    sandbox.down()
    for count, wait in enumerate((5, 30, 120, 600, 1800, 3600, 3600), start=1):
        key_of(lead.team).__class__.objects.update(troubles_in_a_row=0, probe_at=None)  # the circuit aside
        run()
        found = fresh(lead)
        assert found.not_sent_count == count
        assert wait <= (found.send_after - timezone.now()).total_seconds() <= wait * 1.2
        clock.move_to(found.send_after)


def test_it_gives_up_a_lead_after_a_week_away(lead, run, sandbox):
    sandbox.down()
    run()
    Submission.objects.update(not_sent_since=timezone.now() - timedelta(days=7))
    run(7)
    assert (state_of(lead), fresh(lead).problem["kind"]) == (State.FAILED, "given_up")
    assert "could not be reached for a week" in said(lead)


def test_it_fails_a_lead_that_breakcold_refuses(lead, run, sandbox):
    sandbox.fault("refuse", issues=[{"code": "custom", "path": ["email"], "message": "No such address"}])
    run()
    found = fresh(lead)
    assert found.state == State.FAILED
    assert found.problem["issues"] == [{"field": "email", "message": "No such address"}]
    assert said(lead).startswith("Breakcold said no")
    assert key_of(lead.team).troubles_in_a_row == 0


RATE_LIMITS = {
    "headers": ({"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, 30),
    "none": ({}, 60),
    "negative": ({"X-RateLimit-Limit": "-1", "X-RateLimit-Remaining": "-5", "X-RateLimit-Reset": "-30"}, 60),
    "huge": ({"X-RateLimit-Reset": "99999999", "Retry-After": "99999999"}, 3600),
    "contradictory": ({"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "75", "X-RateLimit-Reset": "145"}, 145),
    "nonsense": ({"X-RateLimit-Limit": "lots", "X-RateLimit-Remaining": "-7", "X-RateLimit-Reset": "soon"}, 60),
    "Retry-After": ({"Retry-After": "20"}, 20),
    "a date to retry after": ({"Retry-After": "Mon, 02 Mar 2026 09:00:40 GMT"}, 40),
}


@pytest.mark.parametrize(("headers", "wait"), RATE_LIMITS.values(), ids=RATE_LIMITS)
def test_it_waits_as_long_as_a_429_asks(lead, run, sandbox, headers, wait):
    sandbox.fault("status", status=429, headers=headers, bare=True)
    run()
    found = fresh(lead)
    assert (found.state, found.not_sent_count) == (State.QUEUED, 0)
    assert key_of(lead.team).troubles_in_a_row == 0
    assert "slow down" in said(lead)
    run(wait - 1)
    assert paths(sandbox) == ["/lead"]
    run(3)
    assert state_of(lead) == State.CREATED


def test_it_waits_as_long_as_the_newer_429_asks(lead, run, sandbox):
    sandbox.fault("status", status=429, body={"message": "slow", "retryAfterMs": 90_000}, bare=True)
    run()
    run(89)
    assert paths(sandbox) == ["/lead"]
    run(3)
    assert state_of(lead) == State.CREATED


def test_it_never_follows_a_redirect_with_the_key(lead, run, sandbox):
    from tests.fakes import running_sandbox

    with running_sandbox() as canary:
        for status in (301, 302, 303, 307, 308):
            sandbox.fault("status", status=status, headers={"Location": f"{canary.url}/lead"}, times=1)
            run()
            key_of(lead.team).__class__.objects.update(status=KeyStatus.ACTIVE, probe_at=None)
            run()
        assert canary.calls() == []


def test_it_keeps_nothing_of_the_key_from_a_careless_answer(lead, run, sandbox):
    sandbox.fault("echo", status=500)
    run()
    attempt = lead.attempts.get()
    assert "Unhandled" in attempt.excerpt
    assert SANDBOX_KEY not in f"{attempt.excerpt} {fresh(lead).problem} {key_of(lead.team).last_trouble}"


def test_it_goes_on_with_the_others_after_one_was_refused(lead, run, sandbox, bob):
    other = make_submission(lead.team, bob, email="brian@example.com")
    sandbox.fault("refuse", issues=[])
    run()
    assert (state_of(lead), state_of(other)) == (State.FAILED, State.CREATED)
