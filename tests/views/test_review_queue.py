from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import FormPreset, Submission, Team
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_submission

from . import questions
from .page import parse

VIEW = "review_queue"


@pytest.fixture
def reviewing(team: Team) -> Team:
    team.reviews = True
    team.save()
    return team


@pytest.fixture
def three(reviewing, bob):
    """Oldest first."""
    leads = [make_submission(reviewing, bob, email=f"{name}@example.com", first_name=name) for name in "abc"]
    for age, lead in zip((3, 2, 1), leads, strict=True):
        Submission.objects.filter(pk=lead.pk).update(review_since=timezone.now() - timedelta(hours=age))
    return leads


def listed(response) -> list[str]:
    boxes = parse(response).one(id="review-list").all("input", name="lead")
    return [box.attrs["value"].partition("@")[0] for box in boxes]


def opened(response) -> str:
    return parse(response).one("article").attrs["id"].removeprefix("submission-")


def ids(leads) -> list[str]:
    return [str(lead.public_id) for lead in leads]


def test_it_lists_what_waits_oldest_first_and_opens_the_first(three, carol, browse):
    response = browse(carol).get(VIEW)
    assert response.status_code == 200
    assert listed(response) == ids(three)
    assert opened(response) == ids(three)[0]
    assert "3 waiting" in parse(response).one(id="review-list").text


def test_it_shows_nothing_but_what_waits_in_this_team(reviewing, three, other_team, charlie, bob, carol, browse):
    other_team.reviews = True
    make_submission(other_team, charlie)
    submissions.approve(submission=three[1], actor=actor_for(carol))
    assert listed(browse(carol).get(VIEW)) == ids([three[0], three[2]])


def test_it_opens_the_lead_the_address_names_and_leads_to_its_neighbours(three, carol, browse):
    response = browse(carol).get(VIEW, query=f"?lead={three[1].public_id}")
    assert opened(response) == ids(three)[1]
    keys = {link.attrs.get("data-shortcut"): link.attrs.get("href", "") for link in parse(response).all("a")}
    assert str(three[0].public_id) in keys["k"] and str(three[2].public_id) in keys["j"]


@pytest.mark.parametrize("wanted", ["nonsense", "5b8a6f1e-0000-4000-8000-000000000000", "", "%00"])
def test_it_opens_the_first_when_the_address_names_none(three, carol, browse, wanted):
    assert opened(browse(carol).get(VIEW, query=f"?lead={wanted}")) == ids(three)[0]


def test_it_says_so_when_nothing_waits(reviewing, carol, browse):
    assert "Nothing waits for review" in browse(carol).get(VIEW).content.decode()


def test_it_narrows_down_by_person_preset_and_age(three, reviewing, alice, bob, carol, browse):
    preset = FormPreset.objects.create(team=reviewing, name="Fair")
    theirs = make_submission(reviewing, alice, email="d@example.com")
    Submission.objects.filter(pk=three[2].pk).update(preset=preset)
    browser = browse(carol)
    assert listed(browser.get(VIEW, query=f"?submitter={alice.public_id}")) == ids([theirs])
    assert listed(browser.get(VIEW, query=f"?preset={preset.public_id}")) == ids([three[2]])
    Submission.objects.filter(pk=three[0].pk).update(review_since=timezone.now() - timedelta(days=2))
    assert listed(browser.get(VIEW, query="?age=day")) == ids([three[0]])
    assert "Nothing matches" in browser.get(VIEW, query="?age=week").content.decode()


def test_it_marks_what_differs_from_the_preset(three, reviewing, carol, browse):
    rows = [
        {"name": "first_name", "shown": True, "default": "a"},
        {"name": "email", "shown": True, "default": "x@y.ie"},
    ]
    preset = FormPreset.objects.create(team=reviewing, name="Fair", rows=rows)
    Submission.objects.filter(pk=three[0].pk).update(preset=preset)
    page = parse(browse(carol).get(VIEW))
    marked = [value.text for value in page.one("article").all("dd") if "not the preset’s" in value.text]
    assert len(marked) == 1 and "a@example.com" in marked[0]


def test_it_puts_probable_duplicates_beside_the_lead(three, reviewing, bob, carol, browse):
    Team.objects.filter(pk=reviewing.pk).update(duplicate_policy="allow")
    again = make_submission(Team.objects.get(pk=reviewing.pk), bob, email="A@example.com")
    page = parse(browse(carol).get(VIEW, query=f"?lead={again.public_id}"))
    beside = page.one(id=f"duplicates-{again.public_id}").text
    assert "a@example.com" in beside and "A@example.com" in beside


def test_it_offers_no_decision_on_a_lead_of_one_s_own(reviewing, carol, browse):
    make_submission(reviewing, carol)
    page = parse(browse(carol).get(VIEW))
    assert "somebody else has to decide" in page.one("article").text
    assert not page.all("input", value="approve")


def test_it_marks_a_lead_somebody_else_has_open(three, alice, carol, browse):
    browse(alice).post("review_look", three[1].public_id)
    assert "alice@example.com" in parse(browse(carol).get(VIEW)).one(id="review-list").text
    assert "alice@example.com has this lead open too" in browse(carol).post(
        "review_look", three[1].public_id
    ).content.decode().replace("<b>", "").replace("</b>", "")
    three[1].looks.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert "alice@example.com" not in parse(browse(carol).get(VIEW)).one(id="review-list").text


def test_it_takes_as_many_queries_for_a_thousand_leads_as_for_ten(reviewing, bob, carol, browse):
    browser = browse(carol)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert browser.get(VIEW).status_code == 200
        return len(captured)

    first = make_submission(reviewing, bob)
    for _ in range(9):
        make_submission(reviewing, bob, email=f"{uuid4().hex}@example.com")
    few = queries()
    copies = []
    for _ in range(990):
        copy = Submission.objects.get(pk=first.pk)
        copy.pk, copy.public_id, copy.one_time_key = None, uuid4(), uuid4()
        copy.reference, copy.email_key = f"L-{uuid4().hex[:8]}", ""
        copies.append(copy)
    Submission.objects.bulk_create(copies)
    assert Submission.objects.filter(state=State.PENDING_REVIEW).count() == 1_000
    assert queries() == few


def test_it_asks_to_sign_in(team, browse):
    questions.asks_to_sign_in(browse(None), VIEW)


def test_it_hides_other_teams(team, charlie, browse):
    questions.hides_other_teams(browse(charlie), "get", VIEW)


def test_it_requires_a_reviewer(team, bob, browse):
    assert browse(bob).get(VIEW).status_code == 403
    assert browse(bob).get("report_corrections").status_code == 403


def test_it_rejects_other_verbs(team, carol, browse):
    questions.rejects(browse(carol), "POST PUT PATCH DELETE OPTIONS", VIEW)
