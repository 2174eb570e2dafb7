"""Webhooks: added, changed, switched, removed; every one of it on record, without address or secret."""

from __future__ import annotations

from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.db import IntegrityError, transaction
from django.utils import timezone

from leads import audit
from leads.audit import SYSTEM
from leads.models import AuditEntry, Event, Webhook, WebhookDelivery
from leads.models.notifications import EventKind
from leads.services import notifications, webhooks
from leads.services.teams import NotPossible
from leads.services.webhook_targets import open_target
from tests.factories import OPERATOR
from tests.receivers import EVERYTHING, PATH, make_webhook, webhook_and_secret
from tests.services.threads import all_at_once

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def open_to_this_machine(settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True


@pytest.fixture
def hook(team):
    return make_webhook(team, URL)


def last(team) -> AuditEntry:
    return AuditEntry.objects.filter(team=team).order_by("sequence").last()


def add(team, **values):
    wanted = {"name": "Sales", "kind": "json", "address": URL + PATH, "events": EVERYTHING, **values}
    return webhooks.add_webhook(team=team, **wanted, actor=OPERATOR)


def waiting_for(hook) -> WebhookDelivery:
    with transaction.atomic():
        notifications.tell([hook], EventKind.WEBHOOK_TEST, team=hook.team, actor=SYSTEM)
    return WebhookDelivery.objects.select_related("webhook__team", "event").latest("pk")


def test_it_is_added_with_a_secret_of_its_own(team):
    hook, secret = webhook_and_secret(team, URL)
    assert (hook.host, hook.is_on, hook.events) == ("127.0.0.1:9", True, EVERYTHING)
    assert open_target(hook).secret == secret and secret.startswith("whsec_")
    assert open_target(hook).address == URL + PATH
    assert last(team).action == "webhook.added"
    assert last(team).details == {"host": "127.0.0.1:9", "kind": "json", "events": EVERYTHING}


def test_a_chat_has_no_secret(team):
    hook, secret = webhook_and_secret(team, URL, kind="text")
    assert secret == "" and open_target(hook).secret == ""
    with pytest.raises(NotPossible, match="not signed"):
        webhooks.renew_secret(webhook=hook, actor=OPERATOR)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"kind": "xml"}, "wants to be told"),
        ({"kind": ""}, "wants to be told"),
        ({"events": []}, "at least one"),
        ({"events": ["lead.created", "lead.deleted"]}, "at least one"),
        ({"events": ["webhook.test"]}, "at least one"),
        ({"address": "http://10.0.0.1/"}, "only for this machine"),
    ],
)
def test_it_refuses_what_is_not_right(team, values, words):
    before = AuditEntry.objects.count()
    with pytest.raises(NotPossible, match=words):
        add(team, **values)
    assert not Webhook.objects.exists() and AuditEntry.objects.count() == before


def test_it_keeps_the_events_in_one_order_and_once(team):
    hook, _ = add(team, events=["review.wanted", "lead.created"])
    assert hook.events == ["lead.created", "review.wanted"]


def test_a_form_that_is_sent_twice_adds_one(team):
    public_id = uuid4()
    add(team, public_id=public_id)
    with pytest.raises(NotPossible, match="sent already"):
        add(team, public_id=public_id)
    assert Webhook.objects.count() == 1


def test_a_team_has_only_so_many(team, other_team):
    hooks = [make_webhook(team, URL, name=f"hook {number}") for number in range(webhooks.MAX_WEBHOOKS)]
    with pytest.raises(NotPossible, match="at most 10"):
        make_webhook(team, URL)
    make_webhook(other_team, URL)
    webhooks.remove_webhook(webhook=hooks[0], actor=OPERATOR)
    make_webhook(team, URL)


def test_it_is_changed_and_keeps_its_address_and_secret(hook, team):
    before = open_target(hook)
    changed = webhooks.change_webhook(webhook=hook, name="Other", events=["key.paused"], actor=OPERATOR)
    assert (changed.name, changed.events) == ("Other", ["key.paused"])
    assert open_target(Webhook.objects.select_related("team").get()) == before
    assert last(team).details == {"host": "127.0.0.1:9", "events": ["key.paused"], "address": False}


def test_it_moves_to_another_address_and_begins_anew(hook, team):
    Webhook.objects.update(failing_since=timezone.now(), failures_in_a_row=5, rest_until=timezone.now())
    secret = open_target(hook).secret
    webhooks.change_webhook(
        webhook=hook, name="x", events=EVERYTHING, address="https://127.0.0.2:99/Other", actor=OPERATOR
    )
    found = Webhook.objects.select_related("team").get()
    assert (found.host, found.failing_since, found.failures_in_a_row, found.rest_until) == (
        "127.0.0.2:99",
        None,
        0,
        None,
    )
    assert open_target(found).address == "https://127.0.0.2:99/Other"
    assert open_target(found).secret == secret
    assert last(team).details["address"] is True


def test_a_new_secret_takes_the_place_of_the_old(hook, team):
    before = open_target(hook)
    secret = webhooks.renew_secret(webhook=hook, actor=OPERATOR)
    found = open_target(Webhook.objects.select_related("team").get())
    assert found.secret == secret != before.secret
    assert found.address == before.address
    assert last(team).details == {"host": "127.0.0.1:9", "secret": True}


