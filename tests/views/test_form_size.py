"""The entry form of a team with thousands of options stays light and usable, with script and without."""

from __future__ import annotations

import gzip
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Submission
from tests.picking import add_attribute, add_many, add_select

from .page import errors_of, lead_form, parse

LIMIT_BYTES = 60_000  # compressed, the promise
KINDS = ("list", "status", "tag", "owner")
FITS = [("TEXT", "much"), ("RELATION", "much"), ("NUMBER", 12)]


@pytest.fixture
def thousands(team):
    for kind in KINDS:
        add_many(team, kind, 5_000)
    for number in range(5):
        add_select(team, f"single-{number}", 5_000)
        add_select(team, f"several-{number}", 5_000, is_multiple=True)


def weight(response) -> int:
    assert response.status_code in (200, 422)
    return len(gzip.compress(response.content))


def test_it_stays_light_with_five_thousand_of_everything(team, bob, browse, thousands):
    assert weight(browse(bob).get("submission_new")) < LIMIT_BYTES


def test_it_stays_light_with_many_middling_ones(team, bob, browse):
    """Each is small enough by itself to be in the page."""
    for kind in KINDS:
        add_many(team, kind, 50)
    for number in range(100):
        add_select(team, f"{uuid4()}", 50, is_multiple=number % 2 == 0)
    assert weight(browse(bob).get("submission_new")) < LIMIT_BYTES


def test_it_stays_light_with_as_many_chosen_as_fit(team, bob, browse, thousands):
    tags = [f"tag-{number}" for number in range(100)]
    response = browse(bob).enter(
        {"email": "wrong", "tags": tags, "owners": [f"owner-{number}" for number in range(100)]}
    )
    assert response.status_code == 422
    assert weight(response) < LIMIT_BYTES
    assert lead_form(response).sends()["tags"] == tags


def test_it_takes_a_lead_with_searched_options(team, bob, browse, thousands):
    data = {"email": "a@example.com", "lists": ["list-7"], "tags": ["tag-4999"], "attributes.single-1": "single-1-77"}
    assert browse(bob).enter(data).status_code == 303
    values = Submission.objects.get().values
    assert (values["tags"], values["attributes"]) == (["tag-4999"], {"single-1": "single-1-77"})


def test_it_checks_a_field_with_a_few_small_queries(team, bob, browse, thousands):
    browser = browse(bob)
    browser.get("submission_list")
    url = "?field=email"
    with CaptureQueriesContext(connection) as captured:
        data = {"email": "not an email", "tags": ["tag-1", "tag-2"], "lists": ["list-3"]}
        response = browser.client.post(browser.url("submission_check") + url, data)
    assert "not an email" in response.content.decode()
    options = [query["sql"] for query in captured if "leads_pickeroption" in query["sql"]]
    assert len(captured) <= 16
    assert [sql for sql in options if "COUNT(" not in sql and "external_id" not in sql.partition("WHERE")[2]] == []


# Without script


def typed(response) -> dict[str, list[str]]:
    return lead_form(response).sends()


def test_it_finds_without_script_and_loses_nothing(team, bob, browse, thousands):
    browser = browse(bob)
    sent = {"one_time_key": str(uuid4()), "email": "not an email yet", "tags": ["tag-1"], "is_draft": ["false", "true"]}
    response = browser.post("submission_new", data={**sent, "find": "tags", "find.tags": "tag 4999", "found.tags": ""})
    assert response.status_code == 422
    form = lead_form(response)
    assert errors_of(response) == {} and not form.all("section", id="error-summary")
    assert typed(response)["email"] == ["not an email yet"] and typed(response)["tags"] == ["tag-1"]
    assert typed(response)["one_time_key"] == [sent["one_time_key"]] and "true" in typed(response)["is_draft"]
    picker = form.one("details", id="picker-tags")
    assert "open" in picker.attrs and "open" in form.one("details", id="group-place").attrs
    found = picker.one("div", id="matches-tags")
    assert [box.attrs["value"] for box in found.all("input")] == ["tag-4999"]
    assert "Nothing was sent yet" in found.text
    assert not Submission.objects.exists()
    again = {**typed(response), "email": "a@example.com", "tags": ["tag-1", "tag-4999"]}
    assert browser.post("submission_new", data=again).status_code == 303
    assert Submission.objects.get().values["tags"] == ["tag-1", "tag-4999"]


def test_it_sends_when_enter_is_pressed_in_another_field(team, bob, browse, thousands):
    """The first button of a form is pressed by Enter: it must not be one that only searches."""
    page = parse(browse(bob).get("submission_new")).one("form", id="lead-form")
    buttons = [button for button in page.all("button") if button.attrs.get("type") == "submit"]
    assert "name" not in buttons[0].attrs


def test_it_finds_while_a_lead_is_changed(team, bob, browse, thousands):
    browser = browse(bob)
    browser.enter({"email": "a@example.com", "tags": ["tag-3"]})
    lead = Submission.objects.get()
    Submission.objects.update(state="draft")
    response = browser.get("submission_edit", lead.public_id)
    assert typed(response)["tags"] == ["tag-3"]
    assert weight(response) < LIMIT_BYTES
    found = browser.post("submission_edit", lead.public_id, data={**typed(response), "find.owners": "owner 12"})
    assert found.status_code == 422 and "Owner 12" in found.content.decode()
    assert Submission.objects.get().values == lead.values


# Told apart, and steps by list


def test_it_shows_steps_under_their_lists(team, bob, browse):
    add_many(team, "list", 2)
    add_many(team, "status", 2, list_id="list-0")
    add_many(team, "status", 2, start=2, list_id="list-1")
    picker = parse(browse(bob).get("submission_new")).one("details", id="picker-status")
    places = [section for section in picker.all("section") if "data-picker-list" in section.attrs]
    assert [(place.attrs["data-picker-list"], place.one("h3").text, len(place.all("input"))) for place in places] == [
        ("list-0", "List 0", 2), ("list-1", "List 1", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["NUMBER", "LOCATION", "SELECT", "CHECKBOX", "DATE", "TIMESTAMP", "TEXT", "RELATION"])
@pytest.mark.parametrize("value", ["much", 12, [{"odd": 1}], {"address": "x"}], ids=repr)
def test_it_shows_a_kind_that_changed_without_an_error(team, bob, browse, kind, value):
    browser = browse(bob)
    add_attribute(team, "size", kind)
    browser.enter({"email": "a@example.com"})
    lead = Submission.objects.get()
    Submission.objects.update(values={**lead.values, "attributes": {"size": value}}, state="draft")
    response = browser.get("submission_edit", lead.public_id)
    assert response.status_code == 200
    told = " ".join(parse(response).one("div", id="notices").text.split())
    assert ("left out: Size" in told) is ((kind, value) not in FITS)
    assert browser.post("submission_edit", lead.public_id, data=typed(response)).status_code == 303
