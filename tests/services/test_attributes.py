"""Custom attributes that admins type in or import."""

from __future__ import annotations

import pytest

from leads.audit import OPERATOR
from leads.breakcold.fields import AttributeKind
from leads.forms.lead import LeadForm
from leads.models import AuditEntry, CustomAttribute
from leads.services import attributes
from leads.services.attributes import NewAttribute
from leads.services.options import LinesRefused
from leads.services.teams import NotPossible
from tests.picking import add_attribute

pytestmark = pytest.mark.django_db
OPTIONS = (("a", "A"), ("b", "B"))


def type_in(team, *rows) -> int:
    lines = [NewAttribute(number, *row) for number, row in enumerate(rows, 1)]
    return attributes.add_attributes(team=team, rows=lines, actor=OPERATOR)


def test_it_adds_every_kind_as_a_field(team):
    rows = [(kind.lower(), kind.title(), kind.value) for kind in AttributeKind if kind != AttributeKind.SELECT]
    assert (
        type_in(team, *rows, ("one", "One", "SELECT", False, OPTIONS), ("many", "Many", "SELECT", True, OPTIONS)) == 13
    )
    form = LeadForm(team=team)
    assert {name for name in form.fields if name.startswith("attributes.")} == {
        f"attributes.{row.external_id}" for row in CustomAttribute.objects.all()
    }
    assert CustomAttribute.objects.filter(is_typed_in=True, environment=team.environment).count() == 13
    assert CustomAttribute.objects.get(external_id="many").is_multiple
    assert AuditEntry.objects.get(action="attribute.added").details["count"] == 13


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("", "Size", "TEXT"), "The id is missing"),
        (("a b", "Size", "TEXT"), "has a space in it"),
        (("x" * 201, "Size", "TEXT"), "201 characters"),
        (("a", "", "TEXT"), "The name is missing"),
        (("a", "x" * 10_000, "TEXT"), "10,000 characters"),
        (("a", "Si\0ze", "TEXT"), "cannot be shown"),
        (("a", "Size", ""), "“” is no kind"),
        (("a", "Size", "FORMULA"), "“FORMULA” is no kind"),
        (("a", "Size", "TEXT", True), "Only an attribute of the kind SELECT"),
        (("a", "Size", "TEXT", False, OPTIONS), "Only an attribute of the kind SELECT"),
        (("a", "Size", "SELECT"), "A SELECT has 1 to"),
        (("a", "Size", "SELECT", False, (("o", "One"), ("o", "Two"))), "Option “Two”: The id “o” is there twice"),
        (("a", "Size", "SELECT", False, (("o o", "One"),)), "has a space in it"),
        (("a", "Size", "SELECT", False, (("o", ""),)), "Option “o”: The name is missing"),
        (("there", "Size", "TEXT"), "is there already: “Known”"),
        (("good", "Size", "TEXT"), "is in line 1 already"),
    ],
    ids=ascii,
)
def test_it_refuses_a_line_and_keeps_none(row, says, team):
    add_attribute(team, "there", name="Known")
    with pytest.raises(LinesRefused) as caught:
        type_in(team, ("good", "Fine", "TEXT"), row)
    assert [refusal.line for refusal in caught.value.refusals] == [2]
    assert says in str(caught.value)
    assert CustomAttribute.objects.count() == 1


def test_it_refuses_nothing_and_too_much(team):
    with pytest.raises(NotPossible, match="nothing to add"):
        type_in(team)
    with pytest.raises(NotPossible, match="too many"):
        type_in(team, *((str(number), "x", "TEXT") for number in range(1_001)))


def test_it_brings_back_one_that_was_gone(team):
    add_attribute(team, "a", "NUMBER", is_gone=True)
    type_in(team, ("a", "Size", "TEXT"))
    assert CustomAttribute.objects.values_list("name", "kind", "is_gone", "is_typed_in").get() == (
        "Size", "TEXT", False, True,
    )  # fmt: skip


def test_it_changes_what_was_typed_in(team):
    row = add_attribute(team, "a", "TEXT", is_typed_in=True)
    changed = attributes.change_attribute(
        attribute=row, row=NewAttribute(0, "another", "Size", "SELECT", True, OPTIONS), actor=OPERATOR
    )
    assert (changed.external_id, changed.name, changed.kind, changed.is_multiple) == ("a", "Size", "SELECT", True)
    assert changed.options == [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]
    details = AuditEntry.objects.get(action="attribute.changed").details
    assert details == {"id": "a", "kind": "TEXT", "fields": ["name", "kind", "is_multiple", "options"]}


def test_it_refuses_a_wrong_change(team):
    row = add_attribute(team, "a", "TEXT", is_typed_in=True)
    with pytest.raises(LinesRefused, match="A SELECT has"):
        attributes.change_attribute(attribute=row, row=NewAttribute(0, "a", "Size", "SELECT"), actor=OPERATOR)
    row.refresh_from_db()
    assert row.kind == "TEXT"


def test_it_removes_what_was_typed_in_alone(team):
    row, synced = add_attribute(team, "a", is_typed_in=True), add_attribute(team, "b")
    attributes.remove_attribute(attribute=row, actor=OPERATOR)
    row.refresh_from_db()
    assert row.is_gone
    for attribute in (row, synced):
        with pytest.raises(NotPossible):
            attributes.remove_attribute(attribute=attribute, actor=OPERATOR)
    assert AuditEntry.objects.filter(action="attribute.removed").count() == 1
