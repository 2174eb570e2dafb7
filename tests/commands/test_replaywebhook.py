from __future__ import annotations

import pytest
from django.core.management import CommandError

from leads.delivery.webhook_messages import id_of
from leads.models import AuditEntry, WebhookDelivery
from leads.services import webhooks
from tests.factories import OPERATOR
from tests.receivers import make_webhook, statuses

from .helpers import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook(team, settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    hook = make_webhook(team, "http://127.0.0.1:9")
    for status in ("given_up", "delivered", "given_up"):
        event = webhooks.send_test(webhook=hook, actor=OPERATOR)
        WebhookDelivery.objects.filter(event=event).update(status=status)
    return hook


def test_it_sends_one_event_again(hook):
    event = WebhookDelivery.objects.filter(status="delivered").get().event
    assert run("replaywebhook", "brewers", id_of(event)) == "1 on the way once more.\n"
    assert statuses(hook) == ["given_up", "waiting", "given_up"]
    assert AuditEntry.objects.filter(action="webhook.replayed").count() == 1


def test_it_sends_everything_that_was_given_up(hook):
    assert run("replaywebhook", "brewers", given_up=True) == "2 on the way once more.\n"
    assert statuses(hook) == ["waiting", "delivered", "waiting"]


def test_it_leaves_other_teams_alone(hook, other_team):
    event = WebhookDelivery.objects.latest("pk").event
    with pytest.raises(CommandError, match="No webhook of strangers"):
        run("replaywebhook", "strangers", id_of(event))
    assert run("replaywebhook", "strangers", given_up=True) == "0 on the way once more.\n"
    assert "waiting" not in statuses(hook)


def test_it_leaves_one_that_is_off_alone(hook):
    webhooks.switch_off(webhook=hook, actor=OPERATOR)
    assert run("replaywebhook", "brewers", given_up=True) == "0 on the way once more.\n"


@pytest.mark.parametrize("event", ["evt_nonsense", "", "L-7K3F9QX2"])
def test_it_says_what_an_id_looks_like(hook, event):
    with pytest.raises(CommandError):
        run("replaywebhook", "brewers", event)


def test_it_wants_to_know_what(hook):
    with pytest.raises(CommandError):
        run("replaywebhook", "brewers")
