"""Mails of what failed: to whom, how often, and what they do not say."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from leads.audit import SYSTEM
from leads.breakcold.errors import OutcomeUnknown
from leads.models import Submission
from leads.models.notifications import EventKind
from leads.services import exports, keys, notifications, submissions
from tests.factories import actor_for, make_submission

from .mailing import HOUR, MINUTE, choose, fail, go_round, to_whom

pytestmark = pytest.mark.django_db


def test_it_tells_who_entered_it_and_the_admins(failing, post, carol, alice, clock):
    leads = failing(3)
    clock.shift(2 * MINUTE)
    assert go_round() == 2
    assert to_whom(post) == ["alice", "bob"]
    text = post.mails[0].get_content()
    assert post.mails[0]["Subject"] == "[Lead portal] brewers: 3 leads did not get through"
    assert "3 leads were not accepted" in text
    assert all(lead.reference in text for lead in leads)
    assert "https://portal.example/t/brewers/submissions/" in text


def test_it_says_nothing_of_what_a_lead_says(key, post, team, bob, alice, clock):
    values = {"first_name": "Aoife", "company": "Secretive Ltd", "email": "ab@private.example"}
    fail(team, bob, key, **values)
    clock.shift(2 * MINUTE)
    go_round()
    said = "".join(str(mail) for mail in post.mails)
    assert len(post.mails) == 2
    assert not [text for text in (*values.values(), "email is not valid") if text in said]


def test_it_names_only_so_many(failing, post, alice, clock):
    failing(14)
    clock.shift(2 * MINUTE)
    go_round()
    assert "and 4 more" in post.mails[0].get_content()


def test_it_sends_one_mail_for_a_burst(failing, post, alice, clock):
    for _ in range(30):  # ten hours, a failure every twenty minutes: one burst
        failing()
        clock.shift(20 * MINUTE)
        go_round()
    assert to_whom(post) == ["alice", "bob"]


def test_a_burst_ends_after_an_hour_without_failures(failing, post, alice, clock):
    for expected in (2, 4, 6):
        failing(2)
        clock.shift(2 * MINUTE)
        go_round()
        assert len(post.mails) == expected
        clock.shift(HOUR)
        assert go_round() == 0


def test_a_burst_that_began_while_no_worker_ran_is_told_once(failing, post, alice, clock):
    failing()
    clock.shift(3 * HOUR)
    failing()
    clock.shift(3 * HOUR)
    go_round()
    go_round()
    assert to_whom(post) == ["alice", "bob"]
    assert "2 leads were not accepted" in post.mails[0].get_content()


def test_it_tells_no_old_news(failing, post, alice, clock):
    failing()
    clock.shift(25 * HOUR)
    assert go_round() == 0


def test_it_tells_nobody_what_they_did_themselves(key, post, team, bob, alice, clock):
    lead = make_submission(team, bob)
    attempt = submissions.claim_next(key=key, now=timezone.now())
    lead = submissions.record_unknown(
        attempt=attempt, error=OutcomeUnknown("x"), look_up_at=timezone.now(), at=timezone.now()
    )
    submissions.resolve_given_up(submission=lead, actor=actor_for(alice))
    clock.shift(2 * MINUTE)
    go_round()
    assert to_whom(post) == ["bob"]


def test_it_tells_admins_of_a_paused_key_and_a_webhook_that_is_off(post, team, key, bob, alice, clock):
    with transaction.atomic():
        keys.pause_key(key, "Breakcold did not accept the key.", at=timezone.now(), actor=SYSTEM)
        notifications.note(EventKind.WEBHOOK_SWITCHED_OFF, team=team, actor=SYSTEM)
    clock.shift(2 * MINUTE)
    go_round()
    assert to_whom(post) == ["alice"]
    assert post.mails[0]["Subject"].endswith("Leads wait: the key was paused")
    text = post.mails[0].get_content()
    assert "The key was paused" in text and "A webhook was switched off" in text
    assert "not accepted." not in text and "took out" not in text


def test_it_tells_the_admins_of_a_large_export_and_not_who_made_it(post, team, bob, alice, clock, settings):
    settings.PORTAL_EXPORT_LEADS_PER_DAY = 1
    make_submission(team, bob)
    leads = Submission.objects.for_team(team)
    exports.export_leads(team=team, leads=leads, filters=[], file_format="csv", actor=actor_for(bob))
    clock.shift(2 * MINUTE)
    go_round()
    assert to_whom(post) == ["alice"]
    assert post.mails[0]["Subject"].endswith("Very many leads were exported")
    assert "Somebody took out very many leads" in post.mails[0].get_content()


@pytest.mark.parametrize(
    ("who", "chosen", "reached"),
    [
        ("bob", {"own_failures": False}, ["alice"]),
        ("alice", {"team_failures": False}, ["bob"]),
        ("alice", {"own_failures": False}, ["alice", "bob"]),
    ],
)
def test_it_respects_what_somebody_chose_of_failures(failing, post, bob, alice, clock, who, chosen, reached):
    choose({"bob": bob, "alice": alice}[who], **chosen)
    failing()
    clock.shift(2 * MINUTE)
    go_round()
    assert to_whom(post) == reached


def test_an_admin_hears_of_their_own_when_the_team_s_are_off(failing, post, alice, clock):
    choose(alice, team_failures=False)
    failing(user=alice)
    clock.shift(2 * MINUTE)
    go_round()
    assert to_whom(post) == ["alice"]
