from __future__ import annotations

import pytest

from leads.models import AuditEntry, GatewayAnswer, Submission, Team, User
from leads.models.teams import DuplicatePolicy
from tests.factories import make_submission

from .conftest import LEAD
from .test_door import check_error

pytestmark = pytest.mark.django_db
DRY = "/rest/lead?dry_run=1"


def test_it_shows_what_would_be_sent(script) -> None:
    answer = script.post({**LEAD, "first_name": " Aoife ", "city": "", "id": "mine"}, DRY, idempotency_key="k")
    assert answer.status_code == 200
    body = answer.json()
    booleans = {name: value for name, value in body["payload"].items() if isinstance(value, bool)}
    assert body == {
        "dry_run": True, "payload": {**LEAD, **booleans}, "duplicates": [], "duplicate_count": 0, "would_be": "queued",
    }  # fmt: skip
    assert not Submission.objects.exists() and not GatewayAnswer.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="submission").exists()


def test_it_shows_duplicates(script, team: Team, bob: User) -> None:
    earlier = make_submission(team, bob, email=LEAD["email"])
    body = script.post(LEAD, DRY).json()
    assert [row["reference"] for row in body["duplicates"]] == [earlier.reference]
    assert body["would_be"] == "queued"
    Team.objects.update(duplicate_policy=DuplicatePolicy.HOLD)
    assert script.post(LEAD, DRY).json()["would_be"] == "pending_review"


def test_it_shows_a_token_that_may_not_read_only_its_own(issue, team: Team, bob: User) -> None:
    script = issue(scopes=["create"])
    make_submission(team, bob, email=LEAD["email"])
    mine = script.post(LEAD).json()["id"]
    body = script.post(LEAD, DRY).json()
    assert [row["id"] for row in body["duplicates"]] == [mine]
    assert body["duplicate_count"] == 2


def test_it_refuses_as_it_would_in_earnest(script) -> None:
    assert check_error(script.post({"email": "google"}, DRY), 400)["issues"][0]["path"] == ["email"]


def test_it_has_no_dry_run_when_that_is_said(script) -> None:
    assert script.post(LEAD, "/rest/lead?dry_run=0").status_code == 202
    assert Submission.objects.count() == 1
