"""What clients read to check a key and to fill their pickers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leads.delivery import tasks
from leads.gateway import account
from leads.models import BreakcoldKey, CustomAttribute, PickerOption, Team, User
from tests.views.conftest import options as options

from .test_door import check_error

pytestmark = pytest.mark.django_db
READ_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PICKERS = ("lists", "status", "tags", "members", "attributes")


def test_it_says_whose_token_this_is(issue, team: Team, bob: User) -> None:
    script = issue(owner=bob, scopes=["create"])
    assert script.get("/rest/me").json() == {
        "id": str(script.token.public_id), "email": bob.email, "name": "Fair app",
        "team": {"slug": "brewers", "name": "Brewers", "is_practice": False}, "scopes": ["create"], "expires_at": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", PICKERS)
def test_it_gives_pickers_in_breakcold_s_shape(name, script, options) -> None:
    rows = script.get(f"/rest/{name}").json()
    real = {row["id"]: row for row in options[name]}
    assert {row["id"] for row in rows} == set(real)
    for row in rows:
        known = real[row["id"]]
        assert row.keys() >= known.keys() - {"email", "handle"}
        same = {key for key in known if row.get(key) is not None} - {"full_name", "name", "order"}
        assert {key: row[key] for key in same} == {key: known[key] for key in same}


def test_it_gives_the_statuses_of_one_list(script, options) -> None:
    inbound = options["lists"][0]["id"]
    assert {row["id_list"] for row in script.get(f"/rest/status?id_list={inbound}").json()} == {inbound}
    assert len(script.get("/rest/status?all=true").json()) == len(script.get("/rest/status").json())
    assert script.get("/rest/status?id_list=%00").json() == []


def test_it_shows_what_can_be_chosen_now_in_the_team_s_own_account(script, options, team, other_team) -> None:
    PickerOption.objects.filter(kind="tag").update(is_gone=True)
    CustomAttribute.objects.update(environment="sandbox")
    PickerOption.objects.filter(kind="list").update(team=other_team)
    for name in ("tags", "attributes", "lists"):
        assert script.get(f"/rest/{name}").json() == []


def test_it_asks_breakcold_nothing(script, sandbox, key) -> None:
    BreakcoldKey.objects.update(pickers_synced_at=READ_AT)
    before = len(sandbox.calls())
    for name in (*PICKERS, "me"):
        assert script.get(f"/rest/{name}").status_code == 200
    assert len(sandbox.calls()) == before


@pytest.mark.parametrize("name", PICKERS)
def test_it_waits_for_the_first_reading(name, script, key, monkeypatch) -> None:
    """An empty list would tell a new script that the team has no lists at all."""
    waited: list[float] = []

    def poll(look, *, seconds):
        waited.append(seconds)
        assert look() is None
        tasks.sync_pickers.func(str(key.public_id))
        return look()

    monkeypatch.setattr(account.waiting, "poll", poll)
    answer = script.get(f"/rest/{name}", prefer="wait=7")
    assert (answer.status_code, waited) == (200, [7])
    assert answer.json() and answer["Last-Modified"]
    assert script.get(f"/rest/{name}").content == answer.content
    assert len(waited) == 1


def test_it_says_when_the_first_reading_takes_long(script, key) -> None:
    answer = script.get("/rest/lists", prefer="respond-async")
    assert "being read" in check_error(answer, 503, "not_read_yet")["message"]
    assert (answer["Retry-After"], answer.json()["retryAfterMs"]) == ("5", 5000)


@pytest.mark.parametrize(
    "why",
    [
        {"pickers_trouble": "Breakcold does not answer"},
        {"status": "paused"},
        {"held_at": READ_AT},
        {"probe_at": READ_AT},
        {"pickers_synced_at": READ_AT},
        {"status": "revoked", "sealed": ""},
    ],
)
def test_it_waits_for_no_reading_that_does_not_come(why, script, key) -> None:
    BreakcoldKey.objects.update(**why)
    answer = script.get("/rest/tags", prefer="wait=30")
    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.get("Last-Modified") == ("Mon, 02 Mar 2026 09:00:00 GMT" if "pickers_synced_at" in why else None)


def test_what_was_typed_in_is_there_before_the_first_reading(script, key) -> None:
    team = key.team
    team.refresh_from_db()
    PickerOption.objects.create(
        team=team, environment=team.environment, kind="tag", external_id="t1", name="Fair", is_typed_in=True
    )
    assert [row["id"] for row in script.get("/rest/tags", prefer="wait=30").json()] == ["t1"]


@pytest.mark.parametrize("name", ["me", *PICKERS])
def test_it_takes_no_parameter_it_does_not_know(name, script) -> None:
    check_error(script.get(f"/rest/{name}?page=2"), 400, "unknown_parameter")
