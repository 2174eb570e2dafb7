"""The search of a large picker: members may use it, on their own team's options alone."""

from __future__ import annotations

import pytest

from leads.forms.options import MATCHES
from tests.picking import add, add_many, add_select

from .conftest import HTMX
from .page import parse
from .questions import answers_head, asks_to_sign_in, hides_other_teams, rejects

VIEW = "submission_options"


def matches(browser, query: str):
    response = browser.get(VIEW, query=query, headers=HTMX)
    assert response.status_code == 200
    return parse(response)


def names(page) -> list[str]:
    return [element.text for element in page.all("span") if "data-picker-name" in element.attrs]


def test_it_gives_the_best_matches_as_boxes(team, bob, browse):
    add_many(team, "tag", 200)
    page = matches(browse(bob), "?field=tags&q=TAG 19")
    assert names(page)[0] == "Tag 19" and len(names(page)) == 12
    box = page.all("input")[0]
    assert (box.attrs["type"], box.attrs["name"], box.attrs["value"]) == ("checkbox", "tags", "tag-19")
    assert "That is all" in page.one(role="status").text


def test_it_says_how_many_more_there_are(team, bob, browse):
    add_many(team, "tag", 200)
    page = matches(browse(bob), "?field=tags")
    assert len(names(page)) == MATCHES
    assert f"{200 - MATCHES} more match" in page.one(role="status").text


def test_it_says_when_nothing_matches(team, bob, browse):
    add_many(team, "tag", 60)
    assert "Nothing else matches" in matches(browse(bob), "?field=tags&q=zebra").one(role="status").text


def test_it_looks_in_the_account_that_a_lead_was_entered_for(team, bob, browse):
    add_many(team, "tag", 60)
    add(team, "tag", "practice", name="Practised", environment="sandbox")
    assert names(matches(browse(bob), "?field=tags&q=practised")) == []
    assert names(matches(browse(bob), "?field=tags&in=sandbox&q=practised")) == ["Practised"]
    assert len(names(matches(browse(bob), "?field=tags&in=nonsense&q=tag 1"))) == 15


def test_it_gives_radio_buttons_for_a_single_choice(team, bob, browse):
    add_many(team, "list", 60)
    page = matches(browse(bob), "?field=lists&name=id_list&one=1&q=list 7")
    assert {(box.attrs["type"], box.attrs["name"]) for box in page.all("input")} == {("radio", "id_list")}


def test_it_gives_steps_of_the_chosen_lists(team, bob, browse):
    add(team, "list", "a", name="Inbound")
    add_many(team, "status", 60, list_id="a")
    add_many(team, "status", 60, start=60, list_id="b")
    page = matches(browse(bob), "?field=status&lists=a&id_list=&q=status 5")
    assert {item.attrs["data-list"] for item in page.all("li")} == {"a"}
    assert "Inbound" in page.text


def test_it_gives_the_options_of_an_attribute(team, bob, browse):
    add_select(team, "size", 60)
    page = matches(browse(bob), "?field=attributes.size&one=1&q=option 59")
    assert names(page) == ["Option 59"]
    assert page.one("div", id="matches-attributes.size")


@pytest.mark.parametrize("field", ["", "email", "attributes", "attributes.never", "attributes.", "tag", "tags\0"])
def test_it_knows_no_other_field(team, bob, browse, field):
    assert browse(bob).get(VIEW, query=f"?field={field}").status_code == 404


def test_it_shows_no_option_of_another_team(team, other_team, bob, browse):
    add(other_team, "tag", "x", name="Theirs")
    add(team, "tag", "y", name="Practice", environment="sandbox")
    assert names(matches(browse(bob), "?field=tags")) == []


@pytest.mark.parametrize("text", ["%00", "%ff", "<script>", "x" * 5_000, "%F0%9F%94%A5", "' OR 1=1 --"])
def test_it_takes_any_text(team, bob, browse, text):
    add(team, "tag", "x", name="<b>Bold</b> 🔥")
    page = matches(browse(bob), f"?field=tags&name={text[:50]}&q={text}&lists={text[:300]}")
    assert page.all("script") == []


def test_it_escapes_what_options_are_called(team, bob, browse):
    add(team, "tag", '"><script>', name="<b>Bold</b>")
    page = matches(browse(bob), "?field=tags&q=bold")
    assert names(page) == ["<b>Bold</b>"] and page.all("input")[0].attrs["value"] == '"><script>'


def test_it_answers_as_pages_do(team, bob, charlie, browse):
    add_many(team, "tag", 3)
    browser = browse(bob)
    rejects(browser, "POST PUT PATCH DELETE", VIEW)
    asks_to_sign_in(browse(None), VIEW)
    hides_other_teams(browse(charlie), "get", VIEW)
    with pytest.raises(AssertionError):
        answers_head(browser, VIEW)  # without a field there is nothing to look in
