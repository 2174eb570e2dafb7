"""Several workers at once, one that dies, a receiver that hangs: each event once, and no lead waits for it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from leads.delivery import drain
from leads.delivery import webhooks as sending
from leads.models import Submission, Team, Webhook, WebhookDelivery
from leads.outbound import Reply
from leads.services import webhooks
from leads.states import State
from tests.breakcold.loopback import answering, listening, read_request
from tests.factories import OPERATOR, make_member, make_submission, make_team
from tests.receivers import OK, make_webhook, statuses, told
from tests.services.threads import all_at_once

from .kit import check_books

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60
NOBODY_STOPS = threading.Event()


@pytest.fixture(autouse=True)
def open_to_this_machine(settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True


def reviewing_team(slug: str) -> Team:
    team = make_team(slug, reviews=True)
    make_member(team, f"member-of-{slug}")
    return team


def enter(team: Team, count: int) -> None:
    user = team.memberships.get().user
    for number in range(count):
        make_submission(team, user, email=f"{team.slug}-{number}@example.com")


def test_it_is_claimed_by_one_of_many():
    team = reviewing_team("one")
    make_webhook(team, "http://127.0.0.1:9/x")
    enter(team, 1)
    claimed = all_at_once(lambda number: sending.claim(timezone.now()), 8)
    assert len([webhook for webhook in claimed if webhook]) == 1


def work_off(number: int) -> None:
    """One worker's sender, until nothing is due."""
    until = time.monotonic() + PATIENCE
    while WebhookDelivery.objects.filter(status="waiting").exists():
        assert time.monotonic() < until
        webhook = sending.claim(timezone.now())
        if webhook is not None:
            sending.work(webhook, NOBODY_STOPS)


def test_it_tells_each_event_once_with_many_workers():
    teams = [reviewing_team(f"team-{number}") for number in range(4)]
    with listening(answering(OK, keep=True)) as server:
        for team in teams:
            make_webhook(team, server.url, name="first")
            make_webhook(team, server.url, name="second")
            enter(team, 6)
        all_at_once(work_off, 6)
        ids = Counter(told(request).id for request in server.requests)
    assert len(ids) == 24
    assert set(ids.values()) == {2}  # once for each of the two webhooks
    assert set(WebhookDelivery.objects.values_list("status", "attempts")) == {("delivered", 1)}


def test_it_sends_again_under_the_same_id_what_a_dead_worker_had_sent():
    """The worker dies between sending and writing it down; the receiver can tell by the id."""
    team = reviewing_team("one")
    with listening(answering(OK, keep=True)) as server:
        webhook = make_webhook(team, server.url)
        enter(team, 1)
        claimed = sending.claim(timezone.now())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sending, "record", lambda *args: 1 / 0)
            patch.setattr(Webhook.objects, "filter", _nothing_is_released(Webhook.objects.filter))
            with pytest.raises(ZeroDivisionError):
                sending.work(claimed, NOBODY_STOPS)
        assert sending.claim(timezone.now()) is None  # its lease still runs
        later = timezone.now() + timedelta(seconds=sending.LEASE_SECONDS)
        again = sending.claim(later)
        sending.work(again, NOBODY_STOPS)
        first, second = map(told, server.requests)
    assert (first.id, first.body) == (second.id, second.body)
    assert statuses(webhook) == ["delivered"]


def _nothing_is_released(real):
    """A dead process lets go of nothing."""

    def find(*args, **kwargs):
        return real(pk=None) if "lease_token" in kwargs else real(*args, **kwargs)

    return find


def test_a_worker_that_was_stopped_past_its_lease_changes_nothing_but_a_success():
    team = reviewing_team("one")
    webhook = make_webhook(team, "http://127.0.0.1:9/x")
    enter(team, 1)
    stopped = sending.claim(timezone.now())
    delivery = WebhookDelivery.objects.select_related("event").get()
    other = sending.claim(timezone.now() + timedelta(seconds=sending.LEASE_SECONDS))
    assert other is not None and other.lease_token != stopped.lease_token
    assert not sending.record(stopped, delivery, Reply(500, {}, b""))
    found = Webhook.objects.get(pk=webhook.pk)
    assert (found.failures_in_a_row, found.failing_since) == (0, None)
    assert not sending.record(stopped, delivery, Reply(200, {}, b""))  # true, but the webhook is another's now
    assert statuses(webhook) == ["delivered"]
    assert Webhook.objects.get(pk=webhook.pk).lease_token == other.lease_token


