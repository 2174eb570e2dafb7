"""How long an answer may take, who gets to wait, and when a lead may be there."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from leads.delivery import sweep
from leads.gateway import waiting
from leads.gateway.call import DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS, seconds_to_wait
from leads.models import GatewayAnswer, GatewayRequest, Submission
from leads.services import gateway_answers

from .conftest import LEAD

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, DEFAULT_WAIT_SECONDS),
        ("", DEFAULT_WAIT_SECONDS),
        ("wait=0", 0),
        ("wait=5", 5),
        ('WAIT = "7"', 7),
        ("wait=31", MAX_WAIT_SECONDS),
        ("wait=99999999999999999999", MAX_WAIT_SECONDS),
        ("wait=-1", DEFAULT_WAIT_SECONDS),
        ("wait=²", DEFAULT_WAIT_SECONDS),
        ("wait=soon", DEFAULT_WAIT_SECONDS),
        ("respond-async", 0),
        ("respond-async, wait=3", 3),
        ("respond-async, wait=soon", 0),
        ("wait=-5, respond-async; x", 0),
        ("return=minimal; x=1, wait=4", 4),
        ("wait=2, wait=9", 2),
    ],
)
def test_it_reads_a_preference(prefer: str | None, seconds: int) -> None:
    assert seconds_to_wait(prefer) == seconds


def test_only_a_few_wait_at_once() -> None:
    """The next one looks once and goes; when one of them is done there is a place again."""
    done, inside = threading.Event(), threading.Semaphore(0)

    def look() -> bool | None:
        inside.release()
        return True if done.is_set() else None

    threads = [
        threading.Thread(target=waiting.poll, args=(look,), kwargs={"seconds": 60}) for _ in range(waiting.MAX_WAITING)
    ]
    for thread in threads:
        thread.start()
    for _ in range(2 * waiting.MAX_WAITING):
        inside.acquire()  # each has looked before and after it got its place
    looks: list[int] = []
    assert waiting.poll(lambda: looks.append(1), seconds=60) is None
    assert looks == [1]
    done.set()
    for thread in threads:
        thread.join(60)
    assert waiting.poll(lambda: True if len(looks) > 1 else looks.append(1), seconds=60) is True


def test_a_place_to_wait_is_given_back_when_looking_fails() -> None:
    answers = iter([None, None])

    def look() -> None:
        return next(answers)

    for _ in range(waiting.MAX_WAITING + 1):
        answers = iter([None])
        with pytest.raises(StopIteration):
            waiting.poll(look, seconds=60)


def test_nobody_waits_who_need_not() -> None:
    looks: list[int] = []
    assert waiting.poll(lambda: looks.append(1), seconds=0) is None
    assert waiting.poll(lambda: "there", seconds=30) == "there"
    assert looks == [1]


@pytest.mark.django_db
def test_the_sweep_drops_what_is_old(script, time_machine_at) -> None:
    with time_machine_at(NOW):
        script.post(LEAD, idempotency_key="k")
    with time_machine_at(NOW + timedelta(hours=23)):
        sweep.prune_gateway()
        assert (GatewayAnswer.objects.count(), GatewayRequest.objects.count()) == (1, 1)
    with time_machine_at(NOW + gateway_answers.KEEP_ANSWERS):
        sweep.prune_gateway()
        assert (GatewayAnswer.objects.count(), GatewayRequest.objects.count()) == (0, 1)
    with time_machine_at(NOW + timedelta(days=30)):
        sweep.prune_gateway()
        assert GatewayRequest.objects.count() == 0
    assert Submission.objects.count() == 1
