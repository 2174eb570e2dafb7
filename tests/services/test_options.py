"""Options that admins type in: all or none, refused by line, kept through syncs, never personal in the log."""

from __future__ import annotations

import pytest

from leads.audit import OPERATOR
from leads.models import AuditEntry, PickerOption, Team
from leads.services import options
from leads.services.options import LinesRefused, NewOption
from leads.services.teams import NotPossible
from tests.picking import add

pytestmark = pytest.mark.django_db


def type_in(team: Team, *rows: tuple[str, ...], kind: str = "tag") -> int:
    lines = [NewOption(number, *row) for number, row in enumerate(rows, 1)]
    return options.add_options(team=team, kind=kind, rows=lines, actor=OPERATOR)


def stored(team: Team, kind: str = "tag") -> dict[str, tuple[str, bool, bool]]:
    rows = PickerOption.objects.filter(team=team, kind=kind)
    return {row.external_id: (row.name, row.is_typed_in, row.is_gone) for row in rows}


def test_it_adds_options_that_can_be_chosen_and_found(team):
    assert type_in(team, ("a", "Été", "#2563eb"), ("b", "Cold")) == 2
    assert stored(team) == {"a": ("Été", True, False), "b": ("Cold", True, False)}
    row = PickerOption.objects.get(external_id="a")
    assert (row.color, row.search_text, row.environment) == ("#2563eb", "ete", team.environment)
    entry = AuditEntry.objects.get(action="option.added")
    assert entry.details == {"kind": "tag", "count": 2, "ids": ["a", "b"]}


@pytest.mark.parametrize("place", ["inbound", "Inbound", "ÎNBOUND"])
def test_it_puts_a_status_under_its_list(place, team):
    add(team, "list", "inbound", name="Inbound")
    type_in(team, ("s", "New", "", place), kind="status")
    assert PickerOption.objects.get(kind="status").list_id == "inbound"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("", "Hot"), "The id is missing"),
        (("a b", "Hot"), "The id “a b” has a space in it"),
        (("a\u00a0b", "Hot"), "has a space in it"),
        (("x" * 201, "Hot"), "The id has 201 characters; at most 200 fit"),
        (("a\0", "Hot"), "The id holds a character that cannot be shown"),
        (("a\ufffd", "Hot"), "The id holds a character that cannot be shown"),
        (("a", ""), "The name is missing"),
        (("a", "x" * 10_000), "The name has 10,000 characters; at most 200 fit"),
        (("a", "Ho\0t"), "The name holds a character that cannot be shown"),
        (("a", "Ho\x1bt"), "The name holds a character that cannot be shown"),
        (("a", "Ho\ud800t"), "The name holds a character that cannot be shown"),
        (("a", "Gr\ufffdn"), "The name holds a character that cannot be shown"),
        (("a", "\u200b\u00a0"), "The name holds nothing that can be seen"),
        (("a", "Hot", "red"), "“red” is no colour"),
        (("a", "Hot", "#12345"), "“#12345” is no colour"),
        (("a", "Hot", "", "Inbound"), "only a status belongs to a list"),
        (("there", "Hot"), "The id “there” is there already: “Known”"),
    ],
    ids=ascii,
)
def test_it_refuses_a_line_and_says_why(row, says, team):
    add(team, "tag", "there", name="Known")
    with pytest.raises(LinesRefused) as caught:
        type_in(team, ("good", "Fine"), row)
    [refusal] = caught.value.refusals
    assert str(refusal).startswith("Line 2: ") and says in refusal.reason
    assert stored(team).keys() == {"there"}
    assert not AuditEntry.objects.filter(action="option.added").exists()


def test_it_names_every_wrong_line(team):
    with pytest.raises(LinesRefused) as caught:
        type_in(team, ("a", "Hot"), ("", ""), ("a", "Cold"))
    assert [refusal.line for refusal in caught.value.refusals] == [2, 2, 3]
    assert "is in line 1 already" in str(caught.value.refusals[2])


