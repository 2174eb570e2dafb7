"""The page of the custom attributes: all kinds, typing in, importing, trying one, and what no longer fits."""

from __future__ import annotations

import html
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.breakcold.fields import AttributeKind
from leads.models import AuditEntry, CustomAttribute, FormPreset, Submission
from tests.factories import make_submission
from tests.picking import add_attribute, add_select

from .conftest import sync
from .page import parse
from .questions import (
    asks_to_sign_in,
    gives_htmx_the_fragment,
    hands_everything_back,
    hides_other_teams,
    rejects,
)

CSV = "id,name,type,multiple,options\nsize,Sites,NUMBER,,\nkind,Kind,SELECT,yes,a;A|b;B\n"


def text_of(page) -> str:
    return " ".join(page.text.split())


def messages(response) -> str:
    page = parse(response)
    return " ".join(text_of(each) for each in [*page.all("div", class_="message"), *page.all(role="alert")])


def test_it_lists_all_kinds(team, key, alice, browse):
    sync(team)
    page = parse(browse(alice).get("attribute_list"))
    rows = [text_of(row) for row in page.all("tr") if row.attrs.get("id", "").startswith("attribute-")]
    assert len(rows) == 14
    assert set(AttributeKind) == set(CustomAttribute.objects.values_list("kind", flat=True))
    assert any(
        "Options to choose from several Starter kit, Yearly plan, Training, Repairs Breakcold" in row for row in rows
    )


def test_it_is_plain_when_there_is_nothing(team, alice, browse):
    assert "No custom attributes" in browse(alice).get("attribute_list").content.decode()


def test_it_says_when_breakcold_does_not_offer_them(team, key, sandbox, alice, browse):
    sandbox.fault("status", method="GET", path="/rest/attributes", status=404)
    sync(team)
    assert "nothing the portal can read for custom attributes" in text_of(parse(browse(alice).get("attribute_list")))


# Typing in


def test_it_adds_changes_and_removes_one(team, alice, browse):
    browser = browse(alice)
    data = {"external_id": "size", "name": "Sites", "kind": "SELECT", "is_multiple": "on", "options": "a;A\r\nb;B"}
    assert browser.post("attribute_new", data=data).status_code == 303
    row = CustomAttribute.objects.get()
    assert (row.is_typed_in, row.is_multiple, len(row.options)) == (True, True, 2)
    sent = parse(browser.get("attribute_edit", row.public_id)).one("main").all("form")[0].sends()
    assert sent["options"] == ["a;A\nb;B"] and "external_id" not in sent
    changed = {"name": "Sites", "kind": "NUMBER", "options": ""}
    assert browser.post("attribute_edit", row.public_id, data=changed).status_code == 303
    assert CustomAttribute.objects.get().kind == "NUMBER"
    assert browser.post("attribute_remove", row.public_id).status_code == 303
    assert CustomAttribute.objects.get().is_gone
    actions = AuditEntry.objects.filter(action__startswith="attribute.").order_by("sequence")
    assert list(actions.values_list("action", flat=True)) == [
        "attribute.added", "attribute.changed", "attribute.removed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "The id is missing"),
        ({"external_id": "a b"}, "has a space in it"),
        ({"external_id": "a", "name": ""}, "The name is missing"),
        ({"external_id": "a", "kind": "FORMULA"}, "not one of the available"),
        ({"external_id": "a", "kind": "SELECT"}, "A SELECT has 1 to"),
        ({"external_id": "a", "kind": "SELECT", "options": "Retail"}, "“Retail” is no option"),
        ({"external_id": "a", "options": "a;A"}, "Only an attribute of the kind SELECT"),
        ({"external_id": "there"}, "is there already"),
        ({"external_id": "a", "name": "x\0"}, "cannot be shown"),
    ],
    ids=repr,
)
def test_it_refuses_and_keeps_what_was_typed(team, alice, browse, data, says):
    add_attribute(team, "there")
    data = {"external_id": "", "name": "Sites", "kind": "TEXT", "options": "", **data}
    response = browse(alice).post("attribute_new", data=data)
    assert response.status_code == 422 and says in messages(response)
    sent = parse(response).one("main").all("form")[0].sends()
    assert sent["external_id"] == [data["external_id"]] and sent["options"] == [data["options"]]
    assert CustomAttribute.objects.count() == 1


