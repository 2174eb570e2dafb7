from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from leads import audit
from leads.audit import OPERATOR, SYSTEM, Action, Actor, ActorKind
from leads.models import AuditChain, AuditEntry, Team, User
from leads.models.submissions import Door
from leads.services import tokens
from leads.signals import entry_recorded
from tests.factories import actor_for, make_submission, make_team
from tests.services.threads import all_at_once

from .tampering import findings, settle_constraints

ACTION = Action.PICKERS_SYNCED


def note(team: Team, **details: Any) -> AuditEntry:
    with transaction.atomic():
        return audit.record(ACTION, team=team, actor=SYSTEM, details=details)


@pytest.mark.django_db
def test_it_says_who_did_what_to_what(team: Team, bob: User) -> None:
    lead = make_submission(team, bob)
    entry = AuditEntry.objects.get(subject_id=lead.public_id)
    assert (entry.action, entry.subject_kind) == ("submission.queued", "submission")
    assert (entry.actor_kind, entry.actor_id, entry.door) == ("user", bob.public_id, "form")
    assert entry.request_id == "test"
    assert 0 <= (timezone.now() - entry.at).total_seconds() < 60


@pytest.mark.django_db
def test_it_names_a_token_a_worker_and_an_operator(team: Team) -> None:
    token, _ = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    with transaction.atomic():
        by_token = Actor(kind=ActorKind.TOKEN, door=Door.GATEWAY, token=token)
        rows = [audit.record(ACTION, team=team, actor=actor) for actor in (by_token, SYSTEM, OPERATOR)]
    assert [(row.actor_kind, row.actor_id, row.door) for row in rows] == [
        ("token", token.public_id, "gateway"),
        ("system", None, "worker"),
        ("operator", None, "command"),
    ]


@pytest.mark.django_db
def test_it_keeps_a_digest_of_the_address_and_not_the_address(team: Team, bob: User) -> None:
    with transaction.atomic():
        entry = audit.record(ACTION, team=team, actor=actor_for(bob))
    assert len(entry.ip_digest) == 16
    assert "127.0.0.1" not in str(AuditEntry.objects.filter(pk=entry.pk).values().get())


@pytest.mark.django_db
def test_it_chains_each_entry_to_the_one_before(team: Team) -> None:
    rows = [note(team) for _ in range(3)]
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]
    chain = AuditChain.objects.get(team=team)
    assert (chain.length, chain.head_hash) == (rows[-1].sequence, rows[-1].hash)


@pytest.mark.django_db
def test_it_writes_a_page_of_entries_at_once_and_in_their_order(team: Team, django_assert_num_queries: Any) -> None:
    note(team)
    heard: list[tuple[int, bool]] = []

    def hear(sender: Any, *, entry: AuditEntry, **kwargs: Any) -> None:
        heard.append((entry.sequence, AuditEntry.objects.filter(pk=entry.pk).exists()))

    with transaction.atomic():
        with django_assert_num_queries(3), audit.page(team) as page:
            rows = [audit.record(ACTION, team=team, actor=SYSTEM, details={"n": n}, page=page) for n in range(3)]
        entry_recorded.connect(hear)
        with audit.page(team) as page:
            page.lock()
            rows.append(audit.record(ACTION, team=team, actor=SYSTEM, page=page))
            assert heard == []
        entry_recorded.disconnect(hear)
    assert heard == [(rows[-1].sequence, True)]
    written = AuditEntry.objects.filter(team=team).order_by("sequence")
    assert [entry.hash for entry in written][-4:] == [row.hash for row in rows]
    assert findings(team) == []
    note(team)
    assert findings(team) == []


