"""The columns of the list of leads: of the address, of the reader, of a saved view."""

from __future__ import annotations

import pytest

from leads.models import Membership, SavedView
from leads.views.list_columns import MOST, OWN, SHOWN
from tests.factories import make_submission

from .page import parse


@pytest.fixture
def bobs(bob, browse):
    return browse(bob)


@pytest.fixture(autouse=True)
def lead(team, bob, options):
    values = {"company": "Example <b>Ltd</b>", "city": "Cork", "tags": [options["tags"][0]["id"], "gone"]}
    return make_submission(team, bob, first_name="Aoife", **values)


def headings(response):
    return [cell.text.strip() for cell in parse(response).all("th", scope="col")][-20:]


def cells(response):
    return {
        cell.attrs["data-label"]: " ".join(cell.text.split())
        for cell in parse(response).all("td")
        if "data-label" in cell.attrs
    }


def choose(browser, *names, query="", **more):
    url = browser.url("columns_choose") + query
    return browser.client.post(url, {"column": names, **more})


def test_it_has_the_usual_ones_until_somebody_chooses(bobs):
    assert headings(bobs.get("submission_list"))[-5:] == ["Lead", *OWN.values()]


def test_the_address_says_which_in_one_order_whatever_it_asks_for(bobs, options):
    page = bobs.get("submission_list", query="?columns=tags,city,state,nonsense,attributes.x,is_company,%00")
    assert headings(page)[-4:] == ["Lead", "State", "City", "Tags"]
    shown = cells(page)
    assert (shown["City"], shown["Tags"]) == ("Cork", f"{options['tags'][0]['name']}, gone")
    assert "Reference" not in shown
    company = bobs.get("submission_list", query="?columns=company").content.decode()
    assert "Example &lt;b&gt;Ltd" in company
    assert headings(bobs.get("submission_list", query="?columns=nonsense"))[-5:] == ["Lead", *OWN.values()]


def test_ticking_shows_them_and_keeps_what_the_list_is_narrowed_down_to(bobs):
    answer = choose(bobs, "city", "when", "nonsense", query="?q=aoife&columns=tags&page=9&evil=1")
    assert answer["Location"] == f"{bobs.url('submission_list')}?q=aoife&columns=when%2Ccity"
    page = bobs.client.get(answer["Location"])
    assert headings(page)[-3:] == ["Lead", "When", "City"]
    ticked = [box.attrs["value"] for box in parse(page).all("input", name="column") if "checked" in box.attrs]
    assert ticked == ["when", "city"]
    assert parse(page).one("input", name="columns").attrs["value"] == "when,city"
    assert choose(bobs)["Location"] == bobs.url("submission_list")


def test_always_is_the_readers_own_in_this_team(bobs, browse, alice, bob, team):
    choose(bobs, "city", always="on")
    assert headings(bobs.get("submission_list"))[-2:] == ["Lead", "City"]
    assert headings(bobs.get("submission_list", query="?columns=when"))[-2:] == ["Lead", "When"]
    assert headings(browse(alice).get("submission_list"))[-5:] == ["Lead", *OWN.values()]
    choose(bobs, *OWN, always="on")
    assert Membership.objects.get(team=team, user=bob).list_columns == ""


def test_a_saved_view_has_its_columns(bobs):
    bobs.client.post(bobs.url("view_save") + "?q=aoife&columns=tags,city", {"name": "Tags"})
    assert SavedView.objects.get().query == "q=aoife&columns=city%2Ctags"
    page = bobs.get("submission_list", query="?q=aoife&columns=city%2Ctags")
    assert "Keep this view" not in page.content.decode()
    assert headings(page)[-3:] == ["Lead", "City", "Tags"]


def test_it_shows_as_many_as_fit(bobs):
    answer = bobs.client.post(bobs.url("columns_choose"), {"column": list(SHOWN)}, follow=True)
    assert f"At most {MOST} columns" in answer.content.decode()
    assert len(headings(answer)) - headings(answer).index("Lead") == MOST + 1


def test_each_column_there_is_can_be_shown(bobs):
    names = [*OWN, *SHOWN]
    for start in range(0, len(names), MOST):
        asked = names[start : start + MOST]
        page = bobs.get("submission_list", query=f"?columns={','.join(asked)}")
        labels = [OWN.get(name) or SHOWN[name].label for name in asked]
        assert headings(page)[-len(labels) :] == labels
