from __future__ import annotations

from leads.breakcold.fields import FIELDS
from leads.models import CustomAttribute

from . import questions
from .page import parse

VIEW = "field_reference"


def test_it_lists_every_field_once(bob, browse):
    page = parse(browse(bob).get(VIEW))
    rows = [row.attrs["id"] for row in page.all("tr") if "id" in row.attrs]
    assert sorted(rows) == sorted(f"field-{field.name}" for field in FIELDS)
    for field in FIELDS:
        row = page.one(id=f"field-{field.name}")
        assert field.name in row.text and field.label in row.text


def test_it_lists_the_attributes_of_the_team_and_of_no_other(team, other_team, bob, browse):
    for owner, name, gone in ((team, "Ours", False), (team, "Vanished", True), (other_team, "Theirs", False)):
        CustomAttribute.objects.create(
            team=owner, environment=owner.environment, external_id=name, name=f"{name} <b>", kind="TEXT", is_gone=gone
        )
    text = parse(browse(bob).get(VIEW)).one("main").text
    assert "Ours <b>" in text and "attributes.Ours" in text
    assert "Vanished" not in text and "Theirs" not in text


def test_it_asks_to_sign_in(browse):
    questions.asks_to_sign_in(browse(None), VIEW)
    questions.tells_htmx_among_the_notices(browse(None), "get", VIEW)


def test_it_hides_other_teams(charlie, browse):
    questions.hides_other_teams(browse(charlie), "get", VIEW)


def test_it_rejects_other_verbs(bob, browse):
    questions.rejects(browse(bob), "POST PUT PATCH DELETE OPTIONS", VIEW)
    questions.answers_head(browse(bob), VIEW)