@pytest.mark.parametrize(("place", "says"), [("nowhere", "no list “nowhere”"), ("Same", "Several lists are called")])
def test_it_refuses_a_list_it_cannot_tell(place, says, team):
    add(team, "list", "1", name="Same")
    add(team, "list", "2", name="same")
    with pytest.raises(LinesRefused, match=says):
        type_in(team, ("s", "New", "", place), kind="status")


@pytest.mark.parametrize("kind", ["", "attribute", "lists"])
def test_it_refuses_a_kind_there_is_not(kind, team):
    with pytest.raises(NotPossible):
        type_in(team, ("a", "Hot"), kind=kind)


def test_it_refuses_nothing_and_too_much(team):
    with pytest.raises(NotPossible, match="nothing to add"):
        type_in(team)
    with pytest.raises(NotPossible, match="too many"):
        type_in(team, *((str(number), "x") for number in range(10_001)))


def test_it_takes_ten_thousand_lines(team):
    assert type_in(team, *((str(number), "Same name") for number in range(10_000))) == 10_000
    with pytest.raises(NotPossible, match="too many"):
        type_in(team, ("one-more", "x"))


def test_it_brings_back_one_that_was_gone(team):
    add(team, "tag", "a", name="Old", is_gone=True)
    type_in(team, ("a", "Hot"))
    assert stored(team) == {"a": ("Hot", True, False)}


def test_it_keeps_teams_and_environments_apart(team, other_team):
    add(other_team, "tag", "a")
    add(team, "tag", "a", environment="sandbox")
    assert type_in(team, ("a", "Hot")) == 1
    assert PickerOption.objects.filter(external_id="a").count() == 3


# Changing and removing


def test_it_changes_what_was_typed_in(team):
    add(team, "list", "inbound", name="Inbound")
    option = add(team, "status", "s", name="New", is_typed_in=True)
    options.change_option(option=option, name="Brand new", color="#fff", place="Inbound", actor=OPERATOR)
    option.refresh_from_db()
    assert (option.name, option.search_text, option.color, option.list_id) == (
        "Brand new",
        "brand new",
        "#fff",
        "inbound",
    )
    assert AuditEntry.objects.get(action="option.changed").details == {
        "kind": "status", "id": "s", "fields": ["name", "color", "list"],
    }  # fmt: skip
    options.change_option(option=option, name="Brand new", color="#fff", place="inbound", actor=OPERATOR)
    assert AuditEntry.objects.filter(action="option.changed").count() == 1


@pytest.mark.parametrize(("about", "says"), [({"name": ""}, "missing"), ({"name": "x", "color": "blue"}, "no colour")])
def test_it_refuses_a_wrong_change(about, says, team):
    option = add(team, "tag", "a", name="Hot", is_typed_in=True)
    with pytest.raises(NotPossible, match=says):
        options.change_option(option=option, **about, actor=OPERATOR)
    assert stored(team)["a"][0] == "Hot"


def test_it_removes_what_was_typed_in_and_keeps_it_readable(team):
    option = add(team, "tag", "a", name="Hot", is_typed_in=True)
    options.remove_option(option=option, actor=OPERATOR)
    assert stored(team) == {"a": ("Hot", True, True)}
    with pytest.raises(NotPossible, match="taken away meanwhile"):
        options.remove_option(option=option, actor=OPERATOR)
    assert AuditEntry.objects.filter(action="option.removed").count() == 1


def test_it_leaves_breakcold_s_own_alone(team):
    option = add(team, "tag", "a", name="Hot")
    for change in (
        lambda: options.remove_option(option=option, actor=OPERATOR),
        lambda: options.change_option(option=option, name="x", actor=OPERATOR),
    ):
        with pytest.raises(NotPossible, match="comes from Breakcold"):
            change()
    assert stored(team) == {"a": ("Hot", False, False)}


def test_it_keeps_names_out_of_the_log(team):
    type_in(team, ("owner-1", "Canary Person"), kind="owner")
    option = PickerOption.objects.select_related("team").get()
    options.change_option(option=option, name="Canary Again", actor=OPERATOR)
    options.remove_option(option=option, actor=OPERATOR)
    assert "Canary" not in str(list(AuditEntry.objects.values_list("details", flat=True)))
