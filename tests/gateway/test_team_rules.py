"""The team's rules hold for scripts as for people: presets, duplicates, review."""

from __future__ import annotations

import pytest
from django.utils import timezone

from leads.models import FormPreset, Submission, Team, User
from leads.models.teams import DuplicatePolicy
from tests.factories import make_submission

from .conftest import LEAD
from .test_door import check_error

pytestmark = pytest.mark.django_db


def row(name: str, **more: object) -> dict:
    return {"name": name, "shown": True, "required": False, "fixed": False, "help": "", **more}


@pytest.fixture
def preset(team: Team) -> FormPreset:
    rows = [row("email", required=True), row("first_name"), row("city", fixed=True, default="Dublin"),
            row("company_role", default="Visitor")]  # fmt: skip
    return FormPreset.objects.create(team=team, name="Trade fair", rows=rows)


def test_a_preset_fixes_values_and_requires_fields(issue, preset: FormPreset) -> None:
    script = issue(preset=preset)
    assert script.post({"email": "sam@example.com", "first_name": "Sam"}).status_code == 202
    lead = Submission.objects.get()
    assert (lead.values["city"], lead.preset) == ("Dublin", preset)
    body = check_error(script.post({"first_name": "Sam"}), 400, "invalid_lead")
    assert [found["path"] for found in body["issues"]] == [["email"]]


def test_it_does_not_take_in_silence_what_a_preset_leaves_out(issue, preset: FormPreset) -> None:
    body = check_error(issue(preset=preset).post({"email": "sam@example.com", "company": "Example"}), 400)
    assert body["issues"]
    assert not Submission.objects.exists()


def test_a_removed_preset_stops_the_token(issue, preset: FormPreset) -> None:
    script = issue(preset=preset)
    FormPreset.objects.update(removed_at=timezone.now())
    check_error(script.post(LEAD), 409, "preset_removed")
    check_error(script.post(LEAD, "/rest/lead?dry_run=1"), 409, "preset_removed")
    assert [found["status"] for found in script.post([LEAD], "/rest/leads").json()] == [409]


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (DuplicatePolicy.WARN, "queued"),
        (DuplicatePolicy.ALLOW, "queued"),
        (DuplicatePolicy.HOLD, "pending_review"),
    ],
)
def test_a_duplicate_goes_where_the_team_wants_it(policy, state, script, team: Team, bob: User) -> None:
    make_submission(team, bob, email=LEAD["email"])
    Team.objects.update(duplicate_policy=policy)
    assert script.post(LEAD).json()["state"] == state
    assert [found["state"] for found in script.post([LEAD], "/rest/leads").json()] == [state]


def test_the_team_s_country_is_assumed(script, team: Team) -> None:
    check_error(script.post({"phone": "01 234 5678"}), 400)
    Team.objects.update(default_phone_country="IE")
    assert script.post({"phone": "01 234 5678"}).status_code == 202
    assert Submission.objects.get().values["phone"] == "+35312345678"


def test_a_batch_goes_to_review_too(script, team: Team) -> None:
    Team.objects.update(reviews=True)
    assert [found["state"] for found in script.post([LEAD], "/rest/leads").json()] == ["pending_review"]