@pytest.mark.django_db
def test_it_writes_nothing_of_a_page_that_broke_off(team: Team) -> None:
    note(team)
    before = AuditEntry.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic(), audit.page(team) as page:
        audit.record(ACTION, team=team, actor=SYSTEM, page=page)
        raise ZeroDivisionError
    assert AuditEntry.objects.count() == before
    note(team)
    assert findings(team) == []


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_record_outside_a_transaction() -> None:
    team = make_team("brewers")
    with pytest.raises(RuntimeError, match="belongs into the transaction"):
        audit.record(ACTION, team=team, actor=SYSTEM)
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_takes_the_entry_with_a_change_that_was_rolled_back() -> None:
    team = make_team("brewers")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record(ACTION, team=team, actor=SYSTEM)
        raise ZeroDivisionError
    note(team)
    assert list(AuditEntry.objects.values_list("sequence", flat=True)) == [1, 2]
    assert findings(team) == []


@pytest.mark.django_db
@pytest.mark.parametrize("value", [None, True, 0, -7, "text", "", ["a", "b"], ("a",), []])
def test_it_takes_plain_details(value: Any, team: Team) -> None:
    entry = note(team, value=value)
    wanted = list(value) if isinstance(value, tuple) else value
    assert AuditEntry.objects.get(pk=entry.pk).details == {"value": wanted}
    assert findings(team) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [1.5, Decimal(1), {}, {"email": "x"}, object(), b"x", {1}, [{"email": "x"}], [None], [["a"]], [1.5]],
    ids=lambda value: type(value).__name__,
)
def test_it_refuses_details_that_are_not_plain(value: Any, team: Team) -> None:
    with pytest.raises(TypeError, match="'value' must be"):
        note(team, value=value)
    assert findings(team) == []


@pytest.mark.django_db
def test_it_cuts_long_details(team: Team) -> None:
    details = note(team, text="x" * 500, texts=["y" * 500]).details
    assert (len(details["text"]), len(details["texts"][0])) == (200, 200)
    assert findings(team) == []


@pytest.mark.django_db
def test_it_keeps_the_chain_whole_with_any_characters(team: Team) -> None:
    note(team, text='Ünïcödé 👩🏽‍🌾 \u2028 "quoted" \\ <&>', number=2**60)
    assert findings(team) == []


@pytest.mark.django_db
def test_it_gives_every_team_a_chain_of_its_own(team: Team, other_team: Team) -> None:
    note(team)
    assert note(other_team).sequence == 2


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_chain_of_what_eight_threads_record_at_once() -> None:
    team = make_team("brewers")
    all_at_once(lambda number: [note(team, number=number) for _ in range(10)], 8)
    assert list(AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 82))
    assert findings(team) == []


@pytest.mark.django_db(transaction=True)
def test_it_raises_no_false_alarm_while_others_record() -> None:
    team = make_team("brewers")

    def work(number: int) -> list[tuple[int, str]]:
        if number < 3:
            for _ in range(25):
                note(team)
            return []
        return [finding for _ in range(25) for finding in findings(team)]

    assert all_at_once(work, 4) == [[], [], [], []]


# The database refuses


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.update(action="x"),
        lambda rows: rows.delete(),
        lambda rows: rows.first().delete(),
        lambda rows: rows.first().save(),
        lambda rows: connection.cursor().execute("UPDATE leads_auditentry SET door = 'form'"),
        lambda rows: connection.cursor().execute("DELETE FROM leads_auditentry"),
    ],
    ids=["update", "delete", "delete one", "save one", "raw update", "raw delete"],
)
def test_it_lets_nobody_change_an_entry(change: Any, team: Team) -> None:
    before = list(AuditEntry.objects.values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(AuditEntry.objects.all())
    assert list(AuditEntry.objects.values()) == before


@pytest.mark.django_db
def test_it_lets_nobody_empty_or_replace_the_log(team: Team) -> None:
    statement = "TRUNCATE leads_auditentry"
    if connection.vendor == "sqlite":
        statement = "REPLACE INTO leads_auditentry SELECT * FROM leads_auditentry"
    settle_constraints()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.count() == 1
