"""What every mail has in common: a server that is away, one that hangs, several workers."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from leads.delivery import drain, notices
from leads.models import NotificationSettings, Submission, Team
from leads.models.teams import Role
from leads.states import State
from tests.factories import make_member, make_submission
from tests.services.threads import all_at_once

from .mailing import MINUTE, NOBODY_STOPS, fail, go_round, to_whom

pytestmark = pytest.mark.django_db


def test_it_tries_again_when_the_server_was_away(failing, post, alice, clock):
    failing()
    clock.shift(2 * MINUTE)
    post.is_broken = True
    assert go_round() == 0
    assert post.connections == 1  # after the first it does not try the others
    post.is_broken = False
    assert go_round() == 1  # the other one was not tried yet
    clock.shift(5 * MINUTE)
    assert go_round() == 1
    assert to_whom(post) == ["alice", "bob"]


def test_it_waits_longer_each_time(failing, post, clock):
    failing()
    clock.shift(2 * MINUTE)
    post.is_broken = True
    for minutes in (5, 15, 60, 60):
        assert go_round() == 0
        row = NotificationSettings.objects.get()
        assert row.mail_after == timezone.now() + timedelta(minutes=minutes)
        clock.move_to(row.mail_after)
    post.is_broken = False
    assert go_round() == 1
    assert NotificationSettings.objects.get().mail_troubles == 0


def test_one_address_that_is_refused_keeps_no_mail_from_others(failing, post, alice, clock):
    post.refused = {"alice@example.com"}
    failing()
    clock.shift(2 * MINUTE)
    assert go_round() == 1
    assert to_whom(post) == ["bob"]


def test_a_team_s_name_cannot_put_headers_into_a_mail(reviewing, post, bob, carol, clock):
    Team.objects.filter(pk=reviewing.pk).update(name="x\r\nBcc: all@example.com")
    make_submission(reviewing, bob)
    clock.shift(2 * MINUTE)
    go_round()
    assert post.mails[0]["Bcc"] is None and "all@example.com" not in str(post.mails[0])


def test_it_sends_nothing_without_a_mail_server(failing, post, alice, clock, settings):
    settings.PORTAL_SENDS_MAIL = False
    failing()
    clock.shift(2 * MINUTE)
    notices.mail_until(NOBODY_STOPS)  # returns at once
    assert post.connections == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once(reviewing, post, bob, clock):
    for number in range(4):
        make_member(reviewing, f"reviewer-{number}", Role.REVIEWER)
    make_submission(reviewing, bob)
    clock.shift(2 * MINUTE)
    all_at_once(lambda number: go_round(), 4)
    assert to_whom(post) == [f"reviewer-{number}" for number in range(4)]


@pytest.mark.django_db(transaction=True)
def test_leads_arrive_while_the_mail_server_hangs(post, key, team, bob, alice, clock):
    """The server answers only when the lead has arrived, so the lead cannot have waited for it."""
    fail(team, bob, key)
    clock.shift(2 * MINUTE)
    post.hangs = True
    mailing = threading.Thread(target=all_at_once, args=(lambda number: go_round(), 1))
    mailing.start()
    lead = make_submission(team, bob, email="second@example.com")
    drain.drain(key.public_id)
    assert Submission.objects.get(pk=lead.pk).state == State.CREATED
    post.over.set()  # the server hangs up
    mailing.join(60)
    assert not mailing.is_alive() and not post.mails
