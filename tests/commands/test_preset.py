from __future__ import annotations

import json

import pytest
from django.core.management import CommandError

from leads.models import AuditEntry, FormPreset
from tests.factories import make_preset, make_row

from .helpers import run

ROWS = [
    make_row("email", "required", help="The private one"),
    make_row("city", "locked", default="Cork"),
    make_row("is_draft", "hidden", default=True),
]


def test_it_takes_presets_to_another_team(team, other_team) -> None:
    make_preset(team, *ROWS, is_default=True)
    make_preset(team, name="Second")
    text = run("preset", "brewers", "export")
    assert run("preset", "strangers", "import", stdin=text) == "strangers has 2 presets from this.\n"
    there = FormPreset.objects.get(team=other_team, is_default=True)
    assert (there.name, there.rows) == ("Trade fair", ROWS)
    assert AuditEntry.objects.filter(team=other_team, action="preset.created", actor_kind="operator").count() == 2


def test_it_changes_one_that_is_there(team) -> None:
    preset = make_preset(team, *ROWS)
    exported = json.loads(run("preset", "brewers", "export", "--name", "Trade fair"))
    exported["presets"][0]["rows"][0]["help"] = "Which one?"
    run("preset", "brewers", "import", stdin=json.dumps(exported))
    preset.refresh_from_db()
    assert (preset.rows[0]["help"], preset.version, FormPreset.objects.count()) == ("Which one?", 2, 1)


def test_it_removes_one(team) -> None:
    make_preset(team)
    assert run("preset", "brewers", "remove", "--name", "Trade fair") == "Removed “Trade fair” from brewers.\n"
    assert not FormPreset.objects.in_use().exists()


GOOD = {"name": "Good", "rows": [make_row("email")]}


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"name": "Bad", "rows": [make_row("email", default="nope")]}, "Email: This is not an email address"),
        ({"name": "Bad", "rows": [make_row("nonsense")]}, "There is no field “nonsense”"),
        (
            {"name": "Bad", "rows": [make_row("email"), make_row("city", "hidden")]},
            "City: Say what it is filled in with",
        ),
        ({"name": "Bad", "rows": [make_row("city")]}, "No lead could be entered"),
        ({"name": "", "rows": [make_row("email")]}, "Give the preset a name"),
        ({"rows": []}, "A preset is an object"),
    ],
)
def test_it_brings_in_all_or_nothing(team, bad, says) -> None:
    with pytest.raises(CommandError, match=says):
        run("preset", "brewers", "import", stdin=json.dumps({"presets": [GOOD, bad]}))
    assert not FormPreset.objects.exists()
    assert not AuditEntry.objects.filter(action="preset.created").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"presets": []}'])
def test_it_refuses_what_holds_no_presets(team, text) -> None:
    with pytest.raises(CommandError):
        run("preset", "brewers", "import", stdin=text)


def test_it_names_the_presets_there_are(team) -> None:
    make_preset(team)
    for do in ("export", "remove"):
        with pytest.raises(CommandError, match="Presets: “Trade fair”"):
            run("preset", "brewers", do, "--name", "Other")
    with pytest.raises(CommandError, match="--name"):
        run("preset", "brewers", "remove")
