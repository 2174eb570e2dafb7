"""The options are read when no lead needs the key's calls, within its budget, all or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from leads.audit import OPERATOR
from leads.breakcold.sandbox.world import make_world
from leads.delivery import drain, reading, sweep, tasks, throttle
from leads.models import AuditEntry, BreakcoldKey, CustomAttribute, PickerOption, RateBucket, Submission
from leads.models.teams import Environment
from leads.services import keys, pickers
from leads.services.teams import NotPossible
from tests.factories import actor_for, make_submission
from tests.fakes import SANDBOX_KEY

from .kit import actions, key_of, paths

READS = ["/lists", "/status", "/tags", "/members", "/attributes"]


@pytest.fixture
def fresh_key(key, clock):
    """A key with nothing planned for it yet."""
    DBTaskResult.objects.all().delete()
    return key


def sync(key: BreakcoldKey) -> None:
    tasks.sync_pickers.call(str(key.public_id))


def planned() -> list[DBTaskResult]:
    return list(DBTaskResult.objects.filter(status="READY", task_path=tasks.sync_pickers.module_path))


# Leads first


def test_it_waits_while_leads_are_due(fresh_key, team, bob, sandbox, clock):
    make_submission(team, bob)
    DBTaskResult.objects.all().delete()
    sync(fresh_key)
    assert paths(sandbox) == []
    [task] = planned()
    assert task.run_after == timezone.now() + timedelta(seconds=reading.YIELD_SECONDS)
    drain.drain(fresh_key.public_id)
    sync(fresh_key)
    assert paths(sandbox) == ["/lead", *READS]


def test_it_makes_way_between_two_reads(fresh_key, team, bob, sandbox, clock, monkeypatch):
    spend = throttle.spend

    def spend_and_enter(key):
        if len(paths(sandbox)) == 2:
            make_submission(team, bob)
        spend(key)

    monkeypatch.setattr(throttle, "spend", spend_and_enter)
    sync(fresh_key)
    assert paths(sandbox) == READS[:3]
    assert not PickerOption.objects.exists()
    monkeypatch.undo()
    drain.drain(fresh_key.public_id)
    sync(fresh_key)
    assert paths(sandbox)[3:] == ["/lead", *READS]
    assert PickerOption.objects.exists()


def test_it_waits_for_leads_of_another_team_with_the_same_key(fresh_key, other_team, charlie, sandbox):
    keys.set_key(team=other_team, plain=SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    make_submission(other_team, charlie)
    sync(fresh_key)
    assert paths(sandbox) == []


def test_it_waits_for_look_ups_too(fresh_key, team, bob, sandbox):
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(state="unknown", look_up_at=timezone.now())
    sync(fresh_key)
    assert paths(sandbox) == []


@pytest.mark.parametrize("later", [{"send_after": timezone.now() + timedelta(days=999)}, {"environment": "live"}])
def test_it_does_not_wait_for_leads_that_cannot_leave(fresh_key, team, bob, sandbox, later):
    lead = make_submission(team, bob)
    Submission.objects.filter(pk=lead.pk).update(**later)
    sync(fresh_key)
    assert paths(sandbox) == READS


# Within the budget


def test_it_spends_the_budget_and_comes_back_when_it_is_used_up(fresh_key, sandbox, clock):
    sandbox.limit(3, window=60)
    sync(fresh_key)
    assert paths(sandbox) == READS[:3]
    assert not PickerOption.objects.exists() and key_of(fresh_key.team).pickers_synced_at is None
    [task] = planned()
    assert timezone.now() < task.run_after <= timezone.now() + timedelta(seconds=63)
    sandbox.limit(60, window=60)
    for _ in range(2):  # the portal believes the larger limit from the next window on
        clock.shift(63)
        sync(fresh_key)
    assert PickerOption.objects.filter(kind="tag").count() == 14


def test_it_sits_out_the_short_waits_of_a_key_nothing_is_known_of(fresh_key, sandbox, clock, monkeypatch):
    """Without headers calls are spread evenly, about one a second."""
    sandbox.limit(60, window=60, headers="absent")
    waits = []
    monkeypatch.setattr(throttle.stopping, "wait", lambda seconds: waits.append(seconds) or clock.shift(seconds))
    sync(fresh_key)
    assert paths(sandbox) == READS
    assert waits and max(waits) < reading.PATIENCE_SECONDS
    assert RateBucket.objects.get().learned_at is None


def test_it_ends_at_once_when_the_worker_is_to_stop(fresh_key, sandbox):
    throttle.stopping.set()
    sync(fresh_key)
    assert paths(sandbox) == []
    assert len(planned()) == 1


def test_it_plans_no_second_one(fresh_key, sandbox):
    sandbox.limit(1, window=60)
    for _ in range(3):
        sync(fresh_key)
    assert len(planned()) == 1
    sweep.sweep()
    assert len(planned()) == 1


# All or nothing


def test_it_keeps_what_was_before_when_it_breaks_off(fresh_key, team, sandbox, clock):
    sync(fresh_key)
    before = list(PickerOption.objects.order_by("pk").values_list("name", "is_gone"))
    sandbox.set_rows(SANDBOX_KEY, "lists", [])
    sandbox.fault("status", method="GET", path="/rest/members", status=429)
    sync(fresh_key)
    assert paths(sandbox)[-1] == "/members"
    assert list(PickerOption.objects.order_by("pk").values_list("name", "is_gone")) == before
    assert actions(team).count("pickers.synced") == 1


def test_it_keeps_nothing_of_a_key_that_was_replaced_meanwhile(fresh_key, team, sandbox, monkeypatch):
    world = iter([None])

    def replace_then_read(key):
        if next(world, "done") is None:
            plain = keys.new_sandbox_key()
            keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)

    monkeypatch.setattr(reading, "_make_way", replace_then_read)
    sync(fresh_key)
    assert not PickerOption.objects.exists()
    assert "pickers.synced" not in actions(team)


def test_it_takes_five_thousand_of_everything(fresh_key, team, sandbox, settings):
    settings.BREAKCOLD_TIMEOUT_SECONDS = 20
    many = range(5_000)
    name = "A name of some length, as people give them, number"
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in many]
    status = make_world()["status"][0]
    for kind in ("lists", "tags", "members"):
        rows = [{"id": key, "name": f"{name} {key}", "color": "#64748b"} for key in ids]
        sandbox.set_rows(SANDBOX_KEY, kind, rows)
    sandbox.set_rows(SANDBOX_KEY, "status", [{**status, "id": key, "name": f"{name} {key}"} for key in ids])
    options = [{"id": key, "name": name} for key in ids]
    attribute = {"id": "size", "name": "Size", "type": "SELECT", "isMultiSelect": False, "select_options": options}
    sandbox.set_rows(SANDBOX_KEY, "attributes", [attribute])
    sync(fresh_key)
    report = key_of(team).pickers_report
    assert report == {"list": 5_000, "status": 5_000, "tag": 5_000, "owner": 5_000, "attribute": 1}
    assert len(CustomAttribute.objects.get().options) == 5_000


# Asking for it


def ask(key: BreakcoldKey) -> None:
    pickers.ask_for_sync(key=key, actor=OPERATOR)


def test_it_reads_when_somebody_asks(fresh_key, team, sandbox, clock):
    ask(fresh_key)
    assert len(planned()) == 1 and key_of(team).pickers_asked_at == timezone.now()
    assert actions(team)[-1] == "pickers.sync_asked"
    sync(fresh_key)
    found = key_of(team)
    assert (found.pickers_asked_at, found.pickers_trouble, found.pickers_synced_at) == (None, "", timezone.now())


def test_it_cannot_be_hammered(fresh_key, team, sandbox, clock):
    ask(fresh_key)
    for _ in range(5):
        with pytest.raises(NotPossible, match="under way"):
            ask(fresh_key)
    sync(fresh_key)
    clock.shift(59)
    with pytest.raises(NotPossible, match="less than a minute ago"):
        ask(fresh_key)
    clock.shift(2)
    ask(fresh_key)
    assert actions(team).count("pickers.sync_asked") == 2
    assert len(planned()) == 1


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"held_at": timezone.now()}, "being changed"),
        ({"status": "paused", "probe_at": timezone.now()}, "does not answer"),
        ({"probe_at": timezone.now()}, "does not answer"),
    ],
)
def test_it_refuses_while_the_key_cannot_be_used(fresh_key, team, about, says):
    BreakcoldKey.objects.update(**about)
    with pytest.raises(NotPossible, match=says):
        ask(fresh_key)
    assert planned() == [] and key_of(team).pickers_asked_at is None


def test_it_finds_an_asked_for_reading_that_got_lost(fresh_key, team, sandbox, clock):
    sync(fresh_key)
    clock.shift(61)
    ask(fresh_key)
    DBTaskResult.objects.all().delete()
    sweep.sweep()
    assert len(planned()) == 1


def test_it_says_why_nothing_came_of_it(fresh_key, team, sandbox, clock):
    ask(fresh_key)
    sandbox.revoke(SANDBOX_KEY)
    sync(fresh_key)
    found = key_of(team)
    assert found.pickers_asked_at is None and "does not accept" in found.pickers_trouble
    sandbox.restore(SANDBOX_KEY)
    BreakcoldKey.objects.update(status="active", probe_at=None)
    sync(fresh_key)
    assert key_of(team).pickers_trouble == ""


def test_it_tries_a_first_reading_again_soon(fresh_key, team, sandbox, clock):
    sandbox.down()
    sync(fresh_key)
    assert "could not be reached" in key_of(team).pickers_trouble
    [task] = planned()
    assert task.run_after == timezone.now() + timedelta(seconds=reading.YIELD_SECONDS)
    sandbox.up()
    sync(fresh_key)
    assert key_of(team).pickers_trouble == "" and PickerOption.objects.exists()
    DBTaskResult.objects.all().delete()
    sandbox.down()
    sync(fresh_key)
    assert planned() == []


def test_it_says_so_when_the_key_waits_for_a_probe(fresh_key, team, sandbox):
    ask(fresh_key)
    BreakcoldKey.objects.update(probe_at=timezone.now())
    sync(fresh_key)
    assert paths(sandbox) == [] and "does not answer" in key_of(team).pickers_trouble
    assert key_of(team).pickers_asked_at is None


def test_it_records_who_asked(fresh_key, team, alice):
    pickers.ask_for_sync(key=fresh_key, actor=actor_for(alice))
    assert AuditEntry.objects.get(action="pickers.sync_asked").actor_id == alice.public_id
