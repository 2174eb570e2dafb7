"""What Breakcold says of its pickers is read tolerantly: none of those endpoints is promised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leads.audit import SYSTEM
from leads.breakcold.errors import (
    Answer,
    KeyRejected,
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    RateLimit,
    RateLimited,
    Refused,
)
from leads.breakcold.sandbox import SandboxServer
from leads.models import AuditEntry, CustomAttribute, PickerOption, Team
from leads.models.pickers import PickerKind
from leads.models.teams import Environment
from leads.services import keys, pickers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key")]

NO_SUCH_ENDPOINT = Misconfigured("There is no Breakcold API at the configured address.", status=404)
ODD: list[Any] = [None, 7, "text", True, {}, {"error": "no"}, {"data": 3}, [None, 1, "x", [], {}]]


def answering(**said: Any) -> Callable[[str], Answer]:
    """Answers ``said[kind]`` for the endpoint of a kind; raises it when it is an error; else an empty list."""
    paths = {path: kind.value for kind, path in pickers.SOURCES.items()} | {pickers.ATTRIBUTES: "attribute"}

    def read(path: str) -> Answer:
        body = said.get(paths[path], [])
        if isinstance(body, Exception):
            raise body
        return Answer(status=200, body=body, rate_limit=RateLimit())

    return read


def sync(team: Team, **said: Any) -> None:
    pickers.sync(key=keys.find_current_key(team), read=answering(**said), actor=SYSTEM)


def shown(team: Team, kind: PickerKind = PickerKind.TAG) -> dict[str, str]:
    rows = PickerOption.objects.filter(team=team, kind=kind, is_gone=False)
    return dict(rows.values_list("external_id", "name"))


# Against the sandbox


def test_it_reads_the_whole_world_of_the_sandbox(team: Team, sandbox: SandboxServer) -> None:
    key = keys.find_current_key(team)
    with keys.client_for(key) as client:
        pickers.sync(key=key, read=client.get, actor=SYSTEM)
    counts = {kind: PickerOption.objects.filter(kind=kind).count() for kind in PickerKind}
    assert counts == {"list": 3, "status": 8, "tag": 14, "owner": 3}
    assert CustomAttribute.objects.values("kind").distinct().count() == 12
    assert set(shown(team, PickerKind.OWNER).values()) == {
        "Sandbox owner",
        "Sandbox sales desk",
        "Sandbox trade-fair desk",
    }
    assert keys.find_current_key(team).pickers_synced_at is not None
    assert AuditEntry.objects.get(action="pickers.synced").details == {
        "list": 3,
        "status": 8,
        "tag": 14,
        "owner": 3,
        "attribute": 14,
    }


def test_it_ties_each_status_to_its_list(team: Team, sandbox: SandboxServer) -> None:
    key = keys.find_current_key(team)
    with keys.client_for(key) as client:
        pickers.sync(key=key, read=client.get, actor=SYSTEM)
    lists = set(PickerOption.objects.filter(kind=PickerKind.LIST).values_list("external_id", flat=True))
    assert set(PickerOption.objects.filter(kind=PickerKind.STATUS).values_list("list_id", flat=True)) == lists


# Shapes nobody promised


@pytest.mark.parametrize("body", ODD, ids=repr)
def test_it_takes_nothing_from_an_odd_body(body: Any, team: Team) -> None:
    sync(team, **dict.fromkeys(("list", "status", "tag", "owner", "attribute"), body))
    assert not PickerOption.objects.exists() and not CustomAttribute.objects.exists()


@pytest.mark.parametrize("body", [body for body in ODD if not isinstance(body, list)], ids=repr)
def test_it_leaves_things_as_they_were_when_the_answer_is_no_list(body: Any, team: Team) -> None:
    sync(team, tag=[{"id": "1", "name": "Hot"}])
    sync(team, tag=body)
    assert shown(team) == {"1": "Hot"}


def test_it_takes_the_good_rows_among_the_bad(team: Team) -> None:
    bad = [
        None,
        {"id": "2"},
        {"name": "No id"},
        {"id": "", "name": "x"},
        {"id": True, "name": "x"},
        {"id": {}, "name": "x"},
    ]
    sync(team, tag=[*bad, {"id": "1", "name": "Hot", "color": 7, "order": "first"}, *bad])
    assert shown(team) == {"1": "Hot"}


def test_it_reads_a_list_wrapped_in_an_object(team: Team) -> None:
    sync(team, tag={"total": 1, "tags": [{"id": 5, "name": "Hot"}]})
    assert shown(team) == {"5": "Hot"}


def test_it_keeps_the_last_of_two_rows_with_one_id(team: Team) -> None:
    sync(team, tag=[{"id": "1", "name": "Hot"}, {"id": "1", "name": "Hotter"}])
    assert shown(team) == {"1": "Hotter"}


@pytest.mark.parametrize("name", ["  ", "\n", 5.5, ["x"], None])
def test_it_passes_over_a_name_nobody_can_read(name: Any, team: Team) -> None:
    sync(team, tag=[{"id": "1", "name": name}])
    assert shown(team) == {}


def test_it_writes_a_name_on_one_line(team: Team) -> None:
    sync(team, tag=[{"id": "1", "name": " Very\n hot "}])
    assert shown(team) == {"1": "Very hot"}


def test_it_cuts_a_name_and_passes_over_an_id_that_is_too_long(team: Team) -> None:
    sync(
        team, tag=[{"id": "1", "name": "n" * 500, "color": "c" * 500}, {"id": "i" * 201, "name": "Cut ids are others"}]
    )
    assert shown(team) == {"1": "n" * 200}


def test_it_takes_any_number_for_the_order(team: Team) -> None:
    sync(
        team, tag=[{"id": str(n), "name": "x", "order": order} for n, order in enumerate([10**30, -1, 1.5, "2", None])]
    )
    assert len(shown(team)) == 5


def test_it_passes_over_attributes_of_a_kind_it_does_not_know(team: Team) -> None:
    rows = [
        {"id": "1", "name": "Formula", "type": "FORMULA"},
        {"id": "2", "name": "Notes", "type": "text"},
        {"id": "3", "name": "?", "type": 4},
    ]
    sync(team, attribute=rows)
    assert list(CustomAttribute.objects.values_list("external_id", "kind")) == [("2", "TEXT")]


def test_it_reads_the_options_of_a_select(team: Team) -> None:
    options = [{"id": "a", "name": "Retail"}, {"id": "b"}, None, "c", {"id": "d", "name": ""}]
    row = {"id": "1", "name": "Industry", "type": "SELECT", "isMultiSelect": "yes", "select_options": options}
    sync(team, attribute=[row])
    stored = CustomAttribute.objects.get()
    assert (stored.options, stored.is_multiple) == ([{"id": "a", "name": "Retail"}], False)


# Coming and going


def test_it_keeps_a_vanished_option_as_gone(team: Team) -> None:
    sync(team, tag=[{"id": "1", "name": "Hot"}, {"id": "2", "name": "Cold"}])
    sync(team, tag=[{"id": "2", "name": "Cold"}])
    assert shown(team) == {"2": "Cold"}
    assert PickerOption.objects.get(external_id="1").is_gone


def test_it_takes_a_vanished_option_back_under_its_new_name(team: Team) -> None:
    for name in ("Hot", None, "Very hot"):
        sync(team, tag=[{"id": "1", "name": name}] if name else [])
    assert shown(team) == {"1": "Very hot"}
    assert PickerOption.objects.count() == 1


def test_it_does_the_same_with_attributes(team: Team) -> None:
    row = {"id": "1", "name": "Notes", "type": "TEXT"}
    sync(team, attribute=[row])
    sync(team)
    assert CustomAttribute.objects.get().is_gone
    sync(team, attribute=[{**row, "type": "TEXTAREA"}])
    assert CustomAttribute.objects.values_list("kind", "is_gone").get() == ("TEXTAREA", False)


def test_it_leaves_other_kinds_and_teams_alone(team: Team, other_team: Team) -> None:
    plain = keys.new_sandbox_key()
    keys.set_key(team=other_team, plain=plain, environment=Environment.SANDBOX, check=False, actor=SYSTEM)
    for each in (team, other_team):
        sync(each, tag=[{"id": "1", "name": "Hot"}], list=[{"id": "1", "name": "Inbound"}])
    sync(team, tag=[], list=[{"id": "1", "name": "Inbound"}])
    assert shown(team) == {} and shown(team, PickerKind.LIST) == {"1": "Inbound"}
    assert shown(other_team) == {"1": "Hot"}


def test_it_takes_five_thousand_tags(team: Team) -> None:
    rows = [{"id": str(number), "name": f"Tag {number}"} for number in range(5_000)]
    sync(team, tag=rows)
    sync(team, tag=rows[1:])
    assert len(shown(team)) == 4_999


# Trouble


@pytest.mark.parametrize("error", [NO_SUCH_ENDPOINT, Refused("No"), OutcomeUnknown("502", status=502)])
def test_it_does_without_an_endpoint_that_is_missing(error: Exception, team: Team) -> None:
    sync(team, tag=[{"id": "1", "name": "Hot"}], attribute=[{"id": "1", "name": "Notes", "type": "TEXT"}])
    sync(team, tag=error, attribute=error, list=[{"id": "9", "name": "Inbound"}])
    assert shown(team) == {"1": "Hot"}
    assert shown(team, PickerKind.LIST) == {"9": "Inbound"}
    assert not CustomAttribute.objects.get().is_gone


@pytest.mark.parametrize("error", [KeyRejected("401", status=401), NotSent("down"), RateLimited("429", status=429)])
def test_it_keeps_nothing_when_the_key_or_the_network_is_in_trouble(error: Exception, team: Team) -> None:
    with pytest.raises(type(error)):
        sync(team, list=[{"id": "9", "name": "Inbound"}], tag=error)
    assert not PickerOption.objects.exists()
    assert keys.find_current_key(team).pickers_synced_at is None


def test_it_keeps_what_options_are_called_out_of_the_log(team: Team) -> None:
    sync(team, tag=[{"id": "1", "name": "Canary"}])
    assert "Canary" not in str(list(AuditEntry.objects.values_list("details", flat=True)))
