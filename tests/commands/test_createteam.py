from __future__ import annotations

import pytest
from django.core.management import CommandError

from leads.models import AuditEntry, Team
from leads.services import keys

from .helpers import run

pytestmark = pytest.mark.django_db


def test_it_makes_a_team_and_says_what_comes_next() -> None:
    assert "addmember brewers EMAIL --role admin" in run("createteam", "brewers", "--name", "The Brewers")
    team = Team.objects.get()
    assert (team.slug, team.name, team.reviews) == ("brewers", "The Brewers", False)
    assert keys.find_current_key(team) is None
    assert AuditEntry.objects.values_list("actor_kind", "door").get() == ("operator", "command")


def test_it_makes_a_team_that_reviews() -> None:
    run("createteam", "brewers", "--name", "Brewers", "--review")
    assert Team.objects.get().reviews


def test_it_wires_a_team_to_the_sandbox(sandbox) -> None:
    run("createteam", "brewers", "--name", "Brewers", "--sandbox")
    key = keys.find_current_key(Team.objects.get())
    assert key.is_sandbox
    with keys.client_for(key) as client:
        assert client.get("/me").status == 200


@pytest.mark.parametrize(
    ("slug", "name"),
    [("Bad Slug", "Brewers"), ("admin", "Brewers"), ("brеwers", "Brewers"), ("brewers", " "), ("taken", "Brewers")],
)
def test_it_refuses_in_a_sentence(slug: str, name: str) -> None:
    run("createteam", "taken", "--name", "Taken")
    with pytest.raises(CommandError):
        run("createteam", slug, "--name", name)
    assert Team.objects.count() == 1
