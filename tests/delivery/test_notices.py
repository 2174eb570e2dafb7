"""Mails to people who are not looking, over a real SMTP server on the loopback address."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from leads.audit import SYSTEM
from leads.breakcold.errors import OutcomeUnknown, Refused
from leads.delivery import drain, notices
from leads.models import Membership, NotificationSettings, Submission, Team
from leads.models.notifications import EventKind
from leads.models.teams import Role
from leads.services import exports, keys, notifications, submissions
from leads.states import State
from tests.factories import actor_for, make_member, make_submission
from tests.mail_server import MailServer, running_mail_server
from tests.services.threads import all_at_once

pytestmark = pytest.mark.django_db

NOBODY_STOPS = threading.Event()
MINUTE, HOUR = 60, 3600


@pytest.fixture
def post(settings, clock):
    """The mail server, with nothing in it yet."""
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 20
        settings.PORTAL_SENDS_MAIL = True
        settings.PORTAL_URL = "https://portal.example"
        yield server


@pytest.fixture
def reviewing(post, team: Team) -> Team:
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    return team


def go_round() -> int:
    return notices.mail_round(NOBODY_STOPS)


def to_whom(post: MailServer) -> list[str]:
    return sorted(mail["To"].split("@")[0] for mail in post.mails)


def choose(user, **chosen):
    membership = user.memberships.select_related("team", "user").get()
    wanted = {"review_digest": True, "own_returns": True, "own_failures": True, "team_failures": True, **chosen}
    notifications.choose(membership=membership, **wanted, actor=actor_for(user))


# Reviews


def test_it_tells_reviewers_what_waits(reviewing, post, bob, carol, alice, clock):
    make_submission(reviewing, bob)
    clock.shift(3 * HOUR)
    make_submission(reviewing, bob, email="second@example.com")
    clock.shift(2 * MINUTE)
    assert go_round() == 2
    assert to_whom(post) == ["alice", "carol"]
    mail = post.mails[0]
    text = mail.get_content()
    assert mail["Subject"] == "[Lead portal] brewers: 2 leads wait for review"
    assert "2 leads of team brewers wait for review." in text
    assert "waited for 3 hours" in text
    assert "https://portal.example/t/brewers/review/" in text
    assert "https://portal.example/t/brewers/notifications/" in text
    assert mail["List-Unsubscribe"] == "<https://portal.example/t/brewers/notifications/>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"


def test_it_counts_one_lead_as_one(reviewing, post, bob, carol, clock):
    make_submission(reviewing, bob)
    clock.shift(2 * MINUTE)
    go_round()
    assert post.mails[0]["Subject"].endswith("1 lead waits for review")
    assert "1 lead of team brewers waits for review." in post.mails[0].get_content()


def test_it_gathers_for_a_moment_first(reviewing, post, bob, carol, clock):
    make_submission(reviewing, bob)
    clock.shift(2 * MINUTE - 1)
    assert go_round() == 0


def test_it_says_nothing_of_what_was_decided_at_once(reviewing, post, bob, carol, clock):
    lead = make_submission(reviewing, bob)
    submissions.approve(submission=lead, actor=actor_for(carol))
    clock.shift(HOUR)
    assert go_round() == 0


def test_it_writes_to_a_reviewer_at_most_once_an_hour(reviewing, post, bob, carol, clock):
    for number in range(150):  # five hours, a lead every two minutes
        make_submission(reviewing, bob, email=f"{number}@example.com")
        clock.shift(2 * MINUTE)
        go_round()
    assert len(post.mails) == 5


def test_it_does_not_repeat_itself_when_nothing_new_waits(reviewing, post, bob, carol, clock):
    make_submission(reviewing, bob)
    clock.shift(2 * MINUTE)
    assert go_round() == 1
    for _ in range(30):
        clock.shift(HOUR)
        assert go_round() == 0


def test_it_tells_nobody_of_leads_of_their_own(reviewing, post, carol, clock):
    """Nobody reviews their own."""
    make_submission(reviewing, carol)
    clock.shift(HOUR)
    assert go_round() == 0


def test_it_tells_no_member_and_no_stranger(reviewing, post, bob, charlie, clock):
    other = make_member(reviewing, "dora", Role.MEMBER)
    make_submission(reviewing, other)
    clock.shift(HOUR)
    assert go_round() == 0


def test_it_tells_no_newcomer_of_what_was_there_before(reviewing, post, bob, clock):
    make_submission(reviewing, bob)
    clock.shift(HOUR)
    late = make_member(reviewing, "late", Role.REVIEWER)
    clock.shift(HOUR)
    Membership.objects.filter(user=late).update(created_at=timezone.now())
    assert go_round() == 0


def test_it_tells_nobody_who_left_or_is_locked_out(reviewing, post, bob, carol, alice, clock):
    make_submission(reviewing, bob)
    clock.shift(HOUR)
    Membership.objects.filter(user=carol).delete()
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert go_round() == 0


def test_it_respects_what_somebody_chose(reviewing, post, bob, carol, alice, clock):
    choose(carol, review_digest=False)
    make_submission(reviewing, bob)
    clock.shift(HOUR)
    go_round()
    assert to_whom(post) == ["alice"]


# What came back


def decide_on(reviewing, bob, user, *decisions):
    for number, decision in enumerate(decisions):
        lead = make_submission(reviewing, bob, email=f"{number}-{decision}@example.com")
        deed = getattr(submissions, decision)
        deed(submission=lead, comment="About Aoife", actor=actor_for(user))


def test_it_tells_a_person_what_of_theirs_came_back(reviewing, post, bob, carol, clock):
    decide_on(reviewing, bob, carol, "send_back", "send_back", "reject", "approve")
    clock.shift(2 * MINUTE - 1)
    assert go_round() == 0
    clock.shift(1)
    assert go_round() == 1 and to_whom(post) == ["bob"]
    mail, text = post.mails[0], post.mails[0].get_content()
    assert mail["Subject"] == "[Lead portal] brewers: 3 of your leads came back from review"
    assert "2 of your leads in team brewers were sent back" in text
    assert "1 of your leads in team brewers was rejected" in text
    assert "https://portal.example/t/brewers/submissions/" in text and "/review/" not in text
    references = Submission.objects.exclude(state=State.QUEUED).values_list("reference", flat=True)
    assert all(reference in text for reference in references)
    assert not [secret for secret in ("Aoife", "@example.com", "carol") if secret in text]


def test_it_does_not_tell_twice_of_what_came_back(reviewing, post, bob, carol, clock):
    decide_on(reviewing, bob, carol, "send_back")
    for _ in range(60):
        clock.shift(3 * MINUTE)
        go_round()
    assert len(post.mails) == 1


def test_it_says_nothing_of_what_was_put_right_at_once(reviewing, post, bob, carol, clock):
    decide_on(reviewing, bob, carol, "send_back")
    submissions.submit(submission=Submission.objects.select_related("team").get(), actor=actor_for(bob))
    notifications_off = {"review_digest": False}
    choose(carol, **notifications_off)
    clock.shift(HOUR)
    assert go_round() == 0


def test_it_tells_of_both_sides_in_one_mail_an_hour(reviewing, post, bob, carol, alice, clock):
    """A reviewer enters leads too: whatever happens, one mail an hour about reviews."""
    choose(alice, review_digest=False)
    for number in range(60):
        mine = make_submission(reviewing, carol, email=f"mine{number}@example.com")
        submissions.send_back(submission=mine, comment="Why?", actor=actor_for(alice))
        make_submission(reviewing, bob, email=f"theirs{number}@example.com")
        clock.shift(3 * MINUTE)
        go_round()
    assert to_whom(post) == ["carol"] * 3
    text = post.mails[-1].get_content()
    assert "leads of team brewers wait for review" in text and "20 of your leads in team brewers were sent back" in text
    assert " and 10 more" in text
    assert "wait for review, 20 of yours came back" in " ".join(post.mails[-1]["Subject"].split())


def test_it_tells_no_one_of_what_came_back_who_does_not_want_to_hear(reviewing, post, bob, carol, clock):
    choose(bob, own_returns=False)
    decide_on(reviewing, bob, carol, "send_back", "reject")
    clock.shift(HOUR)
    assert go_round() == 0


def test_it_tells_no_one_what_they_decided_themselves_or_who_left(reviewing, post, bob, carol, clock):
    Team.objects.filter(pk=reviewing.pk).update(four_eyes=False)
    reviewing.refresh_from_db()
    decide_on(reviewing, carol, carol, "reject")
    decide_on(reviewing, bob, carol, "send_back")
    bob.memberships.all().delete()
    clock.shift(HOUR)
    assert go_round() == 0


# Failures


def fail(team, user, key, **values) -> Submission:
    lead = make_submission(team, user, **values)
    attempt = submissions.claim_next(key=key, now=timezone.now())
    submissions.record_failed(attempt=attempt, error=Refused("email is not valid"), kind="refused", at=timezone.now())
    return lead


@pytest.fixture
def failing(post, key, team, bob, clock):
    """``failing(3)``: so many leads of Bob's fail, a second apart."""

    def make(count=1, user=bob):
        made = []
        for number in range(count):
            made.append(fail(team, user, key, email=f"{timezone.now().timestamp()}-{number}@example.com"))
            clock.shift(1)
        return made

    return make


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


# The mail server


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
