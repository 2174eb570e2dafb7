from __future__ import annotations

import pytest
from django.http import QueryDict

from leads.breakcold.fields import BY_NAME
from leads.forms.lead import LeadForm
from leads.models import CustomAttribute, FormPreset, PickerOption
from tests.factories import make_row

DEFAULTS = {name: field.default for name, field in BY_NAME.items() if field.default is not None}


@pytest.fixture
def choices(team):
    for kind, external_id, extra in (
        ("list", "inbound", {}),
        ("status", "new", {"list_id": "inbound"}),
        ("tag", "fair", {"color": "#f00"}),
    ):
        PickerOption.objects.create(
            team=team,
            environment=team.environment,
            kind=kind,
            external_id=external_id,
            name=external_id.title(),
            **extra,
        )
    for external_id, kind in (("size", "NUMBER"), ("place", "LOCATION"), ("note", "TEXT")):
        CustomAttribute.objects.create(
            team=team, environment=team.environment, external_id=external_id, name=external_id.title(), kind=kind
        )


def form(team, rows, data=None, **kwargs):
    return LeadForm(data, team=team, preset=FormPreset(team=team, name="Fair", rows=rows), **kwargs)


def sentences(bound):
    return [str(error) for error in bound.non_field_errors()]


def test_it_shows_exactly_what_the_preset_shows_in_its_order(team, choices):
    rows = [
        make_row("company", "required"),
        make_row("attributes.size"),
        make_row("email", help="The private one"),
        make_row("city", "locked", default="Cork"),
        make_row("tags", "hidden", default=["fair"]),
    ]
    made = form(team, rows)
    [group] = made.groups()
    assert [field.html_name for field in group.fields] == ["company", "attributes.size", "email", "city"]
    assert made.fields["email"].help_text == "The private one"
    assert [name for name, each in made.fields.items() if each.disabled] == ["city", "tags"]
    assert [name for name, each in made.fields.items() if each.widget.attrs.get("autofocus")] == ["company"]


def test_it_begins_with_the_defaults(team, choices):
    rows = [make_row("email"), make_row("tags", default=["fair"]), make_row("is_company", default=True)]
    made = form(team, rows)
    assert made["tags"].value() == ["fair"]
    assert made["is_company"].value() == "true"
    sent = form(team, rows, {"email": "a@example.com", "tags": [], "is_company": "false"})
    assert sent.is_valid(), sent.errors
    assert sent.values() == DEFAULTS | {"email": "a@example.com"}


PLACE = {"latitude": 51.9, "longitude": -8.5, "address": "Cork"}
FIXED = [
    make_row("email"),
    make_row("city", "locked", default="Cork"),
    make_row("tags", "hidden", default=["fair", "cold"]),
    make_row("is_draft", "hidden", default=True),
    make_row("attributes.place", "hidden", default=PLACE, kind="LOCATION"),
]


@pytest.fixture
def cold(team, choices):
    return PickerOption.objects.create(
        team=team, environment=team.environment, kind="tag", external_id="cold", name="Cold"
    )


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"city": "", "tags": [], "is_draft": "", "attributes.place_address": ""},
        {"city": " Cork", "tags": ["cold", "fair"], "is_draft": "on"},
        {
            "attributes.place_address": "Cork",
            "attributes.place_latitude": "51.90",
            "attributes.place_longitude": "-8.5",
        },
        QueryDict("email=a%40example.com&city=Cork&city=Cork&tags=cold&tags=fair"),
    ],
    ids=str,
)
def test_it_takes_fixed_values_where_nothing_else_is_posted(team, cold, posted):
    sent = form(team, FIXED, posted if isinstance(posted, QueryDict) else {"email": "a@example.com", **posted})
    assert sent.is_valid(), sent.errors
    wanted = {"city": "Cork", "tags": ["fair", "cold"], "is_draft": True, "attributes": {"place": PLACE}}
    assert sent.values() == DEFAULTS | wanted | {"email": "a@example.com"}


@pytest.mark.parametrize(
    ("posted", "label", "fixed", "said"),
    [
        ({"city": "Rome"}, "City", "“Cork”", "“Rome”"),
        (QueryDict("email=a%40example.com&city=Rome&city=Cork"), "City", "“Cork”", "“Rome”, “Cork”"),
        (QueryDict("email=a%40example.com&city=Rome&city="), "City", "“Cork”", "“Rome”"),
        ({"tags": ["fair"]}, "Tags", "“Fair”, “Cold”", "“fair”"),
        (QueryDict("email=a%40example.com&tags=fair&tags=gone"), "Tags", "“Fair”, “Cold”", "“fair”, “gone”"),
        ({"is_draft": "false"}, "Keep it as a draft in Breakcold", "“Yes”", "“false”"),
        ({"attributes.place_address": "Rome"}, "Place", "“Cork (51.9, -8.5)”", "“Rome”"),
    ],
    ids=str,
)
def test_it_names_what_was_posted_in_place_of_a_fixed_value(team, cold, posted, label, fixed, said):
    data = posted if isinstance(posted, QueryDict) else {"email": "a@example.com", **posted}
    wanted = f"“Fair” sets “{label}” to {fixed}. It said {said}. Send again without it."
    assert sentences(form(team, FIXED, data)) == [wanted]