def test_it_is_switched_off_and_on(hook, team):
    delivery = waiting_for(hook)
    webhooks.switch_off(webhook=hook, actor=OPERATOR)
    delivery.refresh_from_db()
    assert delivery.status == "given_up" and "switched off" in delivery.trouble
    assert (last(team).action, last(team).details["on"]) == ("webhook.changed", False)
    Webhook.objects.update(failing_since=timezone.now(), off_because="x", failures_in_a_row=9)
    webhooks.switch_on(webhook=hook, actor=OPERATOR)
    found = Webhook.objects.get()
    assert (found.is_on, found.off_because, found.failing_since, found.failures_in_a_row) == (True, "", None, 0)
    assert last(team).details["on"] is True


def test_a_removed_one_holds_nothing_and_cannot_be_used(hook, team):
    delivery = waiting_for(hook)
    webhooks.remove_webhook(webhook=hook, actor=OPERATOR)
    found = Webhook.objects.get()
    assert (found.sealed, found.is_on) == ("", False)
    assert list(Webhook.objects.present()) == []
    delivery.refresh_from_db()
    assert delivery.status == "given_up"
    assert (last(team).action, last(team).details) == ("webhook.removed", {"host": "127.0.0.1:9"})
    before = AuditEntry.objects.count(), Webhook.objects.values().get()
    for do in (
        lambda: webhooks.switch_on(webhook=hook, actor=OPERATOR),
        lambda: webhooks.switch_off(webhook=hook, actor=OPERATOR),
        lambda: webhooks.renew_secret(webhook=hook, actor=OPERATOR),
        lambda: webhooks.send_test(webhook=hook, actor=OPERATOR),
        lambda: webhooks.remove_webhook(webhook=hook, actor=OPERATOR),
        lambda: webhooks.replay(delivery=delivery, actor=OPERATOR),
        lambda: webhooks.change_webhook(webhook=hook, name="x", events=EVERYTHING, actor=OPERATOR),
    ):
        with pytest.raises(NotPossible, match="removed meanwhile"):
            do()
    assert (AuditEntry.objects.count(), Webhook.objects.values().get()) == before


def test_the_database_refuses_a_removed_one_that_holds_something(hook):
    for change in ({"removed_at": timezone.now()}, {"removed_at": timezone.now(), "is_on": False}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Webhook.objects.update(**change)


def test_a_test_is_for_that_webhook_alone(hook, team):
    other = make_webhook(team, URL, name="other")
    webhooks.send_test(webhook=hook, actor=OPERATOR)
    assert list(WebhookDelivery.objects.values_list("webhook", flat=True)) == [hook.pk]
    assert Event.objects.get().kind == EventKind.WEBHOOK_TEST
    assert last(team).action == "webhook.tested"
    assert not other.deliveries.exists()


def test_it_replays_what_ended(hook, team):
    delivery = waiting_for(hook)
    with pytest.raises(NotPossible, match="on its way already"):
        webhooks.replay(delivery=delivery, actor=OPERATOR)
    WebhookDelivery.objects.update(status="given_up", attempts=10, trouble="x")
    again = webhooks.replay(delivery=delivery, actor=OPERATOR)
    assert (again.status, again.attempts, again.trouble) == ("waiting", 0, "")
    assert last(team).details == {"host": "127.0.0.1:9", "event": str(delivery.event.public_id)}


def test_it_replays_nothing_to_one_that_is_off(hook):
    delivery = waiting_for(hook)
    webhooks.switch_off(webhook=hook, actor=OPERATOR)
    with pytest.raises(NotPossible, match="Switch it on"):
        webhooks.replay(delivery=delivery, actor=OPERATOR)


def test_it_is_sealed_again_with_the_newest_key(hook, team, settings):
    newest = Fernet.generate_key().decode()
    target = open_target(hook)
    settings.PORTAL_ENCRYPTION_KEYS = [newest, *settings.PORTAL_ENCRYPTION_KEYS]
    assert webhooks.reseal_webhooks(actor=OPERATOR) == 1
    settings.PORTAL_ENCRYPTION_KEYS = [newest]
    assert open_target(Webhook.objects.select_related("team").get()) == target


def test_neither_address_nor_secret_is_in_the_log(hook, team):
    secret = webhooks.renew_secret(webhook=hook, actor=OPERATOR)
    webhooks.change_webhook(
        webhook=hook, name="Private name", events=EVERYTHING, address=URL + "/Canary", actor=OPERATOR
    )
    webhooks.send_test(webhook=hook, actor=OPERATOR)
    webhooks.switch_off(webhook=hook, because="It failed.", actor=SYSTEM)
    webhooks.remove_webhook(webhook=hook, actor=OPERATOR)
    log = str(list(AuditEntry.objects.values()))
    assert not [text for text in (secret, "SecretPath", "Canary", "Private name") if text in log]
    assert list(audit.verify(team)) == []


@pytest.mark.django_db(transaction=True)
def test_many_who_switch_remove_and_tell_at_once_come_to_one_end(team):
    hook = make_webhook(team, URL)

    def do(number):
        try:
            if number == 3:
                webhooks.remove_webhook(webhook=hook, actor=OPERATOR)
            elif number % 2:
                webhooks.switch_off(webhook=hook, actor=OPERATOR)
            else:
                webhooks.send_test(webhook=hook, actor=OPERATOR)
        except NotPossible:
            return False
        return True

    done = all_at_once(do, 6)
    assert done[3]
    found = Webhook.objects.get()
    assert (found.sealed, found.is_on) == ("", False) and found.removed_at
    assert not WebhookDelivery.objects.filter(status="waiting").exists()
    assert list(audit.verify(team)) == []
