"""What was exported can be imported: each column is found again, and each row says what its lead says."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.breakcold.fields import FIELDS, AttributeKind, Kind
from leads.delivery.imports import work_once
from leads.forms.lead import LeadForm, initial_from
from leads.models import LeadImport, Team
from leads.services import submissions
from leads.services.lead_columns import FACTS, OTHERS
from leads.states import Stage
from tests.factories import actor_for, make_submission
from tests.picking import add, add_attribute

ATTRIBUTES = {
    AttributeKind.TEXT: ("Café, “big”; or not", "=HYPERLINK(1)"),
    AttributeKind.TEXTAREA: ("Notes", "one\n\n+two\tthree; four"),
    AttributeKind.NUMBER: ("State", -12.5),  # as a column of the export is called
    AttributeKind.EMAIL: ("Email", "second@example.com"),  # as a field is called
    AttributeKind.CHECKBOX: ("Name", False),  # as other programs call a person's name
    AttributeKind.DATE: ("Portal row", "2026-02-28"),  # as a column of a result file is called
    AttributeKind.TIMESTAMP: ("Entered at", "2026-02-28T23:59:59Z"),
    AttributeKind.SELECT: ("Same", ["a", "b", "c", "d"]),
    AttributeKind.CURRENCY: ("Same ", 1999.99),
    AttributeKind.LOCATION: ("Site", {"address": "Cork, Ireland; quay", "latitude": 51.9, "longitude": -8.25}),
    AttributeKind.PHONENUMBER: ("Mobile", "+35312345679"),
    AttributeKind.RELATION: ("Site: address", "00012"),  # as a part of the place is called
}
SEVERAL = {"lists": "list", "status": "status", "tags": "tag", "owners": "owner", "id_list": "list"}


def furnish(team: Team) -> dict:
    """Options of every awkward name, attributes of every kind, and a lead that says something in every field."""
    for kind in ("list", "status", "tag", "owner"):
        for key, name in (
            ("x1", "Trade fair"),
            ("x2", "Hot; or, not|"),
            ("x3", "Twice"),
            ("x4", "twice"),
            ("x5", " 7"),
        ):
            add(team, kind, f"{kind}-{key}", name=name)
    values = {field.name: field.example for field in FIELDS if field.kind not in (Kind.ATTRIBUTES,)}
    for field in FIELDS:
        if field.kind is Kind.BOOLEAN:
            values[field.name] = not field.default
        elif field.picker:
            ids = [f"{field.picker}-x{number}" for number in range(1, 6)]
            values[field.name] = ids if field.kind is Kind.OPTIONS else ids[1]
    options = [{"id": key, "name": name} for key, name in (("a", "A"), ("b", "a"), ("c", "C; D"), ("d", "Plain"))]
    for kind, (name, _) in ATTRIBUTES.items():
        more = {"options": options, "is_multiple": True} if kind is AttributeKind.SELECT else {}
        add_attribute(team, kind.value.lower(), kind.value, name=name, **more)
    values["icebreaker"] = "@Two lines\n“quoted”, 'and'; more"
    values["attributes"] = {kind.value.lower(): value for kind, (_, value) in ATTRIBUTES.items()}
    form = LeadForm(initial_from_posted(values), team=team)
    assert form.is_valid(), form.errors
    return form.values()


def initial_from_posted(values: dict) -> dict:
    """As a page would post these values."""
    flat = initial_from(values)
    place = flat.pop("attributes.location")
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in flat.items()} | {
        f"attributes.location_{part}": str(value) for part, value in place.items()
    }


def exported(page, kind: str) -> bytes:
    return b"".join(page.post("export_leads", data={"format": kind}).streaming_content)


def imported(page, content: bytes, name: str) -> tuple[LeadImport, LeadImport]:
    """As it was guessed, and as it was checked after somebody pressed on."""
    file = SimpleUploadedFile(name, content)
    page.post("import_new", data={"file": file, "one_time_key": str(uuid4())})
    assert work_once()
    guessed = LeadImport.objects.latest("pk")
    columns = {f"column.{place}": target for place, target in enumerate(guessed.columns)}
    assert page.post("import_mapping", guessed.public_id, data={**columns, "seen": guessed.revision}).status_code == 303
    assert work_once()
    return guessed, LeadImport.objects.latest("pk")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_comes_back_as_it_was(team, carol, browse, kind):
    values = furnish(team)
    lead = submissions.enter(team=team, values=values, actor=actor_for(carol)).submission
    make_submission(team, carol, email="second@example.com")
    page = browse(carol)
    guessed, checked = imported(page, exported(page, kind), f"leads.{kind}")
    assert guessed.stage == Stage.MAPPING and guessed.notes == []
    unguessed = [heading for heading, name in zip(guessed.headings, guessed.columns, strict=True) if not name]
    assert unguessed == [*FACTS, OTHERS]
    assert checked.stage == Stage.READY, checked.problem
    newest, row = checked.rows.order_by("position")
    assert row.errors == [] and newest.errors == []
    assert row.values == values
    assert newest.values["email"] == "second@example.com" and not newest.values["is_company"]
    assert row.twin == lead
