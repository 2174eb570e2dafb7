from __future__ import annotations

import pytest
from django.core.management import CommandError

from leads.models import AuditEntry

from .helpers import run


def test_it_changes_what_is_named_and_nothing_else(team) -> None:
    said = run(
        "setteam", "brewers", "--review", "--undo-seconds", "30", "--duplicates", "hold", "--phone-country", "IE"
    )
    assert said == "Changed in brewers: reviews, undo seconds, duplicate policy, default phone country.\n"
    team.refresh_from_db()
    assert (team.name, team.reviews, team.undo_seconds) == ("Brewers", True, 30)
    assert (team.duplicate_policy, team.default_phone_country) == ("hold", "IE")
    entry = AuditEntry.objects.get(action="team.rules_changed")
    assert (entry.actor_kind, entry.details["reviews"]) == ("operator", "off → on")


def test_it_switches_off_and_empties(team) -> None:
    run("setteam", "brewers", "--review", "--phone-country", "IE", "--reject-reason", "One", "--reject-reason", "Two")
    run("setteam", "brewers", "--no-review", "--no-four-eyes", "--phone-country", "", "--undo-seconds", "0")
    team.refresh_from_db()
    assert (team.reviews, team.four_eyes, team.default_phone_country) == (False, False, "")
    assert team.reject_reasons == ["One", "Two"]


def test_it_says_when_nothing_is_different(team) -> None:
    assert run("setteam", "brewers", "--name", "Brewers") == "Nothing was different in brewers.\n"


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--undo-seconds", "121"),
        ("--undo-seconds", "x"),
        ("--duplicates", "merge"),
        ("--phone-country", "ie"),
        ("--name", " "),
    ],
)
def test_it_refuses_in_a_sentence(team, options) -> None:
    with pytest.raises(CommandError):
        run("setteam", "brewers", *options)
    assert not AuditEntry.objects.filter(action="team.rules_changed").exists()


def test_it_names_the_teams_there_are(team) -> None:
    with pytest.raises(CommandError, match="Teams: brewers"):
        run("setteam", "bakers", "--review")
