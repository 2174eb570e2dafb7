from __future__ import annotations

import pytest

from leads.models import AuditEntry, Team
from leads.services import teams
from leads.services.teams import ChangedMeanwhile, NotPossible
from tests.factories import OPERATOR

from .threads import all_at_once

pytestmark = pytest.mark.django_db


def change(team: Team, *, seen: int | None = None, **rules) -> list[str]:
    return teams.change_rules(team=team, rules=rules, seen=seen, actor=OPERATOR)


def test_it_changes_the_named_rules_and_records_old_and_new(team: Team) -> None:
    changed = change(team, name=" The  Brewers ", reviews=True, undo_seconds=9, default_phone_country="IE")
    team.refresh_from_db()
    assert changed == ["name", "reviews", "undo_seconds", "default_phone_country"]
    assert (team.name, team.reviews, team.undo_seconds, team.default_phone_country) == ("The Brewers", True, 9, "IE")
    entry = AuditEntry.objects.get(action="team.rules_changed")
    assert entry.details == {
        "name": "Brewers → The Brewers",
        "reviews": "off → on",
        "undo_seconds": "0 → 9",
        "default_phone_country": "none → IE",
        "version": 1,
    }


def test_it_records_nothing_when_nothing_is_different(team: Team) -> None:
    assert change(team, name=team.name, reviews=False) == []
    assert not AuditEntry.objects.filter(action="team.rules_changed").exists()
    team.refresh_from_db()
    assert team.rules_version == 0


@pytest.mark.parametrize(
    "rules",
    [
        {"name": " "},
        {"name": "x" * 101},
        {"name": "a\x00b"},
        {"name": "\u200b"},
        {"undo_seconds": -1},
        {"undo_seconds": 121},
        {"undo_seconds": "soon"},
        {"undo_seconds": None},
        {"duplicate_policy": "merge"},
        {"default_phone_country": "ie"},
        {"default_phone_country": "ZZ"},
        {"reject_reasons": ["same", "same"]},
        {"reject_reasons": ["x" * 101]},
        {"reject_reasons": [""]},
        {"reject_reasons": ["x"] * 21},
        {"reject_reasons": "x"},
        {"reject_reasons": [1]},
    ],
    ids=repr,
)
def test_it_refuses_what_is_no_rule_and_changes_nothing(team: Team, rules) -> None:
    before = Team.objects.values().get()
    with pytest.raises(NotPossible):
        change(team, reviews=True, **rules)
    assert Team.objects.values().get() == before
    assert not AuditEntry.objects.filter(action="team.rules_changed").exists()


def test_it_refuses_what_was_read_before_somebody_else_saved(team: Team) -> None:
    change(team, seen=0, undo_seconds=5)
    with pytest.raises(ChangedMeanwhile):
        change(team, seen=0, undo_seconds=7)
    team.refresh_from_db()
    assert team.undo_seconds == 5
    assert change(team, seen=1, undo_seconds=7) == ["undo_seconds"]


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_of_eight_save_at_once(team: Team) -> None:
    def save(number: int) -> bool:
        try:
            change(Team.objects.get(pk=team.pk), seen=0, undo_seconds=number + 1)
        except ChangedMeanwhile:
            return False
        return True

    assert sorted(all_at_once(save, 8)) == [False] * 7 + [True]
    assert Team.objects.get().rules_version == 1


@pytest.mark.parametrize(
    "slug", ["admin", "accounts", "api", "rest", "static", "t", "new", "settings", "healthz", "sign-in", "portal"]
)
def test_it_refuses_a_short_name_that_passes_for_the_portal(db: None, slug: str) -> None:
    with pytest.raises(NotPossible, match=f"“{slug}” is a name the portal itself uses"):
        teams.create_team(slug=slug, name="Sales", actor=OPERATOR)
    assert not Team.objects.exists()


@pytest.mark.parametrize(
    "slug",
    [
        "аdmin",
        "brеwers",
        "brewers\u200b",
        "ｂrewers",
        "brëwers",
        "Brewers",
        "brewers ",
        "brewers\n",
        "-a",
        "a-",
        "a b",
        "",
    ],
)
def test_it_refuses_a_short_name_that_looks_like_another(team: Team, slug: str) -> None:
    with pytest.raises(NotPossible):
        teams.create_team(slug=slug, name="Sales", actor=OPERATOR)
    assert Team.objects.count() == 1


def test_it_refuses_a_short_name_that_is_taken(team: Team) -> None:
    with pytest.raises(NotPossible, match="already"):
        teams.create_team(slug=team.slug, name="Sales", actor=OPERATOR)
