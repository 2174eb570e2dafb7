from __future__ import annotations

import pytest

from leads.services import submissions
from tests.factories import actor_for, make_submission

from . import questions
from .page import parse

VIEW = "report_corrections"


@pytest.fixture
def corrected(team, bob, carol):
    team.reviews = True
    team.save()
    lead = make_submission(team, bob)
    values = lead.values | {"city": "Cork", "attributes": {"gone": "x"}}
    return submissions.approve(submission=lead, values=values, actor=actor_for(carol))


def test_it_says_which_fields_were_corrected_whose_and_with_what(corrected, carol, browse):
    response = browse(carol).get(VIEW)
    assert response.status_code == 200
    text = parse(response).one("table").text
    assert "City" in text and "bob@example.com" in text and "All fields" in text and "attributes.gone" in text


def test_it_says_so_when_there_is_nothing(team, carol, browse):
    assert "Nothing was corrected yet" in browse(carol).get(VIEW).content.decode()


def test_it_shows_nothing_of_other_teams(corrected, other_team, charlie, browse):
    assert "City" not in browse(charlie, other_team).get(VIEW).content.decode()
    questions.hides_other_teams(browse(charlie), "get", VIEW)


def test_it_requires_a_reviewer(team, bob, browse):
    assert browse(bob).get(VIEW).status_code == 403


def test_it_asks_to_sign_in(team, browse):
    questions.asks_to_sign_in(browse(None), VIEW)


def test_it_rejects_other_verbs(team, carol, browse):
    questions.rejects(browse(carol), "POST PUT PATCH DELETE OPTIONS", VIEW)
