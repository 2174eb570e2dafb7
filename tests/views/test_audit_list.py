from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import audit
from leads.audit import Action
from leads.models import AuditChain, AuditEntry, Submission
from leads.views.log import SUBJECTS
from tests.factories import actor_for, make_import, make_submission

from . import questions
from .page import parse

VIEW = "audit_list"


def actions(response):
    return [row.attrs["data-action"] for row in parse(response).all("tr") if "data-action" in row.attrs]


def test_it_shows_what_happened_newest_first_with_who_and_what(team, bob, browse):
    lead = make_submission(team, bob)
    response = browse(bob).get(VIEW)
    assert response.status_code == 200
    assert actions(response)[:2] == [Action.SUBMISSION_QUEUED, Action.MEMBER_ADDED]
    row = parse(response).all("tr", data_action=Action.SUBMISSION_QUEUED.value)[0]
    assert "bob@example.com" in row.text and lead.reference in row.text
    assert row.all("a", href=browse(bob).url("submission_detail", lead.public_id))


def test_it_shows_nothing_of_another_team(team, bob, other_team, charlie, browse):
    theirs = make_submission(other_team, charlie)
    text = browse(bob).get(VIEW).content.decode()
    assert theirs.reference not in text and "charlie" not in text
    for query in (f"?about={theirs.reference}", f"?actor={charlie.public_id}"):
        found = browse(bob).get(VIEW, query=query)
        assert Action.SUBMISSION_QUEUED not in actions(found)


@pytest.mark.parametrize(
    "query", ["about={reference}", "about={lower}", "about=bc-1", "actor={bob}", "action=submission.queued"]
)
def test_it_finds(team, bob, carol, browse, query):
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(breakcold_id="bc-1")
    filled = query.format(reference=lead.reference, lower=lead.reference.lower(), bob=bob.public_id)
    assert actions(browse(bob).get(VIEW, query=f"?{filled}")) == [Action.SUBMISSION_QUEUED]


def test_it_finds_by_day(team, bob, browse):
    make_submission(team, bob)
    day = AuditEntry.objects.latest("at").at.date().isoformat()
    assert Action.SUBMISSION_QUEUED in actions(browse(bob).get(VIEW, query=f"?day={day}"))
    assert actions(browse(bob).get(VIEW, query="?day=2001-01-01")) == []


GARBAGE = [
    "about=%00", "about=" + "a" * 60_000, "about=" + "%25" * 20_000, "about=%27+OR+1=1--", "about=%ED%A0%80",
    "about=L-%5B",
    "actor=x", "actor=%00", "actor=00000000-0000-0000-0000-000000000000", "actor=1", "actor=system", "actor=operator",
    "action=x", "action=%00", "action=" + "x" * 10_000, "day=x", "day=%00", "day=0001-01-01", "day=9999-12-31",
    "day=2026-02-30",
    "day=99999-01-01", "day=" + "1" * 10_000, "page=0", "page=-5", "page=" + "9" * 4_000, "page=%00", "page=x",
    "verify=%00",
    "verify=1&page=9", "sequence=1&team=2", "&&=&", "%",
]  # fmt: skip


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_it_stands_garbage_in_the_address(team, bob, browse, headers):
    make_submission(team, bob)
    browser = browse(bob)
    for query in GARBAGE:
        response = browser.get(VIEW, query=f"?{query}", headers=headers)
        assert response.status_code == 200, query[:30]
        parse(response)


def test_it_says_whether_the_chain_is_whole(team, bob, browse):
    make_submission(team, bob)
    text = parse(browse(bob).get(VIEW, query="?verify=1")).one("main").text
    assert "The chain is whole" in text
    AuditChain.objects.filter(team=team).update(head_hash="0" * 64)
    text = parse(browse(bob).get(VIEW, query="?verify=1")).one("main").text
    assert "The chain is broken" in text and "The chain is whole" not in text


def test_it_has_words_for_every_action(team, bob, browse):
    details = {"kind": "x", "fields": ["a"], "status": None}
    for action in Action:
        audit.record(action, team=team, actor=actor_for(bob), subject=team, details=details)
    pages = [parse(browse(bob).get(VIEW, query=f"?page={number}")) for number in (1, 2)]
    words = {
        row.attrs["data-action"]: row.text for page in pages for row in page.all("tr") if "data-action" in row.attrs
    }
    assert set(words) >= {action.value for action in Action}
    assert not [action for action, text in words.items() if not text.split() or action in text]


def test_it_calls_everything_that_is_recorded_by_a_name(team, bob, browse):
    """A subject of the log is a row with an id of its own; these are only ever spoken of through another."""
    within = {"membership", "importrow", "event", "reviewcomment", "webhookdelivery"}
    models = apps.get_app_config("leads").get_models()
    named = {each._meta.model_name for each in models if any(f.name == "public_id" for f in each._meta.fields)}
    assert set(SUBJECTS) == named - within


def test_it_names_an_import_by_its_reference(team, bob, browse):
    lead_import = make_import(team, bob, "Email\naoife@example.com\n")
    row = parse(browse(bob).get(VIEW)).all("tr", data_action=Action.IMPORT_UPLOADED.value)[0]
    assert f"Import {lead_import.reference}" in row.text and str(lead_import.digest) not in row.text


def test_it_leads_from_page_to_page(team, bob, browse):
    for _ in range(101):
        audit.record(Action.PICKERS_SYNCED, team=team, actor=actor_for(bob))
    browser = browse(bob)
    first = browser.get(VIEW, query="?action=pickers.synced")
    second = browser.client.get(browser.url(VIEW) + parse(first).one("a", rel="next").attrs["href"])
    assert (len(actions(first)), len(actions(second))) == (100, 1)


def test_it_asks_the_database_as_often_for_a_hundred_entries_as_for_one(team, bob, carol, browse):
    browser = browse(bob)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(VIEW, query="?action=submission.queued").status_code == 200
        return len(captured)

    make_submission(team, bob)
    one = queries()
    for number in range(99):
        make_submission(team, (bob, carol)[number % 2], email=f"lead-{number}@example.com")
    assert queries() == one <= 16


def test_it_shows_an_entry_whose_lead_and_person_are_gone(team, bob, browse):
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).delete()
    response = browse(bob).get(VIEW)
    assert response.status_code == 200
    assert "A lead" in parse(response).all("tr", data_action=Action.SUBMISSION_QUEUED.value)[0].text


def test_it_writes_nothing(team, bob, browse):
    before = AuditEntry.objects.count()
    browse(bob).get(VIEW, query="?verify=1")
    assert AuditEntry.objects.count() == before


def test_it_asks_to_sign_in(browse):
    questions.asks_to_sign_in(browse(None), VIEW)
    questions.tells_htmx_among_the_notices(browse(None), "get", VIEW)


def test_it_hides_other_teams(charlie, browse):
    questions.hides_other_teams(browse(charlie), "get", VIEW)


def test_it_rejects_other_verbs(bob, browse):
    questions.rejects(browse(bob), "POST PUT PATCH DELETE OPTIONS", VIEW)
    questions.answers_head(browse(bob), VIEW)


def test_it_gives_htmx_the_fragment(bob, browse):
    questions.gives_htmx_the_fragment(browse(bob), "audit-entries", VIEW)
