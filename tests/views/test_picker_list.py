"""The page of the pickers: what there is, how fresh it is, what is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import BreakcoldKey, FormPreset, PickerOption
from leads.services import keys
from tests.factories import make_submission
from tests.picking import add, add_many

from .conftest import HTMX, sync
from .page import parse
from .questions import (
    answers_head,
    asks_to_sign_in,
    gives_htmx_the_fragment,
    hands_everything_back,
    hides_other_teams,
    rejects,
)

VIEW = "picker_list"


def page_of(browser, query: str = ""):
    response = browser.get(VIEW, query=query)
    assert response.status_code == 200
    return parse(response)


def rows(page) -> list[str]:
    return [" ".join(row.text.split()) for row in page.all("tr") if row.attrs.get("id", "").startswith("option-")]


def test_it_lists_what_was_synced(team, key, alice, browse):
    sync(team)
    browser = browse(alice)
    assert [row.split()[0] for row in rows(page_of(browser))] == ["Inbound", "Partners", "Trade"]
    tags = page_of(browser, "?kind=tag")
    assert len(rows(tags)) == 14 and tags.all("circle", fill="#dc2626")
    steps = rows(page_of(browser, "?kind=status"))
    assert steps[0].startswith("New Inbound") and [row.split()[1] for row in steps[:3]] == ["Inbound"] * 3
    assert "Synced" in page_of(browser).one("section", id="picker-sync").text


def test_it_says_what_breakcold_does_not_offer(team, key, sandbox, alice, browse):
    for path in ("/rest/tags", "/rest/members"):
        sandbox.fault("status", method="GET", path=path, status=404)
    sync(team)
    assert "nothing the portal can read for: tags, owners" in page_of(browse(alice)).one(id="picker-sync").text


def test_it_shows_the_account_the_team_works_with(team, alice, browse):
    add(team, "list", "mine", name="Mine")
    add(team, "list", "practice", name="Practice", environment="sandbox")
    browser = browse(alice)
    assert len(rows(page_of(browser))) == 1
    type(team).objects.update(environment="sandbox")
    assert rows(page_of(browser))[0].startswith("Practice")


def test_it_searches_and_pages_through_thousands(team, alice, browse):
    add_many(team, "tag", 5_000)
    browser = browse(alice)
    first = page_of(browser, "?kind=tag")
    assert len(rows(first)) == 100 and "1 to 100 of 5000" in first.one(id="pagination").text
    assert rows(page_of(browser, "?kind=tag&page=50"))[-1].startswith("Tag 4999")
    assert len(rows(page_of(browser, "?kind=tag&q=tÁG+4999"))) == 1
    assert "Nothing matches" in page_of(browser, "?kind=tag&q=zebra").text


@pytest.mark.parametrize("query", ["?kind=nonsense", "?page=x", "?q=%00%ff", "?q=" + "x" * 3_000, "?kind=gone&page=99"])
def test_it_takes_any_question(team, alice, browse, query):
    add(team, "list", "a")
    page_of(browse(alice), query)


def test_it_is_plain_when_there_is_nothing(team, alice, browse):
    page = page_of(browse(alice))
    assert "Nothing to choose from yet" in page.text and "no key yet" in page.one(id="picker-sync").text
    assert not page.all("form", action=browse(alice).url("picker_sync"))


# Vanished


def test_it_lists_what_vanished_with_where_it_is_used(team, bob, alice, browse):
    hot = add(team, "tag", "hot", name="Hot", is_gone=True)
    add(team, "tag", "unused", name="Unused", is_gone=True)
    make_submission(team, bob, tags=["hot"])
    make_submission(team, bob, tags=["hot"])
    FormPreset.objects.create(team=team, name="Fair", rows=[{"name": "tags", "default": ["hot"]}])
    browser = browse(alice)
    vanished = page_of(browser).one("section", id="vanished")
    assert "1 option in use is gone" in " ".join(vanished.text.split())
    assert "1 preset, 2 leads" in " ".join(vanished.text.split()) and "Unused" not in vanished.text
    assert vanished.all("a", href=browser.url("picker_replace", hot.public_id))
    assert len(rows(page_of(browser, "?kind=gone"))) == 2


def test_it_is_silent_when_nothing_that_is_used_vanished(team, alice, browse):
    add(team, "tag", "unused", is_gone=True)
    assert page_of(browse(alice)).all("section", id="vanished") == []


# Syncing


def state(page) -> str:
    return page.one("section", id="picker-sync").attrs["data-state"]


def test_it_asks_for_a_sync_and_shows_when_it_is_done(team, key, alice, browse):
    browser = browse(alice)
    response = browser.post("picker_sync")
    assert (response.status_code, response["Location"]) == (303, browser.url(VIEW))
    page = page_of(browser)
    assert state(page) == "reading" and not page.all("button", string="Sync now")
    polled = page.one("div", id="options").attrs
    assert polled["hx-trigger"] == "every 2s"
    fragment = browser.client.get(browser.url(VIEW) + polled["hx-get"], headers=HTMX)
    assert fragment.status_code == 204  # nothing new: it is left alone
    sync(team)
    done = parse(browser.client.get(browser.url(VIEW) + polled["hx-get"], headers=HTMX))
    assert state(done) == "done" and "hx-get" not in done.one("div", id="options").attrs
    assert len(rows(done)) == 3


def test_it_says_that_leads_go_first(team, key, bob, alice, browse):
    make_submission(team, bob)
    browse(alice).post("picker_sync")
    page = page_of(browse(alice))
    assert state(page) == "waiting" and "Leads go first" in page.one(id="picker-sync").text


def test_it_says_why_a_second_one_is_not_begun(team, key, alice, browse):
    browser = browse(alice)
    browser.post("picker_sync")
    response = browser.post("picker_sync", follow=True)
    assert "under way already" in parse(response).one(id="notices").text
    BreakcoldKey.objects.update(pickers_asked_at=None, pickers_synced_at=timezone.now() - timedelta(seconds=10))
    assert "less than a minute ago" in parse(browser.post("picker_sync", follow=True)).one(id="notices").text


def test_it_says_so_without_a_key(team, alice, browse):
    assert "no key yet" in parse(browse(alice).post("picker_sync", follow=True)).one(id="notices").text


def test_it_says_why_the_last_one_brought_nothing(team, key, alice, browse):
    BreakcoldKey.objects.update(pickers_trouble="Breakcold could not be reached.", pickers_synced_at=timezone.now())
    page = page_of(browse(alice))
    assert state(page) == "trouble" and "could not be reached" in page.one(id="picker-sync").text
    assert "Last synced" in page.one(id="picker-sync").text


def test_it_goes_back_to_the_page_it_was_asked_on(team, key, alice, browse):
    browser = browse(alice)
    response = browser.post("picker_sync", data={"from": "attributes"})
    assert response["Location"] == browser.url("attribute_list")


def test_it_shows_no_key(team, key, alice, browse):
    sync(team)
    html = browse(alice).get(VIEW).content.decode()
    assert key.fingerprint not in html and keys.find_current_key(team).sealed not in html
    assert PickerOption.objects.exists()


# As every page


def test_it_answers_as_pages_do(team, alice, bob, carol, charlie, browse):
    browser = browse(alice)
    for name, verbs in ((VIEW, "POST PUT PATCH DELETE"), ("picker_sync", "GET PUT PATCH DELETE")):
        rejects(browser, verbs, name)
    asks_to_sign_in(browse(None), VIEW)
    hands_everything_back(browse(None), "picker_sync")
    hides_other_teams(browse(charlie), "get", VIEW)
    hides_other_teams(browse(charlie), "post", "picker_sync")
    gives_htmx_the_fragment(browser, "options", VIEW)
    answers_head(browser, VIEW)
    for person in (bob, carol):
        assert browse(person).get(VIEW).status_code == 403
        assert browse(person).post("picker_sync").status_code == 403