def test_it_keeps_initial_values_away_from_what_is_fixed(team):
    rows = [make_row("email"), make_row("city", "locked", default="Cork")]
    assert form(team, rows, initial={"city": "Rome"})["city"].value() == "Cork"


@pytest.mark.parametrize(
    "name", ["company", "tags", "contract_currency", "attributes.size", "attributes.place", "lists"]
)
def test_it_requires_what_the_preset_requires(team, choices, name):
    sent = form(team, [make_row("email"), make_row(name, "required")], {"email": "a@example.com"})
    assert sent.errors == {name: ["Fill this in: “Fair” asks for it."]}


@pytest.mark.parametrize(
    ("posted", "label", "said"),
    [
        ({"city": "Rome"}, "City", "“Rome”"),
        (QueryDict("email=a%40example.com&tags=fair&tags=x"), "Tags", "“fair”, “x”"),
        ({"is_draft": "true"}, "Keep it as a draft in Breakcold", "“true”"),
        ({"create_company_if_not_exists": "false"}, "Create the company if it is new", "“false”"),
        ({"attributes.note": "x"}, "Note", "“x”"),
        ({"attributes.place_latitude": "1"}, "Place", "“1”"),
    ],
    ids=str,
)
def test_it_names_what_was_posted_for_a_field_it_does_not_have(team, choices, posted, label, said):
    data = posted if isinstance(posted, QueryDict) else {"email": "a@example.com", **posted}
    [sentence] = sentences(form(team, [make_row("email")], data))
    assert f"“{label}” is not part of “Fair”" in sentence and said in sentence


def test_it_says_nothing_of_switches_that_stand_as_they_do_anyway(team):
    posted = {name: str(default).lower() for name, default in DEFAULTS.items()}
    sent = form(team, [make_row("email")], {"email": "a@example.com", "city": "", **posted})
    assert sent.is_valid(), sent.errors
    assert sent.values() == DEFAULTS | {"email": "a@example.com"}


@pytest.mark.parametrize(
    ("name", "default", "kind"),
    [
        ("company", "Acme", ""),
        ("tags", ["fair"], ""),
        ("attributes.note", "x", "TEXT"),
        ("attributes.place", PLACE, "LOCATION"),
    ],
)
def test_it_fills_in_nothing_where_a_lead_says_nothing(team, choices, name, default, kind):
    rows = [make_row("email"), make_row(name, default=default, kind=kind)]
    assert form(team, rows)[name].value() == default
    assert not form(team, rows, initial={name: None})[name].value()


def test_it_shows_more_where_a_lead_says_more(team, choices):
    made = form(team, [make_row("email"), make_row("city", "hidden", default="Cork")], also=["phone", "city", "gone"])
    assert made.shape.shown == ["email", "phone"]


BROKEN = [
    ("tags", ["vanished"], {}),
    ("contract_currency", "XXX", {}),
    ("email", "not one", {}),
    ("attributes.size", "many", {"kind": "NUMBER"}),
    ("attributes.size", 3, {"kind": "TEXT"}),
    ("attributes.place", "Cork", {"kind": "LOCATION"}),
    ("attributes.never", "x", {"kind": "TEXT"}),
]


@pytest.mark.parametrize(("name", "default", "extra"), BROKEN, ids=str)
def test_it_leaves_a_default_out_that_does_not_work_any_more(team, choices, name, default, extra):
    rows = [make_row("company"), make_row(name, default=default, **extra)]
    made = form(team, rows)
    [trouble] = made.shape.troubles
    assert (trouble.name, trouble.is_fixed) == (name, False) and trouble.reason
    assert name not in made.fields or not made[name].value()
    assert form(team, rows, {"company": "A"}).is_valid()


@pytest.mark.parametrize(("name", "default", "extra"), BROKEN, ids=str)
@pytest.mark.parametrize("use", ["locked", "hidden"])
def test_it_blocks_sending_where_a_fixed_value_does_not_work_any_more(team, choices, name, default, extra, use):
    sent = form(team, [make_row("company"), make_row(name, use, default=default, **extra)], {"company": "A"})
    assert not sent.is_valid()
    assert [list(sent.errors), len(sentences(sent))] == [["__all__"], 1]
    assert "An admin of your team has to change the preset" in sentences(sent)[0] and "“Fair”" in sentences(sent)[0]


def test_it_blocks_sending_where_a_fixed_status_lost_its_list(team, choices):
    rows = [make_row("email"), make_row("status", "hidden", default=["new"])]
    [sentence] = sentences(form(team, rows, {"email": "a@example.com"}))
    assert "“Status”" in sentence and "An admin" in sentence
    rows.append(make_row("lists", "hidden", default=["inbound"]))
    assert form(team, rows, {"email": "a@example.com"}).is_valid()


def test_it_still_wants_one_thing_that_names_the_lead(team):
    assert sentences(form(team, [make_row("email"), make_row("city")], {"city": "Cork"}))
    assert form(team, [make_row("company", "hidden", default="Acme"), make_row("city")], {"city": "Cork"}).is_valid()
