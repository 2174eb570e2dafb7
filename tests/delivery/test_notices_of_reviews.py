"""Mails of what waits for a reviewer and of what came back to a person, over a real SMTP server."""

from __future__ import annotations

import pytest
from django.utils import timezone

from leads.models import Membership, Submission, Team
from leads.models.teams import Role
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_member, make_submission

from .mailing import HOUR, MINUTE, choose, go_round, to_whom

pytestmark = pytest.mark.django_db


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
