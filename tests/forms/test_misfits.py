"""Values that leads and presets still hold although their attribute became another."""

from __future__ import annotations

import pytest

from leads.breakcold.fields import AttributeKind
from leads.forms.attributes import fits
from leads.forms.misfits import SHOWN, misfits_of
from leads.models import CustomAttribute, FormPreset, Submission
from leads.states import State
from tests.factories import make_submission
from tests.picking import add_attribute

VALUES = [
    12, 12.5, "text", True, "a", ["a", "b"], "2026-05-31", "2026-05-31T14:30:00Z", "a@example.com", "+35312345678",
    {"address": "Quay", "latitude": 1.0, "longitude": 2.0}, None, {}, [], {"odd": 1}, [{}], 10**400,
]  # fmt: skip


@pytest.mark.parametrize("kind", AttributeKind)
@pytest.mark.parametrize("many", [False, True])
def test_it_judges_any_value_under_any_kind(kind, many):
    row = CustomAttribute(external_id="x", name="X", kind=kind, is_multiple=many, options=[{"id": "a", "name": "A"}])
    assert {fits(row, value) for value in VALUES} <= {True, False}


@pytest.mark.parametrize(
    ("kind", "value", "does"),
    [
        ("NUMBER", 12, True), ("NUMBER", 12.5, True), ("NUMBER", "12", False), ("NUMBER", {"address": "x"}, False),
        ("TEXT", "x", True), ("TEXT", 12, False), ("TEXT", ["x"], False), ("CHECKBOX", True, True),
        ("CHECKBOX", "true", False), ("DATE", "2026-05-31", True), ("DATE", "soon", False),
        ("TIMESTAMP", "2026-05-31T14:30:00Z", True), ("TIMESTAMP", "2026-05-31", False), ("SELECT", "a", True),
        ("SELECT", "gone", False), ("SELECT", ["a"], False), ("LOCATION", "Cork", False),
        ("PHONENUMBER", "+35312345678", True),
        ("LOCATION", {"address": "Quay", "latitude": 1.0, "longitude": 2.0}, True),
    ],
)  # fmt: skip
def test_it_knows_what_fits(kind, value, does):
    row = CustomAttribute(external_id="x", name="X", kind=kind, options=[{"id": "a", "name": "A"}])
    assert fits(row, value) is does


def test_it_finds_them_in_leads_that_wait_and_in_presets(team, bob):
    row = add_attribute(team, "size", "NUMBER")
    fine = make_submission(team, bob, attributes={"size": 12})
    waits = make_submission(team, bob, attributes={"size": "many", "unknown": "x"})
    sent = make_submission(team, bob, attributes={"size": "many"})
    Submission.objects.filter(pk=sent.pk).update(state=State.FAILED)
    FormPreset.objects.create(team=team, name="Fair", rows=[{"name": "attributes.size", "default": "few"}])
    FormPreset.objects.create(team=team, name="Other", rows=[{"name": "size", "default": "no attribute"}])
    held = misfits_of(team, [row])["size"]
    assert [(misfit.value, misfit.lead, misfit.preset and misfit.preset.name) for misfit in held] == [
        ("few", None, "Fair"), ("many", waits, None),
    ]  # fmt: skip
    assert fine.values["attributes"] == {"size": 12}


def test_it_shows_some_of_many(team, bob):
    row = add_attribute(team, "size", "NUMBER")
    for _ in range(SHOWN + 5):
        make_submission(team, bob, attributes={"size": "many"})
    assert len(misfits_of(team, [row])["size"]) == SHOWN