def test_a_webhook_that_is_removed_while_it_is_told_stays_removed():
    team = reviewing_team("one")

    def remove_meanwhile(listener, connection_):
        listener.requests.append(read_request(connection_))
        webhooks.remove_webhook(webhook=Webhook.objects.select_related("team").get(), actor=OPERATOR)
        connection.close()
        connection_.sendall(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")

    with listening(remove_meanwhile) as server:
        make_webhook(team, server.url)
        enter(team, 1)
        sending.work(sending.claim(timezone.now()), NOBODY_STOPS)
        assert len(server.requests) == 1
    found = Webhook.objects.get()
    assert (found.is_on, found.sealed, found.off_because) == (False, "", "")
    assert found.removed_at is not None


def test_it_gives_each_team_its_turn():
    """One team's hundred messages and hanging receivers take one place, not all of them."""
    greedy, modest = reviewing_team("greedy"), reviewing_team("modest")
    for number in range(5):
        make_webhook(greedy, "http://127.0.0.1:9/x", name=f"hook {number}")
    enter(greedy, 5)
    make_webhook(modest, "http://127.0.0.1:9/x")
    enter(modest, 1)
    now = timezone.now()
    claimed = [sending.claim(now) for _ in range(3)]
    assert [webhook and webhook.team.slug for webhook in claimed] == ["greedy", "modest", None]


def test_it_serves_the_healthy_before_the_failing():
    failing, healthy = reviewing_team("failing"), reviewing_team("healthy")
    webhook = make_webhook(failing, "http://127.0.0.1:9/x")
    Webhook.objects.filter(pk=webhook.pk).update(failures_in_a_row=3)
    make_webhook(healthy, "http://127.0.0.1:9/x")
    enter(failing, 1)
    enter(healthy, 1)
    Webhook.objects.filter(team=healthy).update(tried_at=timezone.now())
    assert sending.claim(timezone.now()).team == healthy


@pytest.fixture
def lane():
    """The thread of its own that a worker has for webhooks."""
    stopping = threading.Event()
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setattr(sending, "POLL_SECONDS", 0.02)
        running = pool.submit(sending.send_until, stopping)
        yield stopping
        stopping.set()
        running.result(PATIENCE)


def wait_until(holds):
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.01)


def test_leads_arrive_while_every_receiver_hangs(lane, key, team, bob, sandbox):
    """The receivers answer only when the leads have arrived, so the leads cannot have waited for them."""
    arrived = threading.Event()

    def hang(listener, connection_):
        listener.requests.append(read_request(connection_))
        arrived.wait(PATIENCE)
        connection_.sendall(OK)

    others = [reviewing_team(f"team-{number}") for number in range(sending.AT_ONCE)]
    with listening(hang) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "CALL_SECONDS", float(PATIENCE))
        make_webhook(team, server.url)
        for other in others:
            make_webhook(other, server.url)
            enter(other, 1)
        wait_until(lambda: len(server.requests) == sending.AT_ONCE)  # as many as there may be, all hanging
        for number in range(10):
            make_submission(team, bob, email=f"{number}@example.com")
        drain.drain(key.public_id)
        assert Submission.objects.filter(team=team, state=State.CREATED).count() == 10
        assert len(server.requests) == sending.AT_ONCE  # never more at once
        arrived.set()
        wait_until(lambda: not WebhookDelivery.objects.exclude(status="delivered").exists())
    assert WebhookDelivery.objects.count() == 10 + sending.AT_ONCE
    check_books(sandbox, team)


def test_the_lane_goes_on_after_a_failure_of_its_own(lane):
    team = reviewing_team("one")
    with listening(answering(OK)) as server, pytest.MonkeyPatch.context() as patch:
        webhook = make_webhook(team, server.url)
        real, failures = sending.claim, []

        def claim(now):
            if len(failures) < 3:
                failures.append(now)
                raise RuntimeError("a bug")
            return real(now)

        patch.setattr(sending, "claim", claim)
        enter(team, 1)
        wait_until(lambda: statuses(webhook) == ["delivered"])
    assert len(failures) == 3
