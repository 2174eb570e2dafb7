"""Telling a real receiver on the loopback address what happened, and what follows when it does not listen."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from leads import audit
from leads.crypto import CannotOpen
from leads.delivery import webhooks as sending
from leads.models import AuditEntry, Event, Team, Webhook, WebhookDelivery
from leads.models.notifications import EventKind
from leads.services import webhooks
from leads.services.webhook_targets import open_target
from tests.breakcold.loopback import Trap, answer, answering, listening
from tests.factories import OPERATOR, make_submission
from tests.receivers import OK, PATH, is_signed, make_webhook, statuses, told, webhook_and_secret

pytestmark = pytest.mark.django_db

NOBODY_STOPS = threading.Event()


@pytest.fixture(autouse=True)
def open_to_this_machine(settings, clock):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True


@pytest.fixture
def reviewing(team) -> Team:
    """Entering a lead makes one event: somebody has to review it."""
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    return team


def send() -> int:
    """Everything that is due now, as one worker does; how many webhooks had their turn."""
    turns = 0
    while (webhook := sending.claim(timezone.now())) is not None:
        sending.work(webhook, NOBODY_STOPS)
        turns += 1
    return turns


def fresh(webhook: Webhook) -> Webhook:
    return Webhook.objects.get(pk=webhook.pk)


def test_it_tells_a_program_and_signs_it(reviewing, bob):
    with listening(answering(OK)) as server:
        webhook, secret = webhook_and_secret(reviewing, server.url)
        lead = make_submission(reviewing, bob)
        assert send() == 1
    message = told(server.requests[0])
    assert message.path == PATH
    assert message.json["type"] == "review.wanted"
    assert message.json["data"]["reference"] == lead.reference
    assert message.headers["content-type"] == "application/json"
    assert message.headers["user-agent"].startswith("lead-portal/")
    assert message.headers["webhook-timestamp"] == str(int(timezone.now().timestamp()))
    assert is_signed(message, secret)
    assert statuses(webhook) == ["delivered"]
    assert fresh(webhook).last_success_at == timezone.now()


def test_a_signature_is_worth_nothing_for_another_body_or_secret(reviewing, bob):
    with listening(answering(OK)) as server:
        _, secret = webhook_and_secret(reviewing, server.url)
        make_submission(reviewing, bob)
        send()
    message = told(server.requests[0])
    assert not is_signed(type(message)(message.path, message.headers, message.body + b" "), secret)
    assert not is_signed(message, "whsec_" + "A" * 43 + "=")


def test_it_tells_a_chat_in_a_line(reviewing, bob):
    with listening(answering(OK)) as server:
        make_webhook(reviewing, server.url, kind="text")
        lead = make_submission(reviewing, bob)
        send()
    message = told(server.requests[0])
    assert message.json == {"text": message.json["text"]}
    assert lead.reference in message.json["text"] and "waits for review" in message.json["text"]
    assert "webhook-signature" not in message.headers


def test_it_tells_nothing_personal(reviewing, bob):
    values = {"first_name": "Aoife", "last_name": "Byrne", "company": "Secretive Ltd", "email": "ab@private.example"}
    with listening(answering(OK, keep=True)) as server:
        make_webhook(reviewing, server.url)
        make_webhook(reviewing, server.url, kind="text", name="chat")
        make_submission(reviewing, bob, **values)
        send()
        assert len(server.requests) == 2
        said = b"".join(server.requests).decode()
    assert not [text for text in (*values.values(), "bob@") if text in said]


def test_it_tells_in_the_order_things_happened(reviewing, bob):
    with listening(answering(OK, keep=True)) as server:
        make_webhook(reviewing, server.url)
        leads = [make_submission(reviewing, bob, email=f"{number}@example.com") for number in range(5)]
        send()
        references = [told(request).json["data"]["reference"] for request in server.requests]
    assert references == [lead.reference for lead in leads]
    assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_it_tries_again_later_under_the_same_id(reviewing, bob, clock, status):
    with listening(answering(answer(b"", status, "Location: http://127.0.0.1:1/"), OK)) as server:
        webhook, secret = webhook_and_secret(reviewing, server.url)
        make_submission(reviewing, bob)
        send()
        row = WebhookDelivery.objects.get()
        assert (row.status, row.attempts, row.http_status) == ("waiting", 1, status)
        assert str(status) in row.trouble
        assert timedelta(seconds=12) <= row.due_at - timezone.now() <= timedelta(seconds=15)
        assert send() == 0  # not before
        clock.shift(15)
        assert send() == 1
    first, second = map(told, server.requests)
    assert (first.id, first.body) == (second.id, second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert is_signed(first, secret) and is_signed(second, secret)
    assert statuses(webhook) == ["delivered"]
    found = fresh(webhook)
    assert (found.failing_since, found.failures_in_a_row, found.rest_until) == (None, 0, None)
    assert str(status) in found.last_trouble  # it stays to be seen


def test_it_tries_again_when_nobody_listens(reviewing, bob):
    with Trap() as trap:
        url = trap.url
    webhook = make_webhook(reviewing, url)
    make_submission(reviewing, bob)
    send()
    row = WebhookDelivery.objects.get()
    assert (row.status, row.http_status, row.trouble) == ("waiting", None, "It could not be reached.")
    assert fresh(webhook).failing_since == timezone.now()


def test_it_gives_up_after_a_day(reviewing, bob, clock):
    with listening(answering(answer(b"", 500))) as server:
        webhook = make_webhook(reviewing, server.url)
        make_submission(reviewing, bob)
        began = timezone.now()
        for _ in range(30):
            row = WebhookDelivery.objects.get()
            if row.status != "waiting":
                break
            clock.move_to(max(row.due_at, fresh(webhook).rest_until or row.due_at))
            send()
    assert row.status == "given_up"
    assert (row.attempts, len(server.requests)) == (10, 10)
    assert timedelta(hours=18) < row.tried_at - began <= timedelta(hours=24)
    assert len({told(request).id for request in server.requests}) == 1
    assert fresh(webhook).is_on


def test_it_lets_others_pass_a_message_that_is_not_taken(reviewing, bob, clock):
    """A receiver that chokes on one message still gets the ones after it."""
    with listening(answering(answer(b"", 400), OK)) as server:
        webhook = make_webhook(reviewing, server.url)
        make_submission(reviewing, bob)
        make_submission(reviewing, bob, email="second@example.com")
        send()
        assert statuses(webhook) == ["waiting", "waiting"]  # it rests a moment
        clock.shift(5)
        send()
    assert statuses(webhook) == ["waiting", "delivered"]


def test_it_leaves_a_failing_receiver_alone_for_longer_each_time(reviewing, bob, clock):
    with listening(answering(answer(b"", 500))) as server:
        webhook = make_webhook(reviewing, server.url)
        for number in range(20):
            make_submission(reviewing, bob, email=f"{number}@example.com")
        calls = []
        for _ in range(600):
            send()
            calls.append(len(server.requests))
            clock.shift(1)
    assert calls[-1] < 8  # in ten minutes, with twenty messages waiting
    assert fresh(webhook).rest_until > timezone.now() - timedelta(seconds=600)


def test_it_waits_as_long_as_it_is_asked_to(reviewing, bob):
    with listening(answering(answer(b"", 429, "Retry-After: 90"))) as server:
        webhook = make_webhook(reviewing, server.url)
        make_submission(reviewing, bob)
        send()
    assert fresh(webhook).rest_until == timezone.now() + timedelta(seconds=90)


def test_it_is_switched_off_when_the_receiver_is_gone(reviewing, bob):
    with listening(answering(answer(b"", 410))) as server:
        webhook = make_webhook(reviewing, server.url)
        for number in range(3):
            make_submission(reviewing, bob, email=f"{number}@example.com")
        send()
        assert len(server.requests) == 1
    found = fresh(webhook)
    assert not found.is_on and "410" in found.off_because
    assert statuses(webhook) == ["given_up"] * 3
    entry = AuditEntry.objects.filter(team=reviewing).last()
    assert (entry.action, entry.actor_kind) == ("webhook.switched_off", "system")
    assert entry.details == {"host": webhook.host, "reason": webhooks.GONE}
    assert Event.objects.last().kind == EventKind.WEBHOOK_SWITCHED_OFF
    assert list(audit.verify(reviewing)) == []


def test_it_is_switched_off_after_five_days_without_one_success(reviewing, bob, clock):
    with listening(answering(answer(b"", 500))) as server:
        webhook = make_webhook(reviewing, server.url)
        days = 0
        while fresh(webhook).is_on:
            if not WebhookDelivery.objects.filter(status="waiting").exists():
                make_submission(reviewing, bob, email=f"{days}@example.com")
            send()
            clock.shift(3600)
            days += 1 / 24
            assert days < 7
    assert 5 <= days < 5.5
    assert "5 days" in fresh(webhook).off_because


def test_it_is_not_switched_off_by_one_failure_after_quiet_days(reviewing, bob, clock):
    with listening(answering(answer(b"", 500), answer(b"", 500), OK)) as server:
        webhook = make_webhook(reviewing, server.url)
        make_submission(reviewing, bob)
        send()
        WebhookDelivery.objects.update(status="given_up")
        clock.shift(6 * 86_400)
        make_submission(reviewing, bob, email="second@example.com")
        send()
        assert fresh(webhook).is_on
        clock.shift(600)
        send()
    assert fresh(webhook).failing_since is None


def test_it_checks_the_address_at_each_connection(reviewing, bob, settings):
    """What was allowed when it was saved, and is not now, is not connected to."""
    with Trap() as trap:
        webhook = make_webhook(reviewing, trap.url)
        settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = False
        make_submission(reviewing, bob)
        send()
        assert trap.is_untouched
    assert fresh(webhook).last_trouble == "Its name stands for an address the portal sends nothing to."


def test_it_follows_no_redirect(reviewing, bob):
    with Trap() as trap, listening(answering(answer(b"", 302, f"Location: {trap.url}/"))) as server:
        make_webhook(reviewing, server.url)
        make_submission(reviewing, bob)
        send()
        assert trap.is_untouched and len(server.requests) == 1


def test_it_sends_a_test_even_while_it_is_off_or_rests(reviewing, bob, alice):
    with listening(answering(answer(b"", 500), OK)) as server:
        webhook = make_webhook(reviewing, server.url, events=["review.wanted"])
        make_submission(reviewing, bob)
        send()
        webhooks.switch_off(webhook=webhook, actor=OPERATOR)
        webhooks.send_test(webhook=webhook, actor=OPERATOR)
        send()
    assert told(server.requests[-1]).json["type"] == "webhook.test"
    assert statuses(webhook) == ["given_up", "delivered"]


def test_it_tells_one_that_is_off_nothing_else(reviewing, bob):
    with Trap() as trap:
        webhook = make_webhook(reviewing, trap.url)
        webhooks.switch_off(webhook=webhook, actor=OPERATOR)
        make_submission(reviewing, bob)
        assert send() == 0
        assert trap.is_untouched
    assert statuses(webhook) == []


def test_it_replays_under_the_same_id(reviewing, bob):
    with listening(answering(OK)) as server:
        webhook = make_webhook(reviewing, server.url)
        make_submission(reviewing, bob)
        send()
        webhooks.replay(delivery=webhook.deliveries.select_related("webhook__team", "event").get(), actor=OPERATOR)
        send()
    first, second = map(told, server.requests)
    assert (first.id, first.body) == (second.id, second.body)
    assert statuses(webhook) == ["delivered"]


def test_it_goes_to_the_new_address_after_a_change(reviewing, bob):
    with Trap() as trap, listening(answering(OK)) as server:
        webhook = make_webhook(reviewing, trap.url)
        make_submission(reviewing, bob)
        webhooks.change_webhook(
            webhook=webhook, name="moved", events=webhook.events, address=server.url, actor=OPERATOR
        )
        send()
        assert trap.is_untouched and len(server.requests) == 1


def test_it_says_so_when_its_secrets_cannot_be_opened(reviewing, bob, settings):
    with Trap() as trap:
        webhook = make_webhook(reviewing, trap.url)
        make_submission(reviewing, bob)
        settings.PORTAL_ENCRYPTION_KEYS = ["b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMTI="]
        with pytest.raises(CannotOpen):
            open_target(webhook)
        send()
        assert trap.is_untouched
    assert fresh(webhook).last_trouble == "Its address cannot be used."


def test_it_gives_up_what_waited_a_day_behind_others(reviewing, bob, clock):
    with Trap() as trap:
        url = trap.url
    webhook = make_webhook(reviewing, url)
    make_submission(reviewing, bob)
    clock.shift(25 * 3600)
    make_submission(reviewing, bob, email="second@example.com")
    clock.shift(3600)
    assert sending.give_up_old() == 1
    assert statuses(webhook) == ["given_up", "waiting"]


def test_it_keeps_no_word_of_what_a_receiver_answered(reviewing, bob):
    """A receiver inside somebody's network cannot be read through a webhook."""
    with listening(answering(answer(b"inner secrets", 500, "X-Inner: secrets"))) as server:
        webhook = make_webhook(reviewing, server.url)
        make_submission(reviewing, bob)
        send()
    rows = [*Webhook.objects.filter(pk=webhook.pk).values(), *WebhookDelivery.objects.values()]
    assert "inner" not in str(rows).lower()
