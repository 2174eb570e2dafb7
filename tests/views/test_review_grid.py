"""Every door of the review, every state, everybody: what each comes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from leads.models import AuditEntry, Revision, Submission
from leads.models.teams import Role
from leads.services import submissions
from leads.states import State
from tests.factories import make_member, make_submission

#: Door -> where it leads from "Waiting for review", for who may decide.
DOORS = {"approve": State.QUEUED, "send-back": State.CHANGES_REQUESTED, "reject": State.REJECTED, "edit": State.QUEUED}
#: Who -> (role, whether the decision is left to them).
PEOPLE = {
    "who entered it, a member": (Role.MEMBER, False),
    "another member": (Role.MEMBER, False),
    "who entered it, a reviewer": (Role.REVIEWER, False),
    "who entered it, an admin": (Role.ADMIN, False),
    "whose script brought it": (Role.REVIEWER, False),
    "who rewrote it": (Role.ADMIN, False),
    "another reviewer": (Role.REVIEWER, True),
    "another admin": (Role.ADMIN, True),
}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def concern(lead: Submission, who: str, user) -> None:
    """Make the lead that person's, as the words say."""
    rows = Submission.objects.filter(pk=lead.pk)
    if who.startswith("who entered it"):
        rows.update(created_by=user, entered_by=user)
    elif who == "whose script brought it":
        rows.update(entered_by=user)
    elif who == "who rewrote it":
        rows.update(rewritten_by=user)
        Revision.objects.create(submission=lead, author=user, is_correction=False, changes={"city": [None, "Cork"]})


def knock(browser, door: str, lead: Submission) -> int:
    if door == "edit":
        data = {"email": "aoife@example.com", "city": "Galway", "seen": submissions.version_of(lead)}
        return browser.post("review_edit", lead.public_id, data=data).status_code
    named = f"{lead.public_id}@{submissions.version_of(lead)}"
    data = {"deed": door, "lead": named, "next": "", "reason": "" if door == "approve" else "Why."}
    return browser.post("review_decide", data=data).status_code


@pytest.mark.parametrize("who", PEOPLE)
def test_it_decides_only_for_who_may_and_only_on_what_waits(who, team, bob, browse):
    role, may = PEOPLE[who]
    user = make_member(team, "somebody", role)
    browser = browse(user)
    lead = make_submission(team, bob)
    soon = timezone.now() + timedelta(minutes=5)
    for state in State:
        for door, end in DOORS.items():
            with undone():
                concern(lead, who, user)
                Submission.objects.filter(pk=lead.pk).update(
                    state=state, review_since=soon, send_after=soon, attempt_token=uuid4(), lease_until=soon,
                    breakcold_id="bc-1" if state == State.CREATED else "",
                )  # fmt: skip
                lead.refresh_from_db()
                before = AuditEntry.objects.count()
                status = knock(browser, door, lead)
                is_done = may and state == State.PENDING_REVIEW
                now = Submission.objects.get(pk=lead.pk)
                case = (who, state, door, status)
                assert now.state == (end if is_done else state), case
                assert now.decided_by == (user if is_done else None), case
                assert (AuditEntry.objects.count() > before) == is_done, case
                assert status in ({303} if is_done else {403} if role == Role.MEMBER else {303, 403, 422}), case
