"""What an admin clicks on the pages of pickers and attributes, an operator scripts."""

from __future__ import annotations

import pytest
from django.core.management import CommandError

from leads.models import AuditEntry, BreakcoldKey, CustomAttribute, PickerOption, Submission
from tests.factories import make_submission
from tests.picking import add, add_attribute

from .helpers import run

pytestmark = pytest.mark.django_db


def refused(*arguments: str, stdin: str | bytes = "") -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments, stdin=stdin)
    return str(caught.value)


def stored(team) -> dict[str, str]:
    return dict(PickerOption.objects.filter(team=team, is_gone=False).values_list("external_id", "name"))


def test_it_syncs(team, key):
    printed = run("syncpickers", "brewers")
    assert printed == "list: 3\nstatus: 8\ntag: 14\nowner: 3\nattribute: 14\n"
    assert PickerOption.objects.filter(kind="tag").count() == 14


def test_it_says_why_it_does_not_sync(team, key, bob, sandbox):
    sandbox.fault("status", method="GET", path="/rest/tags", status=404)
    assert "tag: not offered by Breakcold" in run("syncpickers", "brewers")
    make_submission(team, bob)
    assert "Leads or the rate limit come first" in refused("syncpickers", "brewers")
    Submission.objects.update(state="cancelled")
    BreakcoldKey.objects.update(held_at="2026-01-01T00:00Z")
    assert "being changed" in refused("syncpickers", "brewers")
    BreakcoldKey.objects.update(held_at=None)
    sandbox.fault("status", method="GET", path="/rest/tags", status=403)
    assert "Nothing was read" in refused("syncpickers", "brewers")
    BreakcoldKey.objects.all().update(status="revoked", sealed="")
    assert "no key yet" in refused("syncpickers", "brewers")


def test_it_types_in_options(team):
    assert run("addoptions", "brewers", "tag", stdin="id;name\na;Hot\nb;Été\n") == "2 of kind tag added to brewers.\n"
    assert stored(team) == {"a": "Hot", "b": "Été"}
    assert AuditEntry.objects.get(action="option.added").actor_kind == "operator"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "nothing to add"),
        ("alone", "Line 1: Write id and name"),
        ("a;Hot\nb b;Cold\na;Again", "Line 2: The id “b b” has a space in it. Ids have none.\nLine 3: The id “a”"),
        ("a;Grün".encode("cp1252"), "CSV UTF-8"),
    ],
)
def test_it_refuses_options_by_line(team, given, says):
    assert says in refused("addoptions", "brewers", "tag", stdin=given)
    assert stored(team) == {}


def test_it_changes_and_removes_an_option(team):
    add(team, "list", "inbound", name="Inbound")
    add(team, "status", "s", name="New", color="#fff", is_typed_in=True)
    assert "“Newer”" in run("changeoption", "brewers", "status", "s", "--name", "Newer", "--list", "Inbound")
    row = PickerOption.objects.get(kind="status")
    assert (row.name, row.color, row.list_id) == ("Newer", "#fff", "inbound")
    assert "no list “x”" in refused("changeoption", "brewers", "status", "s", "--list", "x")
    assert "cannot be chosen any more" in run("removeoption", "brewers", "status", "s")
    assert "taken away meanwhile" in refused("removeoption", "brewers", "status", "s")
    assert "has no tag with the id s" in refused("removeoption", "brewers", "tag", "s")
    assert "comes from Breakcold" in refused("changeoption", "brewers", "list", "inbound", "--name", "x")


def test_it_replaces_an_option(team, bob):
    add(team, "tag", "hot", is_gone=True)
    add(team, "tag", "warm")
    for _ in range(3):
        make_submission(team, bob, tags=["hot"])
    assert (
        run("replaceoption", "brewers", "tag", "hot", "--new", "warm") == "Done in 3 leads and 0 presets of brewers.\n"
    )
    assert all(lead.values["tags"] == ["warm"] for lead in Submission.objects.all())
    assert "cannot be chosen" in refused("replaceoption", "brewers", "tag", "hot", "--new", "never")
    assert run("replaceoption", "brewers", "tag", "warm", "--take-out").startswith("Done in 3 leads")
    assert not any("tags" in lead.values for lead in Submission.objects.all())


def test_it_goes_on_until_all_are_replaced(team, bob, monkeypatch):
    monkeypatch.setattr("leads.services.replacing.AT_MOST", 2)
    add(team, "tag", "hot", is_gone=True)
    for _ in range(5):
        make_submission(team, bob, tags=["hot"])
    assert run("replaceoption", "brewers", "tag", "hot", "--take-out").startswith("Done in 5 leads")


def test_it_tells_of_leads_that_are_on_their_way(team, bob):
    add(team, "tag", "hot", is_gone=True)
    make_submission(team, bob, tags=["hot"])
    Submission.objects.update(state="sending", attempt_token="0" * 32, lease_until="2030-01-01T00:00Z")
    assert "1 on their way" in run("replaceoption", "brewers", "tag", "hot", "--take-out")


def test_it_imports_and_removes_attributes(team):
    csv = "id,name,type,multiple,options\nsize,Sites,NUMBER,,\nkind,Kind,SELECT,yes,a;A|b;B\n"
    assert run("importattributes", "brewers", stdin=csv) == "2 attributes added to brewers.\n"
    assert "Line 2: The id “size” is there already" in refused("importattributes", "brewers", stdin=csv)
    assert "must name the columns" in refused("importattributes", "brewers", stdin="size,Sites,NUMBER\n")
    assert "no field any more" in run("removeattribute", "brewers", "size")
    assert CustomAttribute.objects.get(external_id="size").is_gone
    assert "has no attribute" in refused("removeattribute", "brewers", "never")


def test_it_takes_an_attribute_out(team, bob):
    add_attribute(team, "size", is_gone=True)
    make_submission(team, bob, attributes={"size": "x"})
    assert run("replaceoption", "brewers", "attribute", "size", "--take-out").startswith("Done in 1 leads")
    assert "attributes" not in Submission.objects.get().values


@pytest.mark.parametrize("name", ["syncpickers", "importattributes"])
def test_it_names_the_teams_there_are(name, team):
    assert "There is no team “nobody”. Teams: brewers." in refused(name, "nobody")
