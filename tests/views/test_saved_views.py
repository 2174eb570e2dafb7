"""Saved views: a search of the list under a name, each person's own."""

from __future__ import annotations

import pytest

from leads.models import SavedView
from leads.services import members
from tests.factories import OPERATOR, make_submission

from .page import parse

ASKED = "?state=failed&q=%C3%85sa+%26+co&page=3&seen=x&evil=1"
KEPT = "q=%C3%85sa+%26+co&state=failed"


@pytest.fixture
def bobs(bob, browse):
    return browse(bob)


def keep(browser, name, query=ASKED):
    return browser.client.post(browser.url("view_save") + query, {"name": name}, follow=True)


def tabs(response):
    return [(link.attrs["href"], "aria-current" in link.attrs) for link in parse(response).one(id="views").all("a")]


def test_it_keeps_what_narrows_the_list_down_and_leads_back_to_it(bobs):
    url = bobs.url("submission_list")
    page = keep(bobs, "  Lost   ones ")
    assert "Kept as “Lost ones”" in page.content.decode()
    assert SavedView.objects.get().query == KEPT
    assert tabs(page) == [(url, False), (f"{url}?{KEPT}", True)]
    assert tabs(bobs.get("submission_list")) == [(url, True), (f"{url}?{KEPT}", False)]
    assert "Keep this view" not in page.content.decode()
    assert "Keep this view" in bobs.get("submission_list", query="?mine=on").content.decode()


def test_the_same_name_is_replaced_and_nothing_is_kept_of_nothing(bobs, monkeypatch):
    keep(bobs, "Mine")
    keep(bobs, "Mine", "?mine=on")
    assert SavedView.objects.get().query == "mine=on"
    for name, query in (("", ASKED), ("x" * 61, ASKED), ("a\0b", ASKED), ("None", ""), ("Long", "?q=" + "x" * 1_000)):
        keep(bobs, name, query)
    assert SavedView.objects.count() == 1
    monkeypatch.setattr("leads.services.saved_views.MOST", 1)
    assert "Remove one" in keep(bobs, "Another").content.decode()


def test_it_is_the_person_s_own_and_goes_with_them(team, bob, carol, browse, bobs):
    keep(bobs, "Mine")
    view = SavedView.objects.get()
    assert "Mine</a>" not in browse(carol).get("submission_list", query=ASKED).content.decode()
    assert browse(carol).post("view_remove", view.public_id).status_code == 404
    assert (
        "Its leads are untouched"
        in bobs.client.post(bobs.url("view_remove", view.public_id), follow=True).content.decode()
    )
    assert not SavedView.objects.exists()
    keep(bobs, "Mine")
    members.remove_member(team=team, user=bob, actor=OPERATOR)
    assert not SavedView.objects.exists()


def test_a_list_nobody_narrowed_down_shows_no_bar(team, bob, bobs):
    make_submission(team, bob)
    assert 'id="views"' not in bobs.get("submission_list").content.decode()
