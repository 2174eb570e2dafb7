"""An answer that comes when the lead was settled otherwise meanwhile."""

from __future__ import annotations

import pytest
from django.db import Error

from leads.breakcold.errors import Created, RateLimit
from leads.delivery import drain
from leads.models import AuditEntry, DeliveryAttempt
from leads.services import submissions
from tests.factories import actor_for, make_submission

from .kit import key_of


@pytest.mark.django_db(transaction=True)
def test_it_notes_a_late_answer_although_the_database_failed_at_first(key, team, bob, monkeypatch):
    lead = make_submission(team, bob)
    attempt = submissions.claim_next(key=key_of(team), now=lead.send_after)
    assert submissions.expire_lease(submission=attempt.submission, look_up_at=lead.send_after)
    lead.refresh_from_db()
    submissions.resolve_given_up(submission=lead, actor=actor_for(bob))
    note, failures = submissions.note_late, [Error("away")]

    def fail_once(**kwargs):
        if failures:
            raise failures.pop()
        note(**kwargs)

    monkeypatch.setattr(submissions, "note_late", fail_once)
    monkeypatch.setattr(drain, "RECORD_AFTER_SECONDS", (0, 0.001))
    created = Created(id="lead-1", body={"id": "lead-1"}, status=200, rate_limit=RateLimit())
    drain._keep(key_of(team), DeliveryAttempt.objects.select_related("submission__team").get(), created)
    assert DeliveryAttempt.objects.get().outcome == "created"
    assert AuditEntry.objects.filter(action="submission.arrived_late").count() == 1
