"""What a lead says, and who entered it, must not stand in the log: it cannot be erased from there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from leads import audit
from leads.breakcold.errors import Issue, NotSent, OutcomeUnknown, Refused
from leads.breakcold.fields import FIELDS, Kind
from leads.models import AuditEntry, BreakcoldKey, Submission, Team, User
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for
from tests.services.states_of_the_world import bring_to, claim, created, set_reviews

pytestmark = pytest.mark.django_db

CANARY = "Xanthippe-Canary"


def canaries() -> dict[str, Any]:
    """A value in every text field, lists and attributes too."""
    made: dict[str, Any] = {}
    for field in FIELDS:
        if field.kind is Kind.OPTIONS:
            made[field.name] = [f"{CANARY}-{field.name}"]
        elif field.kind is Kind.ATTRIBUTES:
            made[field.name] = {"attribute-id": CANARY}
        elif field.kind not in (Kind.BOOLEAN, Kind.CURRENCY):
            made[field.name] = f"{CANARY}-{field.name}"
    return made


def the_log() -> str:
    return json.dumps(list(AuditEntry.objects.values()), cls=DjangoJSONEncoder)


def test_it_holds_no_value_of_a_lead_whatever_happens_to_it(
    team: Team, bob: User, carol: User, key: BreakcoldKey
) -> None:
    refused = Refused(CANARY, status=400, issues=(Issue("email", CANARY),), excerpt=CANARY)
    unclear = OutcomeUnknown("No answer.", status=502, excerpt=CANARY)
    lead = bring_to(State.CHANGES_REQUESTED, team, bob, key, **canaries())
    submissions.save_values(submission=lead, values={**canaries(), "city": f"{CANARY}-2"}, actor=actor_for(bob))
    submissions.submit(submission=lead, actor=actor_for(bob))
    submissions.send_back(submission=lead, comment=CANARY, actor=actor_for(carol))
    submissions.submit(submission=lead, actor=actor_for(bob))
    submissions.approve(submission=lead, actor=actor_for(carol))
    now = timezone.now()
    not_sent = NotSent("Not reached.", excerpt=CANARY)
    submissions.postpone(attempt=claim(key), error=not_sent, kind="not_sent", send_after=now, at=now)
    submissions.record_unknown(attempt=claim(key), error=unclear, look_up_at=now, at=now)
    lead = Submission.objects.select_related("team").get(pk=lead.pk)
    submissions.plan_look_up(submission=lead, at=None, found="none", actor=audit.SYSTEM)
    submissions.resolve_missing(submission=lead, actor=actor_for(bob))
    submissions.record_failed(attempt=claim(key), error=refused, kind="refused", at=now)
    lead = Submission.objects.select_related("team").get(pk=lead.pk)
    submissions.reopen(submission=lead, actor=actor_for(bob))
    set_reviews(lead.team, False)
    submissions.submit(submission=lead, actor=actor_for(bob))
    values = {**canaries(), "city": f"{CANARY}-3"}
    submissions.approve(submission=lead, values=values, comment=CANARY, actor=actor_for(carol))
    submissions.record_created(attempt=claim(key, now=now + timedelta(hours=1)), created=created(), at=now)
    assert CANARY not in the_log()


def test_it_names_nobody(team: Team, bob: User, carol: User, key: BreakcoldKey) -> None:
    bring_to(State.REJECTED, team, bob, key)
    log = the_log()
    assert not [
        person.email for person in User.objects.all() if person.email in log or person.email.split("@")[0] in log
    ]


def test_it_leaves_the_chain_whole_when_a_lead_is_erased(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead = bring_to(State.CREATED, team, bob, key)
    Submission.objects.filter(pk=lead.pk).update(
        values={}, salt="", title="", email_key="", search_text="", response=None
    )
    assert not list(audit.verify(team))


def test_it_digests_the_same_values_differently_for_each_lead(team: Team, bob: User, key: BreakcoldKey) -> None:
    one, two = (bring_to(State.PENDING_REVIEW, team, bob, key) for _ in range(2))
    digests = AuditEntry.objects.filter(subject_id__in=[one.public_id, two.public_id]).values_list("details", flat=True)
    assert len({details["values"] for details in digests}) == 2


def test_it_digests_values_whatever_the_order_of_their_names() -> None:
    assert audit.values_digest({"a": 1, "b": 2}, "salt") == audit.values_digest({"b": 2, "a": 1}, "salt")
    assert audit.values_digest({"a": 1}, "salt") != audit.values_digest({"a": "1"}, "salt")
