"""Whatever is done to the log without the audit key shows."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import F

from leads import audit
from leads.audit import Action
from leads.models import AuditChain, AuditEntry, Team, User
from tests.factories import actor_for

from .tampering import delete, edit, findings, insert, triggers_off

pytestmark = pytest.mark.django_db

ENTRIES = 8
OTHER_ID = UUID("12345678-1234-5678-1234-567812345678")


EDITS: list[tuple[str, Any]] = [
    ("at", F("at") + timedelta(microseconds=1)),
    ("action", "submission.approved"),
    ("actor_kind", "system"),
    ("actor_id", OTHER_ID),
    ("actor_id", None),
    ("door", "gateway"),
    ("ip_digest", "0" * 16),
    ("request_id", "another"),
    ("subject_kind", "team"),
    ("subject_id", OTHER_ID),
    ("subject_id", None),
    ("details", {"number": 99}),
    ("details", {}),
    ("previous_hash", "0" * 64),
    ("hash", "0" * 64),
    ("hash", ""),
]


def grow(team: Team, user: User, count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            audit.record(
                Action.SUBMISSION_QUEUED, team=team, actor=actor_for(user), subject=user, details={"number": number}
            )


@pytest.fixture
def chain(team: Team, bob: User) -> AuditChain:
    """Eight entries: the team, Bob, and six more."""
    grow(team, bob, ENTRIES - 2)
    return AuditChain.objects.get(team=team)


def entry(team: Team, sequence: int) -> AuditEntry:
    return AuditEntry.objects.get(team=team, sequence=sequence)


def test_it_finds_nothing_wrong_with_a_whole_chain(team: Team, chain: AuditChain) -> None:
    assert chain.length == ENTRIES
    assert findings(team) == []


def test_it_raises_no_alarm_over_five_hundred_entries(team: Team, bob: User, django_assert_max_num_queries) -> None:
    grow(team, bob, 500)
    with django_assert_max_num_queries(8):
        assert findings(team) == []


def test_it_reads_a_chain_in_pieces(team: Team, chain: AuditChain, monkeypatch) -> None:
    monkeypatch.setattr(audit, "VERIFY_CHUNK", 3)
    assert findings(team) == []


@pytest.mark.parametrize(("column", "value"), EDITS)
@pytest.mark.parametrize("sequence", [3, 5, ENTRIES])
def test_it_finds_an_edited_column(column: str, value: Any, sequence: int, team: Team, chain: AuditChain) -> None:
    edit(team, sequence, **{column: value})
    assert sequence in [found for found, _ in findings(team)]


def test_it_edits_every_column_there_is() -> None:
    tried = {column for column, _ in EDITS}
    assert tried | {"id", "team", "sequence"} == {field.name for field in AuditEntry._meta.fields}


def test_it_names_the_entry_that_was_changed_and_no_other(team: Team, chain: AuditChain) -> None:
    edit(team, 5, details={"number": 99})
    assert findings(team) == [(5, "its content was changed")]


@pytest.mark.parametrize("sequences", [(1,), (4,), (4, 5, 6), (2, 7)])
def test_it_finds_missing_entries(sequences: tuple[int, ...], team: Team, chain: AuditChain) -> None:
    delete(team, *sequences)
    assert {sequence for sequence, text in findings(team) if "missing" in text} >= {sequences[0]}


def test_it_finds_entries_renumbered_over_a_gap(team: Team, chain: AuditChain) -> None:
    delete(team, 4)
    for sequence in range(5, ENTRIES + 1):
        edit(team, sequence, sequence=sequence - 1)
    assert {4, ENTRIES} <= {sequence for sequence, _ in findings(team)}


def test_it_finds_two_entries_that_changed_places(team: Team, chain: AuditChain) -> None:
    edit(team, 4, sequence=1_000)
    edit(team, 5, sequence=4)
    edit(team, 1_000, sequence=5)
    assert {4, 5} <= {sequence for sequence, _ in findings(team)}


@pytest.mark.parametrize("sequence", [0, ENTRIES + 1, ENTRIES + 2])
def test_it_finds_an_entry_put_in_without_the_key(sequence: int, team: Team, chain: AuditChain) -> None:
    newest = entry(team, ENTRIES)
    insert(newest, sequence=sequence, previous_hash=newest.hash, hash=f"{random.Random(1).getrandbits(256):064x}")
    assert findings(team)


def test_it_finds_a_copy_of_a_true_entry_at_the_end(team: Team, chain: AuditChain) -> None:
    insert(entry(team, 3), sequence=ENTRIES + 1)
    assert findings(team)


def test_it_finds_a_copied_entry_even_when_the_head_counts_it(team: Team, chain: AuditChain) -> None:
    insert(entry(team, 3), sequence=ENTRIES + 1)
    AuditChain.objects.filter(team=team).update(length=ENTRIES + 1, head_hash=entry(team, 3).hash)
    assert (0, "the head of the chain was changed") in findings(team)


def test_it_finds_an_entry_moved_to_another_teams_chain(team: Team, other_team: Team, chain: AuditChain) -> None:
    edit(team, ENTRIES, team=other_team, sequence=2)
    assert findings(team) and findings(other_team)


# The newest entries cut off


def test_it_finds_a_cut_off_tail(team: Team, chain: AuditChain) -> None:
    delete(team, ENTRIES - 1, ENTRIES)
    text = f"the newest entries are missing: the head says {ENTRIES}, there are {ENTRIES - 2}"
    assert findings(team) == [(ENTRIES - 1, text)]


def test_it_finds_a_cut_off_tail_behind_an_edited_head(team: Team, chain: AuditChain) -> None:
    delete(team, ENTRIES)
    newest = entry(team, ENTRIES - 1)
    AuditChain.objects.filter(team=team).update(length=newest.sequence, head_hash=newest.hash)
    assert findings(team) == [(0, "the head of the chain was changed")]


def test_it_finds_a_head_that_was_put_back_to_an_earlier_day(team: Team, chain: AuditChain, bob: User) -> None:
    earlier = AuditChain.objects.filter(team=team).values("length", "head_hash", "head_mac").get()
    grow(team, bob, 2)
    AuditChain.objects.filter(team=team).update(**earlier)
    assert findings(team)


def test_it_finds_the_head_of_another_team(team: Team, other_team: Team, chain: AuditChain) -> None:
    other = AuditChain.objects.filter(team=other_team).values("length", "head_hash", "head_mac").get()
    AuditChain.objects.filter(team=team).update(**other)
    assert (0, "the head of the chain was changed") in findings(team)


def test_it_finds_a_chain_that_is_gone_altogether(team: Team, chain: AuditChain) -> None:
    delete(team, *range(1, ENTRIES + 1))
    AuditChain.objects.filter(team=team).delete()
    assert findings(team) == [(0, "the head of the chain is missing")]


def test_it_finds_an_emptied_chain_with_a_blank_head(team: Team, chain: AuditChain) -> None:
    delete(team, *range(1, ENTRIES + 1))
    AuditChain.objects.filter(team=team).update(length=0, head_hash="", head_mac="")
    assert findings(team) == [(0, "the head of the chain was changed")]


def test_it_finds_everything_wrong_under_another_key(team: Team, chain: AuditChain, settings) -> None:
    settings.PORTAL_AUDIT_KEY = "another-" + "k" * 40
    assert len(findings(team)) == ENTRIES + 1


# Any mutation at all

STRAY: dict[str, Callable[[random.Random], Any]] = {
    "action": lambda dice: dice.choice(list(Action)).value + "x",
    "actor_kind": lambda dice: dice.choice(["system", "token", "operator"]),
    "actor_id": lambda dice: UUID(int=dice.getrandbits(128)),
    "door": lambda dice: dice.choice(["gateway", "command", "worker"]),
    "ip_digest": lambda dice: f"{dice.getrandbits(64):016x}",
    "request_id": lambda dice: str(dice.random()),
    "subject_kind": lambda dice: dice.choice(["team", "submission", ""]),
    "subject_id": lambda dice: UUID(int=dice.getrandbits(128)),
    "details": lambda dice: {"number": dice.randrange(1_000, 9_999)},
    "previous_hash": lambda dice: f"{dice.getrandbits(256):064x}",
    "hash": lambda dice: f"{dice.getrandbits(256):064x}",
    "at": lambda dice: F("at") + timedelta(microseconds=dice.randrange(1, 10**12)),
}


def mutate(team: Team, dice: random.Random) -> str:
    sequence = dice.randint(3, ENTRIES)
    kind = dice.choice(["edit", "edit", "edit", "delete", "swap", "add", "head"])
    if kind == "edit":
        column = dice.choice(sorted(STRAY))
        edit(team, sequence, **{column: STRAY[column](dice)})
        return f"{column} of {sequence}"
    if kind == "delete":
        delete(team, sequence)
    elif kind == "swap":
        edit(team, sequence, sequence=1_000)
        edit(team, sequence - 1, sequence=sequence)
        edit(team, 1_000, sequence=sequence - 1)
    elif kind == "add":
        insert(entry(team, sequence), sequence=ENTRIES + dice.randint(1, 3), subject_id=uuid4())
    else:
        column = dice.choice(["length", "head_hash", "head_mac"])
        value: Any = dice.randint(0, 7) if column == "length" else f"{dice.getrandbits(256):064x}"
        AuditChain.objects.filter(team=team).update(**{column: value})
    return f"{kind} at {sequence}"


def test_it_finds_two_hundred_random_mutations(team: Team, chain: AuditChain) -> None:
    dice = random.Random(20_26)
    overlooked = []
    with triggers_off():
        for _ in range(200):
            undo = transaction.savepoint()
            what = mutate(team, dice)
            if not findings(team):
                overlooked.append(what)
            transaction.savepoint_rollback(undo)
    assert overlooked == []
    assert findings(team) == []
