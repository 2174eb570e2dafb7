from __future__ import annotations

import pytest

from leads.models import AuditEntry, FormPreset, Team, User
from leads.services import presets
from leads.services.teams import ChangedMeanwhile, NotPossible
from tests.factories import OPERATOR, actor_for, make_preset, make_row

from .states_of_the_world import entries_about
from .threads import all_at_once

pytestmark = pytest.mark.django_db

ROWS = [make_row("email", "required"), make_row("city", "locked", default="Cork")]


def test_it_makes_one_and_records_the_names_of_its_fields(team: Team, alice: User) -> None:
    preset = presets.create_preset(team=team, name="  Trade   fair ", rows=ROWS, actor=actor_for(alice))
    preset.refresh_from_db()
    assert (preset.name, preset.rows, preset.version, preset.created_by) == ("Trade fair", ROWS, 1, alice)
    entry = AuditEntry.objects.get(subject_id=preset.public_id)
    assert (entry.action, entry.details) == ("preset.created", {"fields": ["email", "city"]})
    assert "Cork" not in str(entry.details)


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 101, "a\x00b", "\u200b", "TRADE  Fair", "Tradé Fair", "Trade\u200b fair"]
)
def test_it_refuses_a_name_that_is_none_or_taken(team: Team, name: str) -> None:
    make_preset(team)
    before = AuditEntry.objects.count()
    with pytest.raises(NotPossible):
        presets.create_preset(team=team, name=name, rows=ROWS, actor=OPERATOR)
    assert (FormPreset.objects.count(), AuditEntry.objects.count()) == (1, before)


def test_it_lets_another_team_and_a_removed_one_have_the_same_name(team: Team, other_team: Team) -> None:
    presets.remove_preset(preset=make_preset(team), actor=OPERATOR)
    assert make_preset(other_team).name == make_preset(team).name


def test_it_changes_one_and_says_which_fields(team: Team, alice: User) -> None:
    preset = make_preset(team, *ROWS)
    rows = [make_row("phone"), make_row("email")]
    changed = presets.change_preset(preset=preset, name="Fair", rows=rows, seen=1, actor=actor_for(alice))
    assert (changed.name, changed.rows, changed.version, changed.changed_by) == ("Fair", rows, 2, alice)
    entry = AuditEntry.objects.filter(subject_id=preset.public_id).last()
    assert entry.details == {"fields": ["email", "city", "phone"], "renamed": True, "version": 2}


def test_it_records_nothing_when_nothing_is_different(team: Team) -> None:
    preset = make_preset(team, *ROWS)
    presets.change_preset(preset=preset, name=preset.name, rows=ROWS, seen=1, actor=OPERATOR)
    assert entries_about(preset) == ["preset.created"]


def test_it_refuses_what_was_made_from_an_older_version(team: Team) -> None:
    preset = make_preset(team)
    presets.change_preset(preset=preset, name="Fair", rows=ROWS, seen=1, actor=OPERATOR)
    with pytest.raises(ChangedMeanwhile):
        presets.change_preset(preset=preset, name="Mine", rows=ROWS, seen=1, actor=OPERATOR)
    assert FormPreset.objects.get().name == "Fair"
    presets.change_preset(preset=preset, name="Mine", rows=ROWS, seen=2, actor=OPERATOR)
    assert FormPreset.objects.get().name == "Mine"


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_of_eight_save_at_once(team: Team) -> None:
    preset = make_preset(team)

    def save(number: int) -> bool:
        try:
            presets.change_preset(preset=preset, name=f"Name {number}", rows=ROWS, seen=1, actor=OPERATOR)
        except ChangedMeanwhile:
            return False
        return True

    assert sorted(all_at_once(save, 8)) == [False] * 7 + [True]
    assert FormPreset.objects.get().version == 2


def test_it_names_what_changed_since_a_page_was_made(team: Team) -> None:
    preset = make_preset(team, *ROWS)
    seen = presets.seen_of(preset)
    assert presets.changed_since(seen, preset) == []
    preset.rows = [ROWS[1], ROWS[0]]
    assert presets.changed_since(seen, preset) == ["order"]
    preset.rows, preset.name = [ROWS[0] | {"help": "x"}, make_row("phone")], "Other"
    assert sorted(presets.changed_since(seen, preset)) == ["city", "email", "name", "phone"]
    for nonsense in ("", "[]", "{", "9" * 5000, "[" * 100_000):
        assert set(presets.changed_since(nonsense, preset)) >= {"email", "phone", "name"}


def test_it_copies_under_a_name_of_its_own(team: Team) -> None:
    preset = make_preset(team, *ROWS, name="x" * 100, is_default=True)
    names = [presets.copy_preset(preset=preset, actor=OPERATOR) for _ in range(2)]
    assert [copy.name[-8:] for copy in names] == ["x (copy)", "(copy 2)"]
    assert all(len(copy.name) == 100 and copy.rows == ROWS and not copy.is_default for copy in names)


def test_it_keeps_one_default(team: Team) -> None:
    first, second = make_preset(team, is_default=True), make_preset(team, name="Second")
    presets.make_default_preset(preset=second, actor=OPERATOR)
    presets.make_default_preset(preset=second, actor=OPERATOR)
    assert list(FormPreset.objects.filter(is_default=True)) == [second]
    assert entries_about(second) == ["preset.created", "preset.made_default"]
    presets.drop_default_preset(preset=second, actor=OPERATOR)
    presets.drop_default_preset(preset=first, actor=OPERATOR)
    assert not FormPreset.objects.filter(is_default=True).exists()
    assert entries_about(second)[-1] == "preset.default_dropped"


def test_it_keeps_a_removed_one_for_the_leads_entered_with_it(team: Team) -> None:
    preset = make_preset(team, is_default=True)
    presets.remove_preset(preset=preset, actor=OPERATOR)
    preset.refresh_from_db()
    assert (preset.is_default, preset.removed_at is None) == (False, False)
    assert not FormPreset.objects.in_use().exists()
    assert entries_about(preset)[-1] == "preset.removed"


def test_it_does_nothing_with_one_that_was_removed_meanwhile(team: Team) -> None:
    preset = make_preset(team)
    presets.remove_preset(preset=preset, actor=OPERATOR)
    before = AuditEntry.objects.count()
    for deed in (presets.remove_preset, presets.make_default_preset, presets.drop_default_preset):
        with pytest.raises(NotPossible, match="removed meanwhile"):
            deed(preset=preset, actor=OPERATOR)
    with pytest.raises(NotPossible, match="removed meanwhile"):
        presets.change_preset(preset=preset, name="x", rows=ROWS, actor=OPERATOR)
    assert AuditEntry.objects.count() == before


def test_it_keeps_a_team_from_making_presets_without_end(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presets, "MAX_PRESETS", 1)
    make_preset(team)
    with pytest.raises(NotPossible, match="at most 1"):
        make_preset(team, name="Second")
