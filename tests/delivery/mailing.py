"""Mails to people who are not looking: what there is to tell, a round of them, and whom they reached."""

from __future__ import annotations

import threading

from django.utils import timezone

from leads.breakcold.errors import Refused
from leads.delivery import notices
from leads.models import Submission
from leads.services import notifications, submissions
from tests.factories import actor_for, make_submission
from tests.mail_server import MailServer

NOBODY_STOPS = threading.Event()
MINUTE, HOUR = 60, 3600


def go_round() -> int:
    return notices.mail_round(NOBODY_STOPS)


def to_whom(post: MailServer) -> list[str]:
    return sorted(mail["To"].split("@")[0] for mail in post.mails)


def choose(user, **chosen):
    membership = user.memberships.select_related("team", "user").get()
    wanted = {"review_digest": True, "own_returns": True, "own_failures": True, "team_failures": True, **chosen}
    notifications.choose(membership=membership, **wanted, actor=actor_for(user))


def fail(team, user, key, **values) -> Submission:
    lead = make_submission(team, user, **values)
    attempt = submissions.claim_next(key=key, now=timezone.now())
    submissions.record_failed(attempt=attempt, error=Refused("email is not valid"), kind="refused", at=timezone.now())
    return lead
