from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Submission
from leads.states import State
from tests.factories import make_submission

from . import questions
from .page import parse

VIEW = "submission_list"


def shown(response):
    """The ids of the leads on the page, in order."""
    return [row.attrs["id"].removeprefix("submission-") for row in parse(response).all("tr") if "id" in row.attrs]


def test_it_shows_the_leads_of_the_team_newest_first(team, bob, other_team, charlie, browse):
    first, second = make_submission(team, bob), make_submission(team, bob, email="second@example.com")
    make_submission(other_team, charlie)
    response = browse(bob).get(VIEW)
    assert response.status_code == 200
    assert shown(response) == [str(second.public_id), str(first.public_id)]
    row = parse(response).one(id=f"submission-{first.public_id}")
    assert row.attrs["data-state"] == "queued"
    assert "data-breakcold-id" not in row.attrs


def test_it_carries_the_id_breakcold_gave(team, bob, browse):
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(state=State.CREATED, breakcold_id="bc-1")
    row = parse(browse(bob).get(VIEW)).one(id=f"submission-{lead.public_id}")
    assert (row.attrs["data-state"], row.attrs["data-breakcold-id"]) == ("created", "bc-1")


def test_it_says_what_to_do_when_there_is_nothing(bob, browse):
    assert "Enter the first one" in browse(bob).get(VIEW).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=brien", {"aoife"}),
        ("q=BRÍEN+aoife", {"aoife"}),
        ("q=aoife+nobody", set()),
        ("q=brewing", {"aoife", "bert"}),
        ("q=bert%40example.com", {"bert"}),
        ("q=%25", set()),
        ("q=_", set()),
        ("q=%27+OR+1%3D1--", set()),
        ("q=%22", set()),
        ("q=%5C", set()),
        ("q=", {"aoife", "bert", "carla"}),
        ("state=rejected", {"bert"}),
        ("state=attention", {"carla"}),
        ("mine=on", {"aoife", "bert"}),
        ("q=aoife&state=rejected", set()),
    ],
)
def test_it_finds(team, bob, carol, browse, query, found):
    leads = {
        "aoife": make_submission(team, bob, last_name="O'Bríen", company="Brewing Ltd"),
        "bert": make_submission(team, bob, first_name="Bert", email="bert@example.com", company="Brewing Ltd"),
        "carla": make_submission(team, carol, first_name="Carla", email="carla@example.com"),
    }
    Submission.objects.filter(pk=leads["bert"].pk).update(state=State.REJECTED)
    Submission.objects.filter(pk=leads["carla"].pk).update(state=State.FAILED)
    wanted = {str(leads[name].public_id) for name in found}
    assert set(shown(browse(bob).get(VIEW, query=f"?{query}"))) == wanted


def test_it_finds_a_reference_as_people_read_it_out(team, bob, browse):
    lead = make_submission(team, bob)
    make_submission(team, bob, email="other@example.com")
    assert shown(browse(bob).get(VIEW, query=f"?q={lead.reference.lower()}")) == [str(lead.public_id)]


def test_it_finds_the_id_breakcold_gave_as_a_whole(team, bob, browse):
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(state=State.CREATED, breakcold_id="6f9619ff-8b86")
    make_submission(team, bob, email="other@example.com")
    assert shown(browse(bob).get(VIEW, query="?q=+6f9619ff-8b86")) == [str(lead.public_id)]
    assert shown(browse(bob).get(VIEW, query="?q=6f9619ff")) == []


