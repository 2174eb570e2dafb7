"""Where the options of a field come from: few in full, of many only what is named or searched for."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.forms.options import ALL_INLINE, LARGE, MATCHES, Choice, Listed, Source, options_of, told_apart
from leads.models import CustomAttribute, PickerOption, Team
from tests.picking import add, add_many, add_select

pytestmark = pytest.mark.django_db
NAMES = ["Été chaud", "ete", "Chaud", "Bientôt été", "Straße", "ÅSA"]


def source_of(team: Team, kind: str = "tag") -> Source:
    return options_of(team).of(kind)


# Few and many


@pytest.mark.parametrize(("many", "is_large"), [(0, False), (LARGE, False), (LARGE + 1, True)])
def test_it_holds_few_in_full_and_of_many_none(many: int, is_large: bool, team: Team) -> None:
    add_many(team, "tag", many)
    source = source_of(team)
    assert (source.is_large, len(source.all())) == (is_large, 0 if is_large else many)


def test_it_asks_three_times_however_many_there_are(team: Team) -> None:
    for kind in ("list", "status", "tag", "owner"):
        add_many(team, kind, 20)
    with CaptureQueriesContext(connection) as few:
        options_of(team)
    for kind in ("list", "status", "tag", "owner"):
        add_many(team, kind, 300, start=20)
    with CaptureQueriesContext(connection) as many:
        options_of(team)
    assert (len(few), len(many)) == (3, 2)  # there is no small kind left to read


def test_it_holds_no_more_than_a_page_bears_in_all(team: Team) -> None:
    for number in range(20):
        add_select(team, f"a{number}", LARGE)
    options = options_of(team)
    inline = [row for row in options.attributes if not options.of_attribute(row).is_large]
    assert len(inline) == ALL_INLINE // LARGE


def test_it_looks_up_the_named_ones_of_all_kinds_in_one_go(team: Team) -> None:
    for kind in ("list", "status", "tag", "owner"):
        add_many(team, kind, LARGE + 1)
    options = options_of(team)
    with CaptureQueriesContext(connection) as captured:
        options.look_up({kind: [f"{kind}-1", f"{kind}-2", "unknown"] for kind in ("list", "status", "tag", "owner")})
    assert len([query for query in captured if '"external_id" = ' in query["sql"] or "IN (" in query["sql"]]) <= 9
    with CaptureQueriesContext(connection) as captured:
        assert options.known("tag", ["tag-2", "unknown", "tag-1"]).keys() == {"tag-1", "tag-2"}
    assert len(captured) == 0


@pytest.mark.parametrize("odd", ["", "\0", "x\0", "\ud800", "x" * 201, "x" * 100_000, None, 7, ["a"]], ids=ascii)
def test_it_knows_no_odd_id(odd: object, team: Team) -> None:
    add_many(team, "tag", LARGE + 1)
    assert source_of(team).known([odd]) == {}  # type: ignore[list-item]


def test_it_knows_what_is_offered_here_alone(team: Team, other_team: Team) -> None:
    add_many(team, "tag", LARGE + 1)
    add(team, "tag", "gone", is_gone=True)
    add(team, "tag", "practice", environment="sandbox")
    add(other_team, "tag", "theirs")
    add(team, "list", "a-list")
    assert source_of(team).known(["tag-1", "gone", "practice", "theirs", "a-list"]).keys() == {"tag-1"}


def test_it_names_what_is_gone(team: Team) -> None:
    add(team, "tag", "gone", name="Hot", is_gone=True)
    assert source_of(team).name_of("gone") == "Hot"
    assert source_of(team).name_of("never") == "never"
    assert source_of(team).name_of("\0") == "\0"


# Told apart


def test_it_tells_two_of_one_name_apart() -> None:
    choices = [Choice("id-000001", "Hot"), Choice("id-000002", "Hot"), Choice("3", "Cold")]
    assert [choice.name for choice in told_apart(choices)] == ["Hot (…000001)", "Hot (…000002)", "Cold"]


def test_it_tells_two_steps_apart_by_their_list() -> None:
    choices = [
        Choice("1", "New", list_id="a", list_name="Inbound"),
        Choice("2", "New", list_id="b", list_name="Fair"),
        Choice("33333333", "New", list_id="b", list_name="Fair"),
        Choice("4", "Won", list_id="b", list_name="Fair"),
    ]
    assert [choice.name for choice in told_apart(choices)] == [
        "New (Inbound)", "New (Fair) (…2)", "New (Fair) (…333333)", "Won",
    ]  # fmt: skip


@pytest.mark.parametrize("many", [0, LARGE])
def test_it_tells_them_apart_in_a_field_of_any_size(many: int, team: Team) -> None:
    add_many(team, "tag", many)
    add(team, "tag", "first-111111", name="Hot")
    add(team, "tag", "other-222222", name="Hot")
    known = source_of(team).known(["first-111111"])
    assert known["first-111111"].name == "Hot (…111111)"
    found = source_of(team).search("hot").choices
    assert {choice.name for choice in found} == {"Hot (…111111)", "Hot (…222222)"}


def test_it_puts_steps_in_the_order_of_their_lists(team: Team) -> None:
    add(team, "list", "b", name="B", position=0)
    add(team, "list", "a", name="A", position=1)
    for position, (key, place) in enumerate([("1", "a"), ("2", "b"), ("3", ""), ("4", "nowhere"), ("5", "a")]):
        add(team, "status", key, list_id=place, position=position)
    steps = source_of(team, "status").all()
    assert [(step.id, step.list_name) for step in steps] == [("3", ""), ("2", "B"), ("1", "A"), ("5", "A"), ("4", "")]


def test_it_names_the_lists_of_steps_when_there_are_many_lists(team: Team) -> None:
    add_many(team, "list", LARGE + 1)
    add(team, "status", "new", list_id="list-7")
    assert [step.list_name for step in source_of(team, "status").all()] == ["List 7"]


# Searching


def sources(team: Team) -> list[Source]:
    """The same names, in a small and in a large picker and in an attribute."""
    pairs = [(str(place), name) for place, name in enumerate(NAMES)]
    for place, name in pairs:
        add(team, "tag", place, name=name, position=int(place))
        add(team, "owner", place, name=name, position=int(place))
    add_many(team, "owner", LARGE, start=100)
    return [source_of(team), source_of(team, "owner"), Listed.of(pairs)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ÉTÉ", ["Été chaud", "ete", "Bientôt été"]),
        ("cha", ["Chaud", "Été chaud"]),
        ("chaud ete", ["Été chaud"]),
        ("strasse", ["Straße"]),
        ("asa", ["ÅSA"]),
        ("%", []),
        ("_", []),
        ("x" * 10_000, []),
    ],
)
def test_it_finds_without_regard_to_case_and_accents(text: str, found: list[str], team: Team) -> None:
    for source in sources(team):
        names = [choice.name for choice in source.search(text).choices if choice.name in NAMES]
        assert names == found


def test_it_takes_a_search_that_no_database_takes(team: Team) -> None:
    for source in sources(team):
        assert len(source.search("\0").choices) >= len(NAMES)


def test_it_shows_the_best_fifty_and_says_how_many_more_there_are(team: Team) -> None:
    add_many(team, "tag", 312)
    found = source_of(team).search("")
    assert (len(found.choices), found.more) == (MATCHES, 312 - MATCHES)
    assert (len(source_of(team).search("tag 31").choices), source_of(team).search("tag 31").more) == (5, 0)


def test_it_finds_only_steps_of_the_chosen_lists(team: Team) -> None:
    add(team, "list", "a", name="A")
    add_many(team, "status", 60, list_id="a")
    add_many(team, "status", 60, start=100, list_id="b")
    add(team, "status", "free", name="Status free")
    source = source_of(team, "status")
    found = source.search("status", ["b", "\0"])
    assert {choice.list_id for choice in found.choices} == {"b", ""} and found.more == 11
    assert source.search("status").more == 71


def test_it_gives_the_attribute_s_options_by_its_name(team: Team) -> None:
    add_select(team, "size", 3)
    options = options_of(team)
    source = options.of_attribute(CustomAttribute.objects.get())
    assert source.field == "attributes.size"
    assert [choice.name for choice in source.all()] == ["Option 0", "Option 1", "Option 2"]
    assert PickerOption.objects.count() == 0
