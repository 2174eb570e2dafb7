"""What the database itself refuses, whoever writes: rows are put in past the services."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from leads.models import (
    AuditChain,
    AuditEntry,
    BreakcoldKey,
    CustomAttribute,
    DeliveryAttempt,
    GatewayToken,
    Membership,
    PickerOption,
    RateBucket,
    Submission,
    Team,
    User,
)
from leads.states import State
from tests.factories import make_submission

pytestmark = pytest.mark.django_db


def submission(team: Team, **columns: Any) -> Submission:
    return Submission.objects.create(team=team, door="form", **{"state": State.DRAFT, **columns})


def refused(make: Any) -> None:
    """``make()`` does not get past the database."""
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def timed() -> dict[str, Any]:
    return {"queued_at": timezone.now(), "send_after": timezone.now()}


def leased() -> dict[str, Any]:
    return {"attempt_token": uuid4(), "lease_until": timezone.now()}


LACKING: list[tuple[str, dict[str, Any]]] = [
    ("queued", {}),
    ("queued", {"queued_at": timezone.now()}),
    ("queued", {"send_after": timezone.now()}),
    ("sending", {}),
    ("sending", {"attempt_token": uuid4()}),
    ("sending", {"lease_until": timezone.now()}),
    ("created", {}),
    ("pending_review", {}),
    ("sent", {}),
    ("", {}),
    ("CREATED", {"breakcold_id": "bc-1"}),
]


@pytest.mark.parametrize(("state", "columns"), LACKING)
def test_it_refuses_a_state_without_what_belongs_to_it(state: str, columns: dict[str, Any], team: Team) -> None:
    refused(lambda: submission(team, state=state, **columns))


@pytest.mark.parametrize(("state", "columns"), [row for row in LACKING if row[0] in State.values])
def test_it_refuses_such_an_update_too(state: str, columns: dict[str, Any], team: Team) -> None:
    row = submission(team)
    refused(lambda: Submission.objects.filter(pk=row.pk).update(state=state, **columns))


def test_it_refuses_a_state_in_plain_sql(team: Team) -> None:
    row = submission(team)
    with connection.cursor() as cursor:
        refused(lambda: cursor.execute("UPDATE leads_submission SET state = 'done' WHERE id = %s", [row.pk]))


def test_it_takes_every_state_with_what_belongs_to_it(team: Team, bob: User) -> None:
    needs = {State.QUEUED: timed(), State.SENDING: leased(), State.CREATED: {"breakcold_id": "bc-1"}}
    needs[State.PENDING_REVIEW] = {"review_since": timezone.now()}
    for state in State:
        submission(team, state=state, **needs.get(state, {}))
    submission(team, state=State.CREATED, settled_by=bob)


def test_it_takes_one_lead_from_a_form(team: Team, other_team: Team, bob: User, alice: User) -> None:
    key = uuid4()
    submission(team, created_by=bob, one_time_key=key)
    refused(lambda: submission(team, created_by=bob, one_time_key=key))
    submission(team, created_by=alice, one_time_key=key)
    submission(other_team, created_by=bob, one_time_key=key)


def test_it_gives_no_two_leads_one_name(team: Team) -> None:
    row = submission(team)
    refused(lambda: submission(team, reference=row.reference))
    refused(lambda: submission(team, public_id=row.public_id))


def test_it_keeps_one_current_key_for_a_team(team: Team, other_team: Team) -> None:
    def key(owner: Team, **columns: Any) -> BreakcoldKey:
        return BreakcoldKey.objects.create(team=owner, environment="live", last4="0001", fingerprint="f", **columns)

    key(team, status="active", sealed="x")
    refused(lambda: key(team, status="active", sealed="y"))
    refused(lambda: key(team, status="paused", sealed="y"))
    key(team, status="revoked"), key(team, status="revoked")
    key(other_team, status="paused", sealed="x")


def test_it_keeps_nothing_in_a_revoked_key(key: BreakcoldKey) -> None:
    refused(lambda: BreakcoldKey.objects.filter(pk=key.pk).update(status="revoked"))


def test_it_keeps_one_budget_for_a_key() -> None:
    def bucket() -> RateBucket:
        return RateBucket.objects.create(
            fingerprint="f", limit=60, window_seconds=60, remaining=60, resets_at=timezone.now()
        )

    bucket()
    refused(bucket)


def test_it_keeps_a_person_in_a_team_once(team: Team, bob: User) -> None:
    refused(lambda: Membership.objects.create(team=team, user=bob, role="admin"))


def test_it_knows_three_roles(team: Team, bob: User) -> None:
    refused(lambda: Membership.objects.filter(user=bob).update(role="owner"))


def test_it_tells_people_apart_whatever_the_case_of_their_address(bob: User) -> None:
    refused(lambda: User.objects.create(email="BOB@example.com"))


def test_it_keeps_a_slug_a_token_and_an_option_once(team: Team) -> None:
    refused(lambda: Team.objects.create(slug=team.slug, name="Another"))
    GatewayToken.objects.create(team=team, name="a", prefix="lpt_", digest="d")
    refused(lambda: GatewayToken.objects.create(team=team, name="b", prefix="lpt_", digest="d"))
    PickerOption.objects.create(team=team, environment=team.environment, kind="tag", external_id="1", name="Hot")
    refused(
        lambda: PickerOption.objects.create(
            team=team, environment=team.environment, kind="tag", external_id="1", name="Cold"
        )
    )
    PickerOption.objects.create(team=team, environment=team.environment, kind="list", external_id="1", name="Inbound")
    CustomAttribute.objects.create(team=team, environment=team.environment, kind="TEXT", external_id="1", name="Notes")
    refused(
        lambda: CustomAttribute.objects.create(
            team=team, environment=team.environment, kind="TEXT", external_id="1", name="More"
        )
    )


def test_it_keeps_an_attempt_token_once(team: Team, bob: User, key: BreakcoldKey) -> None:
    lead, token = make_submission(team, bob), uuid4()

    def attempt() -> DeliveryAttempt:
        return DeliveryAttempt.objects.create(
            submission=lead, key=key, token=token, purpose="create", started_at=timezone.now()
        )

    attempt()
    refused(attempt)


def test_it_keeps_one_chain_for_a_team_and_one_entry_for_a_number(team: Team) -> None:
    refused(lambda: AuditChain.objects.create(team=team))
    entry = AuditEntry.objects.get(team=team)
    entry.pk = None
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.save(force_insert=True)


def test_it_deletes_no_team_person_or_key_that_something_speaks_of(team: Team, bob: User, key: BreakcoldKey) -> None:
    make_submission(team, bob)
    for row in (team, bob):
        with pytest.raises(IntegrityError), transaction.atomic():  # ProtectedError is one
            row.delete()
