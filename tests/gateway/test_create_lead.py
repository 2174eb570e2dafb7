"""``POST /rest/lead``: the same body, the same rules, the same answer."""

from __future__ import annotations

import pytest

from leads.breakcold.fields import FIELDS
from leads.delivery import drain
from leads.gateway import leads as gateway_leads
from leads.models import AuditEntry, BreakcoldKey, Submission, Team
from leads.models.submissions import Door, Lane
from leads.services import tokens
from leads.states import State

from .conftest import LEAD, Script

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivered(key: BreakcoldKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker is at work while the request waits."""

    def poll(look, *, seconds):
        drain.drain(key.public_id)
        return look()

    monkeypatch.setattr(gateway_leads.waiting, "poll", poll)


def test_it_answers_with_breakcold_s_own_body(script: Script, sandbox, delivered) -> None:
    answer = script.post(LEAD, prefer="wait=10")
    assert answer.status_code == 200, answer.content
    submission = Submission.objects.get()
    assert answer.json() == submission.response
    assert answer.json()["id"] == submission.breakcold_id
    assert [row["body"]["email"] for row in sandbox.ledger()][-1] == LEAD["email"]
    assert answer["Location"] == f"/rest/lead/{submission.public_id}"
    assert answer["Preference-Applied"] == "wait=10"


def test_it_accepts_at_once_when_asked_to(script: Script, key: BreakcoldKey) -> None:
    answer = script.post(LEAD)
    submission = Submission.objects.get()
    assert answer.status_code == 202
    assert answer["Location"] == f"/rest/lead/{submission.public_id}"
    body = answer.json()
    assert (body["id"], body["state"]) == (str(submission.public_id), "queued")
    assert body["expected_at"].endswith("Z")
    assert (submission.door, submission.lane, submission.token, submission.created_by) == (
        Door.GATEWAY, Lane.INTERACTIVE, script.token, None,
    )  # fmt: skip


def test_it_records_the_token_as_the_actor(script: Script) -> None:
    script.post(LEAD)
    entry = AuditEntry.objects.get(action="submission.queued")
    assert (entry.actor_kind, entry.actor_id, entry.door) == ("token", script.token.public_id, "gateway")
    assert entry.ip_digest and entry.request_id


def test_it_says_at_once_that_a_lead_waits_for_review(team: Team, script: Script, key: BreakcoldKey) -> None:
    Team.objects.filter(pk=team.pk).update(reviews=True)
    answer = script.post(LEAD, prefer="wait=30")
    assert (answer.status_code, answer.json()["state"], answer.json()["expected_at"]) == (202, "pending_review", None)


def test_it_does_not_wait_for_a_key_that_is_not_there(script: Script) -> None:
    answer = script.post(LEAD, prefer="wait=30")
    assert (answer.status_code, answer.json()["expected_at"]) == (202, None)


def test_it_passes_on_why_breakcold_said_no(script: Script, sandbox, delivered) -> None:
    issues = [{"code": "custom", "path": ["email"], "message": "not one of ours"}]
    sandbox.fault("status", status=422, body={"message": "No", "code": "BAD_REQUEST", "issues": issues})
    answer = script.post(LEAD, prefer="wait=10")
    assert answer.status_code == 422, answer.content
    body = answer.json()
    assert body["issues"] == issues
    assert body["data"] == {"code": "UNPROCESSABLE_CONTENT", "httpStatus": 422, "path": "lead.create"}
    assert (body["reason"], body["state"]) == ("refused_by_breakcold", "failed")


def test_it_takes_every_field_of_the_contract(script: Script) -> None:
    body = {field.name: field.example for field in FIELDS if not field.picker and field.name != "attributes"}
    assert script.post(body).status_code == 202
    values = Submission.objects.get().values
    assert set(values) == set(body)


def test_it_takes_null_where_breakcold_does(script: Script) -> None:
    nulls = {field.name: None for field in FIELDS if field.nullable}
    assert script.post({**nulls, "phone": "+35312345678"}).status_code == 202
    for field in FIELDS:
        if not field.nullable:
            answer = script.post({**LEAD, field.name: None})
            assert (answer.status_code, answer.json()["issues"][0]["path"]) == (400, [field.name])


def test_it_stops_with_the_state_the_lead_is_in(script: Script, key: BreakcoldKey, monkeypatch) -> None:
    """Somebody takes it back while the script waits."""

    def poll(look, *, seconds):
        Submission.objects.update(state=State.CANCELLED)
        return look()

    monkeypatch.setattr(gateway_leads.waiting, "poll", poll)
    answer = script.post(LEAD, prefer="wait=5")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")


def test_a_cookie_alone_opens_nothing(sign_in, bob) -> None:
    client = sign_in(bob)
    assert client.post("/rest/lead", LEAD, content_type="application/json").status_code == 401
    assert client.get("/rest/me").status_code == 401
    assert not Submission.objects.exists()


def test_it_needs_no_csrf_token(script: Script) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    headers = {"X-API-KEY": script.plain, "Prefer": "respond-async", "Origin": "https://evil.example"}
    answer = client.post("/rest/lead", LEAD, content_type="application/json", headers=headers)
    assert answer.status_code == 202
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_it_counts_the_token_as_used(script: Script) -> None:
    script.post(LEAD)
    script.token.refresh_from_db()
    assert script.token.last_used_at is not None
    assert script.token.last_used_from == "127.0.0.0/24"
    assert tokens.find_token(script.plain) == script.token
