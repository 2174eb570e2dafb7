"""Events: written with the change they speak of, one for each thing worth telling, and nothing personal in them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from leads.audit import SYSTEM
from leads.breakcold.errors import Created, NotSent, OutcomeUnknown, RateLimit, Refused
from leads.models import AuditEntry, Event, NotificationSettings, Submission, Team, WebhookDelivery
from leads.models.notifications import OFFERED, EventKind
from leads.services import keys, notifications, submissions
from tests.factories import actor_for, make_submission
from tests.receivers import make_webhook

pytestmark = pytest.mark.django_db

NOW = timezone.now


@pytest.fixture
def kinds(team, hook):
    """The kinds of what was told, to a webhook that asked for everything."""
    return lambda: list(Event.objects.filter(team=team).order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def reviewing(team) -> Team:
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    return team


@pytest.fixture
def hook(team, settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    return make_webhook(team, "http://127.0.0.1:9/x")


def attempt_on(lead, key):
    return submissions.claim_next(key=key, now=NOW() + timedelta(minutes=1))


def created(attempt):
    done = Created(id="lead-1", body={"id": "lead-1"}, status=200, rate_limit=RateLimit())
    submissions.record_created(attempt=attempt, created=done, at=NOW())


def test_it_tells_of_a_lead_that_arrived(key, team, bob, kinds):
    created(attempt_on(make_submission(team, bob), key))
    assert kinds() == [EventKind.LEAD_CREATED]


def test_it_tells_of_a_lead_that_failed(key, team, bob, kinds):
    attempt = attempt_on(make_submission(team, bob), key)
    submissions.record_failed(attempt=attempt, error=Refused("no"), kind="refused", at=NOW())
    assert kinds() == [EventKind.LEAD_FAILED]
    event = Event.objects.get()
    assert (event.about, event.caused_by) == (bob, None)


def test_it_does_not_tell_of_a_lead_that_is_tried_again(key, team, bob, kinds):
    attempt = attempt_on(make_submission(team, bob), key)
    submissions.postpone(attempt=attempt, error=NotSent("x"), kind="not_sent", send_after=NOW(), at=NOW())
    assert kinds() == []


def unknown(team, bob, key):
    attempt = attempt_on(make_submission(team, bob), key)
    return submissions.record_unknown(attempt=attempt, error=OutcomeUnknown("x"), look_up_at=NOW(), at=NOW())


def test_it_tells_of_an_unknown_lead_once_it_waits_for_a_person(key, team, bob, kinds):
    lead = unknown(team, bob, key)
    lead = submissions.plan_look_up(submission=lead, at=NOW(), found="unsure", actor=SYSTEM)
    assert kinds() == []
    submissions.plan_look_up(submission=lead, at=None, found="unsure", actor=SYSTEM)
    assert kinds() == [EventKind.LEAD_NEEDS_ATTENTION]


def test_it_tells_what_a_person_settled(key, team, bob, alice, kinds):
    submissions.resolve_there(submission=unknown(team, bob, key), actor=actor_for(alice))
    submissions.resolve_given_up(submission=unknown(team, bob, key), actor=actor_for(alice))
    submissions.resolve_missing(submission=unknown(team, bob, key), actor=actor_for(alice))
    assert kinds() == [EventKind.LEAD_CREATED, EventKind.LEAD_FAILED]
    assert set(Event.objects.values_list("caused_by", flat=True)) == {alice.pk}


def test_it_tells_of_a_lead_found_by_a_look_up(key, team, bob, kinds):
    submissions.resolve_found(submission=unknown(team, bob, key), lead={"id": "lead-9"}, actor=SYSTEM)
    assert kinds() == [EventKind.LEAD_CREATED]


@pytest.mark.parametrize("decision", ["approved", "sent_back", "rejected"])
def test_it_tells_of_a_review_and_what_was_decided(reviewing, bob, as_carol, kinds, decision):
    lead = make_submission(reviewing, bob)
    if decision == "approved":
        submissions.approve(submission=lead, actor=as_carol)
    elif decision == "sent_back":
        submissions.send_back(submission=lead, comment="Which phone?", actor=as_carol)
    else:
        submissions.reject(submission=lead, comment="No.", actor=as_carol)
    assert kinds() == [EventKind.REVIEW_WANTED, EventKind.REVIEW_DECIDED]
    assert Event.objects.last().data["decision"] == decision


def test_it_tells_of_a_key_that_is_paused_once(key, team, bob, kinds):
    make_submission(team, bob)
    with transaction.atomic():
        keys.pause_key(key, "Breakcold did not accept the key.", at=NOW(), actor=SYSTEM)
        keys.pause_key(key, "Breakcold did not accept the key.", at=NOW(), actor=SYSTEM)
    assert kinds() == [EventKind.KEY_PAUSED]
    assert Event.objects.get().data["waiting"] == 1


def test_it_tells_nothing_that_did_not_happen(team, bob, hook, kinds):
    """An event stands and falls with the change it speaks of."""
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    with pytest.raises(RuntimeError), transaction.atomic():
        make_submission(team, bob)
        assert kinds() == [EventKind.REVIEW_WANTED]
        raise RuntimeError
    assert kinds() == []
    assert not WebhookDelivery.objects.exists()


def test_a_change_does_not_happen_when_its_event_cannot_be_written(reviewing, bob, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("full")

    monkeypatch.setattr(notifications, "note", fail)
    with pytest.raises(RuntimeError):
        make_submission(reviewing, bob)
    assert not Submission.objects.exists()


def test_it_says_where_to_look_and_nothing_personal(reviewing, bob, hook, settings):
    settings.PORTAL_URL = "https://portal.example"
    lead = make_submission(reviewing, bob, first_name="Aoife", company="Secretive Ltd", email="aoife@private.example")
    event = Event.objects.get()
    assert event.data == {
        "team": "brewers",
        "reference": lead.reference,
        "lead": str(lead.public_id),
        "state": "pending_review",
        "practice": False,
        "link": "https://portal.example" + reverse("submission_detail", args=["brewers", lead.public_id]),
    }
    told = json.dumps(event.data)
    assert not [text for text in ("Aoife", "Secretive", "private.example", "bob") if text in told]


def test_it_links_to_pages_that_are_there(team):
    for path, name in (
        ("settings/key/", "key_detail"),
        ("settings/webhooks/", "webhook_list"),
        ("notifications/", "notification_settings"),
        ("review/", "review_queue"),
        ("submissions/", "submission_list"),
    ):
        assert notifications.link_to(team, path).endswith(reverse(name, args=[team.slug]))


def test_it_makes_a_delivery_for_each_webhook_that_asked(reviewing, bob, settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    asked = make_webhook(reviewing, "http://127.0.0.1:9/a")
    make_webhook(reviewing, "http://127.0.0.1:9/b", events=["lead.created"])
    off = make_webhook(reviewing, "http://127.0.0.1:9/c")
    type(off).objects.filter(pk=off.pk).update(is_on=False)
    make_submission(reviewing, bob)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.webhook, delivery.status, delivery.attempts) == (asked, "waiting", 0)
    assert delivery.due_at == delivery.queued_at


def test_it_tells_no_webhook_of_another_team(reviewing, other_team, bob, settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    make_webhook(other_team, "http://127.0.0.1:9/a")
    make_submission(reviewing, bob)
    assert not WebhookDelivery.objects.exists() and not Event.objects.exists()


def test_it_writes_what_somebody_hears_of_and_nothing_else(key, team, bob):
    """Failures go into mails, webhook or not; that a lead arrived is told to webhooks alone."""
    created(attempt_on(make_submission(team, bob), key))
    assert not Event.objects.exists()
    attempt = attempt_on(make_submission(team, bob), key)
    submissions.record_failed(attempt=attempt, error=Refused("no"), kind="refused", at=NOW())
    assert Event.objects.get().kind == EventKind.LEAD_FAILED


def test_it_offers_no_kind_that_is_only_told_inside():
    assert set(EventKind) - set(OFFERED) == {EventKind.WEBHOOK_SWITCHED_OFF, EventKind.WEBHOOK_TEST}


def choose(membership, user, **chosen):
    wanted = {"review_digest": True, "own_returns": True, "own_failures": True, "team_failures": True, **chosen}
    return notifications.choose(membership=membership, **wanted, actor=actor_for(user))


def test_it_keeps_what_somebody_chose_and_records_it(team, alice):
    membership = alice.memberships.get()
    choose(membership, alice, own_failures=False)
    found = notifications.settings_of(membership)
    assert (found.review_digest, found.own_failures, found.team_failures) == (True, False, True)
    entry = AuditEntry.objects.filter(team=team).last()
    assert (entry.action, entry.details) == ("notifications.changed", {"own_failures": False})


def test_it_records_nothing_when_nothing_changed(team, alice):
    before = AuditEntry.objects.count()
    choose(alice.memberships.get(), alice)
    assert AuditEntry.objects.count() == before


def test_it_leaves_alone_what_a_role_does_not_have(team, bob):
    """So that it is as before when they get the role back."""
    choose(bob.memberships.get(), bob, review_digest=False, team_failures=False, own_failures=False, own_returns=False)
    found = NotificationSettings.objects.get()
    assert (found.review_digest, found.own_failures, found.team_failures) == (True, False, True)
    assert not found.own_returns


def test_it_gives_everybody_everything_at_first(team, bob):
    found = notifications.settings_of(bob.memberships.get())
    assert found.review_digest and found.own_returns and found.own_failures and found.team_failures
    assert not NotificationSettings.objects.exists()
