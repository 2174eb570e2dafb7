from __future__ import annotations

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from leads.breakcold.fields import BY_NAME, GROUP_LABELS, Group
from leads.forms.lead import LeadForm, initial_from
from leads.models import CustomAttribute, PickerOption
from tests.factories import form_for

DEFAULTS = {name: field.default for name, field in BY_NAME.items() if field.default is not None}


@pytest.fixture
def choices(team, other_team):
    for owner, kind, external_id, extra in (
        (team, "list", "inbound", {}),
        (team, "list", "fair", {}),
        (team, "status", "new", {"list_id": "inbound"}),
        (team, "status", "free", {}),
        (team, "status", "orphan", {"list_id": "gone-list"}),
        (team, "tag", "gone", {"is_gone": True}),
        (other_team, "tag", "theirs", {}),
    ):
        PickerOption.objects.create(
            team=owner,
            environment=owner.environment,
            kind=kind,
            external_id=external_id,
            name=external_id.title(),
            **extra,
        )
    CustomAttribute.objects.create(
        team=team, environment=team.environment, external_id="size", name="Size", kind="NUMBER"
    )
    CustomAttribute.objects.create(
        team=team, environment=team.environment, external_id="place", name="Place", kind="LOCATION"
    )
    CustomAttribute.objects.create(
        team=team, environment=team.environment, external_id="old", name="Old", kind="TEXT", is_gone=True
    )


def test_it_has_all_fields_in_the_order_of_the_groups(team, choices):
    names = [field.html_name for group in LeadForm(team=team).groups() for field in group.fields]
    assert names[-5:] == ["attributes.place", "attributes.size", "is_draft", "id_list", "id"]
    assert set(names) - {"attributes.place", "attributes.size"} == set(BY_NAME) - {"attributes"}
    assert [group.label for group in LeadForm(team=team).groups()] == list(GROUP_LABELS.values())


def test_it_asks_the_database_three_times(team, choices):
    with CaptureQueriesContext(connection) as captured:
        form = form_for(team, email="a@example.com")
        assert form.is_valid()
        list(form.groups())
    assert len(captured) == 3


def test_it_leaves_out_what_is_empty_and_keeps_no_and_zero(team, choices):
    data = {"email": "a@example.com", "first_name": " ", "lists": [], "contract_value": "0", "is_contract": "false"}
    form = form_for(team, **data, **{"attributes.size": "0"})
    assert form.is_valid(), form.errors
    assert form.values() == DEFAULTS | {"email": "a@example.com", "contract_value": "0", "attributes": {"size": 0}}


def test_it_brings_its_values_back_the_same(team, choices):
    form = form_for(
        team, email="a@example.com", lists=["inbound"], status=["new"], icebreaker="a\nb", **{"attributes.size": "2"}
    )
    assert form.is_valid(), form.errors
    again = LeadForm({**initial_from(form.values())}, team=team)
    assert again.is_valid(), again.errors
    assert again.values() == form.values()


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"status": ["new"]}, ["status"]),
        ({"status": ["new"], "lists": ["fair"]}, ["status"]),
        ({"status": ["new"], "lists": ["fair", "inbound"]}, []),
        ({"status": ["new"], "id_list": "inbound"}, []),
        ({"status": ["free"]}, []),
        ({"status": ["orphan"]}, []),
        ({"tags": ["theirs"]}, ["tags"]),
        ({"tags": ["gone"]}, ["tags"]),
        ({"attributes.old": "x"}, ["__all__"]),
        ({"attributes.old": ""}, []),
        ({"attributes.never": "x"}, ["__all__"]),
        ({"attributes.place_address": "x"}, ["attributes.place"]),
        ({"attributes.place_nonsense": "x"}, ["__all__"]),
        ({"unknown": "x"}, []),
    ],
    ids=repr,
)
def test_it_checks_what_belongs_together(team, choices, data, wrong):
    form = form_for(team, email="a@example.com", **data)
    assert sorted(form.errors) == wrong


@pytest.mark.parametrize("name", ["first_name", "last_name", "email", "phone", "company", "linkedin_url"])
def test_it_wants_one_thing_that_names_the_lead(team, name):
    example = {"email": "a@example.com", "phone": "+353 1 234 5678", "linkedin_url": "linkedin.com/in/a"}.get(name, "A")
    assert form_for(team, **{name: example}).is_valid()
    assert "__all__" in form_for(team, city="Cork").errors


def test_it_refuses_a_name_that_came_twice_with_different_values(team):
    data = QueryDict("email=a%40example.com&city=Cork&city=Dublin&tags=&is_draft=false&is_draft=true")
    form = LeadForm(data, team=team)
    assert list(form.errors) == ["city"]
    assert "Cork" in form.errors["city"][0] and "Dublin" in form.errors["city"][0]


def test_it_opens_the_groups_that_say_something_or_have_an_error(team, choices):
    def opened(**data):
        form = form_for(team, email="a@example.com", **data)
        form.is_valid()
        return {group.name for group in form.groups()[1:] if group.is_open}

    assert opened() == set()
    assert opened(is_contract="true") == {Group.DEAL}
    assert opened(contract_value="-1", auto_assign_owner="false") == {Group.DEAL, Group.PLACE}
    assert opened(icebreaker="x", city="Cork") == {Group.ICEBREAKERS}


def test_it_lets_no_browser_cut_or_fill_in_what_is_typed(team, choices):
    for field in LeadForm(team=team):
        assert "maxlength" not in str(field)
        assert field.field.widget.attrs["autocomplete"] == "off"