def test_it_leaves_breakcold_s_own_alone(team, alice, browse):
    row = add_attribute(team, "size")
    browser = browse(alice)
    response = browser.post("attribute_edit", row.public_id, data={"name": "x", "kind": "TEXT"})
    assert "comes from Breakcold" in messages(response)
    assert "comes from Breakcold" in text_of(parse(browser.post("attribute_remove", row.public_id, follow=True)))
    assert CustomAttribute.objects.get().name == "Size"


# Importing


@pytest.mark.parametrize("how", ["file", "lines"])
def test_it_imports_all_of_them(team, alice, browse, how):
    value = SimpleUploadedFile("a.csv", CSV.encode(), "text/csv") if how == "file" else CSV
    response = browse(alice).post("attribute_import", data={how: value}, follow=True)
    assert "2 attributes added" in parse(response).one(id="notices").text
    assert dict(CustomAttribute.objects.values_list("external_id", "kind")) == {"size": "NUMBER", "kind": "SELECT"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"id,name,type", "only a line of headings"),
        ("id,name,type\nx,Größe,TEXT".encode("cp1252"), "CSV UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "CSV UTF-8"),
        (b"id,name,type\nx,Size,TEXT\nthere,Size,TEXT", "Line 3: The id “there” is there already"),
        (b"id,name,type\nx,Size,TEXT\nx,Size,FORMULA", "Line 3: “FORMULA” is no kind"),
        (b"id,name,type\n" + b"x,Size,TEXT\n" * 10_001, "10,001 lines"),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_it_imports_all_or_nothing(team, alice, browse, content, says):
    add_attribute(team, "there")
    file = SimpleUploadedFile("a.csv", content, "text/csv")
    response = browse(alice).post("attribute_import", data={"file": file, "lines": ""})
    assert response.status_code == 422 and says in messages(response)
    assert CustomAttribute.objects.count() == 1


def test_it_keeps_pasted_lines_that_are_refused(team, alice, browse):
    response = browse(alice).post("attribute_import", data={"lines": "id,name,type\nx,Size,NONE"})
    assert response.status_code == 422
    assert parse(response).one("textarea").text.strip() == "id,name,type\nx,Size,NONE"


# Trying


@pytest.mark.parametrize(
    ("kind", "typed", "sent"),
    [
        ("TEXT", "x", '"x"'), ("TEXTAREA", "a\nb", r'"a\nb"'), ("NUMBER", "3.0", "3"), ("NUMBER", "-0.5", "-0.5"),
        ("EMAIL", "a@example.com", '"a@example.com"'), ("CHECKBOX", "true", "true"), ("CHECKBOX", "false", "false"),
        ("DATE", "2026-05-31", '"2026-05-31"'), ("TIMESTAMP", "2026-05-31T14:30", '"2026-05-31T14:30:00Z"'),
        ("CURRENCY", "12.50", "12.5"), ("PHONENUMBER", "+353 1 234 5678", '"+35312345678"'),
        ("RELATION", "lead-1", '"lead-1"'),
    ],
)  # fmt: skip
def test_it_shows_the_json_it_would_send(team, alice, browse, kind, typed, sent):
    row = add_attribute(team, "x", kind)
    before = AuditEntry.objects.count()
    response = browse(alice).post("attribute_try", row.public_id, data={"attributes.x": typed})
    assert response.status_code == 200
    shown = json.loads(html.unescape(parse(response).one("pre").text))
    assert shown == {"attributes": {"x": json.loads(sent)}}
    assert type(shown["attributes"]["x"]) is type(json.loads(sent))
    assert AuditEntry.objects.count() == before and not Submission.objects.exists()


def test_it_shows_the_json_of_options_and_places(team, alice, browse):
    browser = browse(alice)
    rows = [
        (add_select(team, "one", 60), {"attributes.one": "one-59"}, "one-59"),
        (
            add_select(team, "many", 3, is_multiple=True),
            {"attributes.many": ["many-2", "many-0"]},
            ["many-2", "many-0"],
        ),
        (
            add_attribute(team, "place", "LOCATION"),
            {"attributes.place_address": "Quay", "attributes.place_latitude": "1", "attributes.place_longitude": "2.5"},
            {"latitude": 1.0, "longitude": 2.5, "address": "Quay"},
        ),
    ]
    for row, data, sent in rows:
        page = parse(browser.post("attribute_try", row.public_id, data=data))
        assert json.loads(page.one("pre").text) == {"attributes": {row.external_id: sent}}


def test_it_shows_the_field_s_message_and_what_was_typed(team, alice, browse):
    row = add_attribute(team, "x", "NUMBER")
    response = browse(alice).post("attribute_try", row.public_id, data={"attributes.x": "many"})
    assert response.status_code == 422 and "Enter a number" in messages(response)
    assert not parse(response).all("pre") and 'value="many"' in response.content.decode()


def test_it_says_that_nothing_is_sent_for_an_empty_field(team, alice, browse):
    row = add_attribute(team, "x", "TEXT")
    assert "left out" in text_of(parse(browse(alice).post("attribute_try", row.public_id, data={"attributes.x": " "})))


def test_it_searches_while_trying_without_script(team, alice, browse):
    row = add_select(team, "one", 5_000)
    data = {"find": "attributes.one", "find.attributes.one": "option 4999"}
    page = parse(browse(alice).post("attribute_try", row.public_id, data=data))
    assert [box.attrs["value"] for box in page.one("div", id="matches-attributes.one").all("input")] == ["one-4999"]


# What vanished, and what no longer fits


def test_it_lists_vanished_ones_with_where_they_are_used(team, bob, alice, browse):
    row = add_attribute(team, "size", name="Sites", is_gone=True)
    lead = make_submission(team, bob, attributes={"size": "x"})
    rows = [{"name": "attributes.size", "shown": True}, {"name": "email", "shown": True}]
    FormPreset.objects.create(team=team, name="Fair", rows=rows)
    browser = browse(alice)
    vanished = parse(browser.get("attribute_list")).one("section", id="vanished")
    assert {"Sites", "Fair", lead.title} <= {word.strip(",") for word in vanished.text.split()}
    response = browser.post("attribute_take_out", row.public_id, follow=True)
    assert "taken out of 1 lead and 1 preset" in parse(response).one(id="notices").text
    assert "attributes" not in Submission.objects.get().values
    assert [row["name"] for row in FormPreset.objects.get().rows] == ["email"]


def test_it_names_values_that_no_longer_fit(team, bob, alice, browse):
    add_attribute(team, "size", "NUMBER", name="Sites")
    lead = make_submission(team, bob, attributes={"size": "quite a few"})
    FormPreset.objects.create(
        team=team, name="Fair", rows=[{"name": "attributes.size", "default": {"address": "Cork"}, "shown": True}]
    )
    misfits = text_of(parse(browse(alice).get("attribute_list")).one("section", id="misfits"))
    assert "Sites" in misfits and f"“quite a few” in {lead.title}" in misfits and "in the preset Fair" in misfits


# As every page


def test_it_answers_as_pages_do(team, other_team, alice, bob, charlie, browse):
    row, theirs = add_attribute(team, "a", is_typed_in=True), add_attribute(other_team, "a", is_typed_in=True)
    browser = browse(alice)
    gives_htmx_the_fragment(browser, "attributes", "attribute_list")
    gives_htmx_the_fragment(browser, "try-form", "attribute_try", row.public_id)
    for name, verbs in (
        ("attribute_list", "POST PUT DELETE"),
        ("attribute_new", "PUT DELETE"),
        ("attribute_import", "PUT DELETE"),
        ("attribute_edit", "PUT DELETE"),
        ("attribute_try", "PUT DELETE"),
        ("attribute_remove", "GET PUT DELETE"),
        ("attribute_take_out", "GET PUT DELETE"),
    ):
        args = [] if name in ("attribute_list", "attribute_new", "attribute_import") else [row.public_id]
        verb = "get" if "GET" not in verbs else "post"
        rejects(browser, verbs, name, *args)
        hides_other_teams(browse(charlie), verb, name, *args)
        assert getattr(browse(bob), verb)(name, *args).status_code == 403
        if args:
            assert getattr(browser, verb)(name, theirs.public_id).status_code == 404
        if verb == "get":
            asks_to_sign_in(browse(None), name, *args)
        else:
            hands_everything_back(browse(None), name, *args)
    assert not CustomAttribute.objects.filter(is_gone=True).exists()