GARBAGE = [
    "q=%00",
    "q=%ED%A0%80",
    "q=%FF%FE",
    "q=" + "a" * 10_000,
    "q=" + "%25" * 10_000,
    "q=" + "+".join("word" for _ in range(2_000)),
    "q=1)%3B+DROP+TABLE+leads_submission%3B--",
    "q=%27%22%3E%3Cscript%3E",
    "q=%7B%7B7*7%7D%7D",
    "state=nonsense",
    "state=queued%00",
    "state=queued&state=created",
    "mine=garbage",
    "mine=%00",
    "page=0",
    "page=-1",
    "page=abc",
    "page=%00",
    "page=1e9",
    "page=" + "9" * 4_000,
    "page=%D9%A1",
    "page=last",
    "seen=%00",
    "team=2&created_by=1&pk=1",
    "q[]=1&q[$ne]=1",
    "&&&===&",
    "%",
]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_it_stands_garbage_in_the_address(team, bob, other_team, charlie, browse, headers):
    make_submission(team, bob)
    secret = make_submission(other_team, charlie, email="secret@example.com")
    browser = browse(bob)
    for query in GARBAGE:
        response = browser.get(VIEW, query=f"?{query}", headers=headers)
        assert response.status_code == 200, query[:30]
        assert str(secret.public_id) not in response.content.decode(), query[:30]
        parse(response)


def test_it_leads_from_page_to_page_with_the_search_kept(team, bob, browse):
    for number in range(51):
        make_submission(team, bob, email=f"lead-{number}@example.com")
    browser = browse(bob)
    first = browser.get(VIEW, query="?q=example.com&mine=on")
    older = parse(first).one("a", rel="next").attrs["href"]
    second = browser.client.get(browser.url(VIEW) + older)
    assert (len(shown(first)), len(shown(second))) == (50, 1)
    assert "q=example.com" in older


def test_it_asks_the_database_as_often_for_fifty_leads_as_for_one(team, bob, carol, browse):
    browser = browse(bob)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(VIEW).status_code == 200
        return len(captured)

    make_submission(team, bob)
    one = queries()
    for number in range(49):
        make_submission(team, (bob, carol)[number % 2], email=f"lead-{number}@example.com")
    assert queries() == one <= 14


def test_it_polls_only_while_something_moves_and_is_left_alone_while_nothing_changed(team, bob, browse):
    lead = make_submission(team, bob)
    browser = browse(bob)
    poll = parse(browser.get(VIEW)).one(id="submissions").attrs
    assert poll["hx-trigger"].startswith("every")
    again = browser.client.get(
        browser.url(VIEW) if poll["hx-get"].startswith("?") else poll["hx-get"], headers={"HX-Request": "true"}
    )
    assert again.status_code in (200, 204)
    Submission.objects.filter(pk=lead.pk).update(state=State.REJECTED)
    assert "hx-trigger" not in parse(browser.get(VIEW)).one(id="submissions").attrs


def test_it_asks_to_sign_in(browse):
    questions.asks_to_sign_in(browse(None), VIEW)
    questions.tells_htmx_among_the_notices(browse(None), "get", VIEW)


def test_it_hides_other_teams(charlie, browse):
    questions.hides_other_teams(browse(charlie), "get", VIEW)


def test_it_rejects_other_verbs(bob, browse):
    questions.rejects(browse(bob), "POST PUT PATCH DELETE OPTIONS TRACE", VIEW)
    questions.answers_head(browse(bob), VIEW)


def test_it_gives_htmx_the_fragment(team, bob, browse):
    make_submission(team, bob)
    questions.gives_htmx_the_fragment(browse(bob), "submissions", VIEW)


def test_it_gives_htmx_the_whole_page_for_the_back_button(bob, browse):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    page = parse(browse(bob).get(VIEW, headers=headers))
    assert page.one("main") and page.one(id="topbar").all("nav")


def test_it_puts_what_a_reviewer_sent_back_on_top_for_who_entered_it(team, bob, carol, browse):
    lead = make_submission(team, bob, first_name="Sent", last_name="Back")
    Submission.objects.filter(pk=lead.pk).update(state=State.CHANGES_REQUESTED)
    for number in range(51):
        make_submission(team, bob, email=f"{number}@example.com")
    edit = browse(bob).url("submission_edit", lead.public_id)
    assert [link.text for link in parse(browse(bob).get(VIEW)).all("a", href=edit)] == ["Sent Back"]
    assert not parse(browse(carol).get(VIEW)).all("a", href=edit)
    assert not parse(browse(bob).get(VIEW, query="?mine=true")).all("a", href=edit)
