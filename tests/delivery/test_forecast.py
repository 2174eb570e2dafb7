"""Where a lead stands, and when it may be there: true where it can be, and as cheap for ten thousand as for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from leads.delivery import drain, forecast, throttle
from leads.models import BreakcoldKey, RateBucket, Submission
from leads.models.submissions import Lane
from leads.states import State
from tests.factories import make_submission

from .queueing import queueing

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def waiting() -> list[Submission]:
    return list(Submission.objects.order_by("pk"))


@pytest.fixture
def three(team, bob, key) -> list[Submission]:
    for number in range(3):
        make_submission(team, bob, email=f"sam{number}@example.com")
    Submission.objects.update(queued_at=NOW, send_after=NOW)
    return waiting()


def test_it_guesses_when_a_lead_may_be_there(three):
    guesses = [forecast.expected_at(row, now=NOW) for row in three]
    step = timedelta(seconds=throttle.START_WINDOW_SECONDS / throttle.START_LIMIT / throttle.PACED_SHARE)
    assert guesses == [NOW + forecast.CALL + step * number for number in range(3)]


def test_it_counts_typed_leads_before_bulk(three):
    Submission.objects.filter(pk=three[0].pk).update(lane=Lane.BULK)
    places = forecast.places(waiting(), now=NOW)
    assert [places[row.pk].position for row in three] == [3, 1, 2]
    assert forecast.place_of_last(Submission.objects.all(), now=NOW) == places[three[0].pk]


def test_it_waits_for_the_lead_s_own_time(three):
    later = NOW + timedelta(hours=1)
    Submission.objects.filter(pk=three[0].pk).update(send_after=later)
    assert forecast.expected_at(waiting()[0], now=NOW) == later + forecast.CALL


@pytest.mark.parametrize(
    "stopped",
    [{"probe_at": NOW}, {"held_at": NOW}, {"status": "paused", "probe_at": NOW}],
    ids=lambda row: " ".join(row),
)
def test_it_gives_a_place_but_no_time_while_the_key_waits(three, stopped):
    BreakcoldKey.objects.update(**stopped)
    assert forecast.places(three, now=NOW)[three[1].pk] == forecast.Place(2, None)


def test_it_says_when_a_lead_that_is_looked_up_is_looked_up_next(three):
    Submission.objects.update(state=State.UNKNOWN, look_up_at=NOW + timedelta(seconds=90))
    assert forecast.places(waiting(), now=NOW)[three[0].pk] == forecast.Place(0, NOW + timedelta(seconds=90))


@pytest.mark.parametrize("state", sorted(set(State) - {State.QUEUED, State.SENDING, State.UNKNOWN}))
def test_it_does_not_guess_what_is_up_to_a_person(state, team, key):
    assert forecast.expected_at(Submission(team=team, state=state), now=NOW) is None


@pytest.mark.parametrize(
    ("remaining", "ahead", "seconds"),
    [(20, 0, 0), (20, 19, 9.5), (20, 20, 600), (20, 79, 600 + 29.5), (20, 80, 600 + 3600), (0, 0, 600)],
)
def test_it_knows_that_calls_come_in_windows(remaining, ahead, seconds):
    """An hour of sixty calls is not one call a minute: they go at once, then all wait."""
    bucket = RateBucket(
        limit=60, window_seconds=3600, remaining=remaining, resets_at=NOW + timedelta(minutes=10), learned_at=NOW
    )
    assert throttle.time_for(bucket, ahead, now=NOW, call=forecast.CALL) == timedelta(seconds=seconds)


def test_it_asks_as_little_for_many_as_for_one(three, team, bob, django_assert_num_queries):
    for number in range(40):
        make_submission(team, bob, email=f"more{number}@example.com")
    rows = waiting()
    for some in (rows[:1], rows):
        with django_assert_num_queries(3):
            forecast.places(some, now=NOW)
    with django_assert_num_queries(0):
        forecast.places([], now=NOW)


def test_it_reads_no_lead_to_count_ten_thousand(three):
    line = Submission.objects.queued().filter(team=three[0].team_id, environment=three[0].environment)
    if connection.vendor == "postgresql":  # which else sorts a table this small, or reads it as a whole
        with connection.cursor() as cursor:
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    plan = line.order_by(*forecast.ORDER).values("pk").explain()
    assert "submission_queue" in plan


def test_what_it_says_comes_true(clock, key, team, bob, sandbox):
    """Sixty an hour, a hundred leads: the one it says comes in the second hour does, and at the time it said."""
    sandbox.limit(60, window=3600)
    enter = queueing(team, key, bob)
    RateBucket.objects.all().delete()
    enter(*(f"n{number}" for number in range(70)))
    drain.drain(key.public_id)  # learns the window
    said = forecast.place_of_last(Submission.objects.all(), now=timezone.now())
    while Submission.objects.queued().exists():
        at = drain.next_time(key.public_id)
        clock.move_to(max(at, timezone.now() + timedelta(milliseconds=500)))
        drain.drain(key.public_id)
    assert abs(timezone.now() - said.expected_at) < timedelta(minutes=1)
