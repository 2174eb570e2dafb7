from __future__ import annotations

import pytest

from leads.models import AuditChain, AuditEntry, Team
from leads.services import teams
from leads.services.teams import NotPossible
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def create(slug: str, name: str = "Brewers") -> Team:
    return teams.create_team(slug=slug, name=name, actor=OPERATOR)


def actions(team: Team) -> list[str]:
    return list(AuditEntry.objects.filter(team=team).order_by("sequence").values_list("action", flat=True))


@pytest.mark.parametrize("slug", ["a", "7", "brewers", "a-b", "x" * 50, "0-0"])
def test_it_makes_a_team_with_a_plain_slug(slug: str) -> None:
    assert actions(create(slug)) == ["team.created"]


@pytest.mark.parametrize(
    "slug",
    [
        "",
        " ",
        "Brewers",
        "brew ers",
        "-brewers",
        "brewers-",
        "brewers\n",
        "brew_ers",
        "brew/ers",
        "../x",
        "x" * 51,
        "bräuer",
        "brewеrs",
        "ｂrewers",
        "brewers\u200b",
        "bre\u0301wers",
        "١٢٣",
        "brewers.",
        "a\0b",
    ],
)
def test_it_refuses_a_slug_that_could_be_mistaken(slug: str) -> None:
    with pytest.raises(NotPossible):
        create(slug)
    assert not Team.objects.exists() and not AuditChain.objects.exists()


def test_it_refuses_a_slug_that_is_taken(team: Team) -> None:
    with pytest.raises(NotPossible, match="a team with this short name"):
        create(team.slug)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_it_wants_a_name_for_people(name: str) -> None:
    with pytest.raises(NotPossible):
        create("brewers", name)
