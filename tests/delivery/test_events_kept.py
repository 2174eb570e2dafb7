"""How long events and what was told of them are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leads.delivery import sweep
from leads.models import AuditEntry, Event, Submission, WebhookDelivery
from leads.services import webhooks
from tests.factories import OPERATOR, make_submission
from tests.receivers import make_webhook

pytestmark = pytest.mark.django_db


def test_the_sweep_drops_events_after_thirty_days_and_nothing_else(clock, team, bob, settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    team.reviews = True
    hook = make_webhook(team, "http://127.0.0.1:9")
    make_submission(team, bob)
    old = webhooks.send_test(webhook=hook, actor=OPERATOR)
    clock.shift(timedelta(days=29))
    new = webhooks.send_test(webhook=hook, actor=OPERATOR)
    kept = Submission.objects.count(), AuditEntry.objects.count()
    sweep.sweep()
    assert Event.objects.count() == 3
    clock.shift(timedelta(days=1))
    sweep.sweep()
    assert list(Event.objects.all()) == [new] and old.pk is not None
    assert WebhookDelivery.objects.get().event == new
    assert (Submission.objects.count(), AuditEntry.objects.count()) == kept


def test_the_sweep_gives_up_what_waited_too_long(clock, team, settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    webhooks.send_test(webhook=make_webhook(team, "http://127.0.0.1:9"), actor=OPERATOR)
    clock.shift(timedelta(hours=26))
    sweep.sweep()
    assert WebhookDelivery.objects.get().status == "given_up"
