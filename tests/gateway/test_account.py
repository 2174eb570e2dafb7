"""What clients read to check a key and to fill their pickers."""

from __future__ import annotations

import pytest

from leads.models import CustomAttribute, PickerOption, Team, User
from tests.views.conftest import options as options

from .test_door import check_error

pytestmark = pytest.mark.django_db
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
    before = len(sandbox.calls())
    for name in (*PICKERS, "me"):
        assert script.get(f"/rest/{name}").status_code == 200
    assert len(sandbox.calls()) == before


@pytest.mark.parametrize("name", ["me", *PICKERS])
def test_it_takes_no_parameter_it_does_not_know(name, script) -> None:
    check_error(script.get(f"/rest/{name}?page=2"), 400, "unknown_parameter")
