"""The entry form of a team with thousands of options: what is posted is looked up, nothing else is loaded."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from leads.forms.lead import LeadForm
from tests.picking import add, add_attribute, add_many, add_select

KINDS = ("list", "status", "tag", "owner")
CHOSEN = "email=a%40example.com&lists=list-7&status=status-3&tags=tag-1&tags=tag-4999&owners=owner-5&id_list=list-8"


@pytest.fixture
def thousands(team):
    for kind in KINDS:
        add_many(team, kind, 5_000)
    add_select(team, "size", 5_000)


def test_it_takes_what_is_offered(team, thousands):
    form = LeadForm(QueryDict(CHOSEN + "&attributes.size=size-4999"), team=team)
    assert form.is_valid(), form.errors
    values = form.values()
    assert (values["tags"], values["id_list"]) == (["tag-1", "tag-4999"], "list-8")
    assert values["attributes"] == {"size": "size-4999"}


def test_it_refuses_what_is_not(team, other_team, thousands):
    add(other_team, "tag", "theirs")
    add(team, "tag", "gone", name="Hot", is_gone=True)
    for key in ("theirs", "never", "x" * 10_000, "\0", "tag-1\0"):
        form = LeadForm(QueryDict(mutable=True) | {"email": "a@example.com", "tags": [key]}, team=team)
        assert list(form.errors) == ["tags"], key
    form = LeadForm({"email": "a@example.com", "tags": ["gone"], "id_list": "never"}, team=team)
    assert form.errors["tags"] == ["“Hot” is not one of the options any more. Choose again."]
    assert "id_list" in form.errors


def test_it_still_ties_a_step_to_its_list(team):
    add_many(team, "list", 60)
    add_many(team, "status", 60, list_id="list-7")
    wrong = LeadForm({"email": "a@example.com", "status": ["status-1"]}, team=team)
    assert "belongs to the list “List 7”" in wrong.errors["status"][0]
    assert LeadForm({"email": "a@example.com", "status": ["status-1"], "lists": ["list-7"]}, team=team).is_valid()


def test_it_asks_the_database_a_few_times_and_loads_few_rows(team, thousands):
    def queries(text: str) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            form = LeadForm(QueryDict(text), team=team)
            assert form.is_valid()
            [list(field.subwidgets) for group in form.groups() for field in group.fields]
        return [query["sql"] for query in captured]

    assert len(queries("email=a%40example.com")) <= 3
    found = queries(CHOSEN)
    assert len(found) <= 10
    whole = [sql for sql in found if "leads_pickeroption" in sql and "COUNT" not in sql and "external_id" not in sql]
    assert whole == []


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ("find=tags&find.tags=hot", "tags"),
        ("find=tags", "tags"),
        ("find.tags=hot&found.tags=", "tags"),
        ("find.tags=&found.tags=hot", "tags"),
        ("find.tags=hot&found.tags=hot", ""),
        ("find=email", ""),
        ("find=nonsense", ""),
        ("find.email=x&found.email=", ""),
        ("find=attributes.size&find.attributes.size=4999", "attributes.size"),
    ],
)
def test_it_sees_when_somebody_only_searches(team, thousands, posted, field):
    form = LeadForm(QueryDict(f"email=not+an+email&{posted}"), team=team)
    assert form.finding == field
    assert not form.is_valid()
    assert bool(form.errors) is not bool(field)


def test_it_shows_the_matches_beside_what_is_chosen(team, thousands):
    form = LeadForm(QueryDict("tags=tag-49&find=tags&find.tags=tag 49"), team=team)
    widget = form["tags"].field.widget
    assert form.errors == {}
    assert [option.choice_label for option in form["tags"].subwidgets] == ["Tag 49"]
    assert "tag-49" not in {choice.id for choice in widget.found.choices} and len(widget.found.choices) == 49


def test_it_searches_for_a_page_alone(team, thousands):
    """What a script or a file gives is checked, whatever else it is called."""
    form = LeadForm({"email": "a@example.com", "find": "tags"}, team=team)
    assert form.is_valid()


def test_it_leaves_out_what_no_longer_fits_its_attribute(team):
    add_attribute(team, "size", "NUMBER")
    add_attribute(team, "place", "LOCATION")
    initial = {"attributes.size": {"address": "x"}, "attributes.place": "Cork", "email": "a@example.com"}
    form = LeadForm(team=team, initial=initial)
    assert form.initial == {"email": "a@example.com"}
    assert [form[name].value() for name in ("attributes.size", "attributes.place")] == [None, None]
