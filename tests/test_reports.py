"""What reviewers correct most, and what is suggested."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads import reports
from leads.models import Revision, Team
from leads.services import submissions
from tests.factories import actor_for, make_submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def correct(team: Team, bob, carol):
    team.reviews, team.duplicate_policy = True, "allow"
    team.save()

    def make(number, before, after):
        values = {"email": f"{number}@example.com"}
        lead = submissions.enter(team=team, values=values | before, actor=actor_for(bob)).submission
        submissions.approve(submission=lead, values=values | after, actor=actor_for(carol))
        return lead

    return make


def test_it_counts_by_field_person_and_preset(team, correct):
    correct(1, {"city": "Corc"}, {"city": "Cork"})
    correct(2, {"city": "Dubln"}, {"city": "Dublin", "first_name": "Aoife"})
    correct(3, {}, {})
    city, name = reports.corrections(team=team)
    assert (city.name, city.count, city.entered) == ("city", 2, 3)
    assert city.submitters == {"bob@example.com": 2} and city.presets == {"All fields": 2}
    assert (name.name, name.changes) == ("first_name", [(None, "Aoife")])
    assert city.suggestion == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (lambda n: {"phone": f"+49123456{n}0"}, lambda n: {"phone": f"+353123456{n}0"}, "another country code"),
        (lambda n: {"company_role": f"Role {n}"}, lambda n: {"company_role": "Buyer"}, "make it the default"),
        (lambda n: {}, lambda n: {"city": f"City {n}"}, "make it required"),
        (lambda n: {"icebreaker": f"Hi {n}"}, lambda n: {}, "hide it"),
    ],
)
def test_it_suggests_what_would_make_it_unnecessary(team, correct, before, after, said):
    for number in range(4):
        correct(number, before(number), after(number))
    assert reports.corrections(team=team)[0].suggestion == ""
    correct(4, before(4), after(4))
    [row] = reports.corrections(team=team)
    assert said in row.suggestion and "5 of 5" in row.suggestion


def test_it_leaves_out_changes_of_one_s_own_other_teams_and_old_ones(team, other_team, bob, correct):
    lead = correct(1, {"city": "Corc"}, {"city": "Cork"})
    draft = make_submission(other_team, bob)
    Revision.objects.create(submission=draft, author=bob, is_correction=True, changes={"city": ["a", "b"]})
    Revision.objects.create(submission=lead, author=bob, is_correction=False, changes={"email": ["a", "b"]})
    assert [row.name for row in reports.corrections(team=team)] == ["city"]
    Revision.objects.update(created_at=timezone.now() - timedelta(days=reports.DAYS + 1))
    assert reports.corrections(team=team) == []
