from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.audit import SYSTEM
from leads.models import AuditEntry, DeliveryAttempt, Submission
from leads.models.attempts import AttemptPurpose
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_member, make_submission
from tests.services.states_of_the_world import bring_to

from . import questions
from .page import parse

VIEW, SETTLE = "attention_list", "attention_settle"


def unknown(team, user, key, **values):
    """Looked up three times, and nothing came of it."""
    lead = bring_to(State.UNKNOWN, team, user, key, **values)
    return submissions.plan_look_up(submission=lead, at=None, found="unsure", actor=SYSTEM)


def failed(team, user, key, **values):
    return bring_to(State.FAILED, team, user, key, **values)


def named(*leads) -> list[str]:
    return [f"{lead.public_id}@{submissions.version_of(fresh(lead))}" for lead in leads]


def fresh(lead) -> Submission:
    return Submission.objects.get(pk=lead.pk)


def shown(response) -> set[str]:
    return {found.attrs["id"].removeprefix("submission-") for found in parse(response).all("article")}


@pytest.fixture
def leads(team, bob, key):
    return [unknown(team, bob, key, email=f"u{number}@example.com") for number in range(3)]


def test_it_shows_what_waits_for_a_person_and_nothing_else(leads, team, bob, carol, key, browse):
    refused = failed(team, bob, key, email="f@example.com")
    bring_to(State.UNKNOWN, team, bob, key, email="looked-up@example.com")
    bring_to(State.CREATED, team, bob, key, email="there@example.com")
    response = browse(carol).get(VIEW)
    assert shown(response) == {str(lead.public_id) for lead in [*leads, refused]}
    text = parse(response).one("main").text
    assert "1 more is being looked up" in " ".join(text.split())
    assert "Invalid email" in text and "Breakcold did not answer in time" in text


def test_it_says_what_is_known_of_each(leads, key, bob, browse):
    lead = leads[0]
    DeliveryAttempt.objects.create(
        submission=lead,
        key=key,
        token=lead.public_id,
        purpose=AttemptPurpose.LOOK_UP,
        started_at=timezone.now(),
        outcome="several",
        http_status=200,
        excerpt="<b>odd</b>",
        similar=[{"id": "bc-7", "first_name": "Aoife", "email": "u0@example.com"}],
    )
    page = parse(browse(bob).get(VIEW))
    text = page.one(id=f"submission-{lead.public_id}").text
    for said in ("no clear answer", "more than one that could be it", "<b>odd</b>", "bc-7", "It is this one"):
        assert said in text
    assert page.one("a", target="_blank").attrs["rel"] == "noopener noreferrer"


def test_it_takes_the_one_the_look_up_saw(leads, bob, browse):
    response = browse(bob).post(SETTLE, data={"is": f"{named(leads[0])[0]}@bc-7"})
    assert response.status_code == 303
    assert (fresh(leads[0]).state, fresh(leads[0]).breakcold_id) == (State.CREATED, "bc-7")


@pytest.mark.parametrize(
    ("deed", "state"), [("found", State.CREATED), ("missing", State.QUEUED), ("give-up", State.FAILED)]
)
def test_it_settles_many_at_once(leads, bob, browse, deed, state):
    sent = {"deed": deed, "lead": named(*leads), f"id-{leads[1].public_id}": " bc-2 "}
    assert browse(bob).post(SETTLE, data=sent).status_code == 303
    rows = [fresh(lead) for lead in leads]
    assert {row.state for row in rows} == {state}
    if deed == "found":
        assert [row.breakcold_id for row in rows] == ["", "bc-2", ""]
    entries = AuditEntry.objects.filter(action="submission.resolved", actor_id=bob.public_id)
    assert entries.count() == 3
    assert shown(browse(bob).get(VIEW)) == set()


@pytest.mark.parametrize(("deed", "state"), [("retry", State.QUEUED), ("leave", State.FAILED)])
def test_it_sends_failed_ones_again_or_leaves_them(team, bob, key, browse, deed, state):
    leads = [failed(team, bob, key, email=f"f{number}@example.com") for number in range(2)]
    browse(bob).post(SETTLE, data={"deed": deed, "lead": named(*leads)})
    assert [fresh(lead).state for lead in leads] == [state, state]
    assert shown(browse(bob).get(VIEW)) == set()


def test_it_says_of_each_that_could_not_be_settled_why_and_settles_the_rest(leads, team, bob, carol, key, browse):
    good, odd, stale = leads
    versions = named(good, odd, stale)
    Submission.objects.filter(pk=stale.pk).update(updated_at=timezone.now())
    gone = unknown(team, bob, key, email="gone@example.com")
    versions += named(gone)
    submissions.resolve_there(submission=fresh_with_team(gone), actor=actor_for(carol))
    sent = {"deed": "found", "lead": [*versions, "nonsense"], f"id-{odd.public_id}": "not an id!"}
    response = browse(bob).post(SETTLE, data=sent)
    assert response.status_code == 422
    page = parse(response)
    assert "does not look like the id" in page.one(id=f"submission-{odd.public_id}").text
    assert "changed since this page was opened" in page.one(id=f"submission-{stale.public_id}").text
    text = page.one("main").text
    assert f"{gone.reference}: nothing was changed. Meanwhile it is “In Breakcold”" in text
    assert "This is not a lead." in text and "4 leads could not be settled" in page.text
    assert page.one("input", name=f"id-{odd.public_id}").attrs["value"] == "not an id!"
    assert [fresh(lead).state for lead in leads] == [State.CREATED, State.UNKNOWN, State.UNKNOWN]


def test_it_tells_what_was_done_although_the_request_named_a_lead_of_another_team(
    leads, other_team, charlie, bob, browse
):
    foreign = make_submission(other_team, charlie)
    sent = {"deed": "found", "lead": [*named(leads[0]), *named(foreign), *named(leads[1])]}
    response = browse(bob).post(SETTLE, data=sent)
    assert response.status_code == 422
    text = parse(response).text
    assert (
        "done for 2 leads" in text and "There is no such lead in this team." in text and foreign.reference not in text
    )
    assert [fresh(lead).state for lead in (*leads, foreign)] == [
        State.CREATED, State.CREATED, State.UNKNOWN, State.QUEUED,
    ]  # fmt: skip


def fresh_with_team(lead) -> Submission:
    return Submission.objects.select_related("team").get(pk=lead.pk)


def test_it_lets_a_member_settle_their_own_only(leads, team, carol, key, browse):
    dora = make_member(team, "dora")
    assert shown(browse(dora).get(VIEW)) == set()
    response = browse(dora).post(SETTLE, data={"deed": "found", "lead": named(leads[0])})
    assert response.status_code == 422 and "only who entered it" in parse(response).text
    assert fresh(leads[0]).state == State.UNKNOWN
    assert browse(carol).post(SETTLE, data={"deed": "found", "lead": named(leads[0])}).status_code == 303


def test_it_counts_them_in_the_navigation(leads, team, bob, browse):
    nav = parse(browse(bob).get("submission_list")).one(id="nav").text
    assert "Attention 3" in " ".join(nav.split())
    dora = make_member(team, "dora")
    assert "Attention" not in parse(browse(dora).get("submission_list")).one(id="nav").text


def test_it_refuses_a_deed_that_is_none_of_these(leads, bob, browse):
    for deed in ("", "approve", "undo", "x" * 5000):
        assert browse(bob).post(SETTLE, data={"deed": deed, "lead": named(leads[0])}).status_code == 403
    browser = browse(bob)
    response = browser.post(SETTLE, data={"deed": "found"})
    assert "Choose at least one lead" in parse(browser.client.get(response["Location"])).text


def test_it_asks_as_little_for_many_as_for_one(team, bob, key, browse):
    counts = []
    for more in (1, 12):
        for number in range(more):
            unknown(team, bob, key, email=f"n{more}-{number}@example.com")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser = browse(bob)
            browser.get(VIEW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_it_answers_the_usual_questions(leads, bob, charlie, browse, team):
    questions.asks_to_sign_in(browse(None), VIEW)
    questions.hands_everything_back(browse(None), SETTLE)
    questions.hides_other_teams(browse(charlie), "get", VIEW)
    questions.hides_other_teams(browse(charlie), "post", SETTLE)
    questions.rejects(browse(bob), "POST PUT DELETE", VIEW)
    questions.rejects(browse(bob), "GET PUT DELETE", SETTLE)
