"""Whose key it is: asked before another Breakcold user's takes its place, and compared by id, not by name."""

from __future__ import annotations

from typing import Any

import pytest

from leads.audit import OPERATOR
from leads.breakcold.sandbox import SandboxServer
from leads.breakcold.sandbox.world import ME
from leads.models import BreakcoldKey, Team, User
from leads.models.teams import Environment
from leads.services import keys
from tests.factories import actor_for
from tests.fakes import OTHER_SANDBOX_KEY

pytestmark = pytest.mark.django_db


def replace(team: Team, user: User, *, other_owner: str | None = None) -> BreakcoldKey:
    current = keys.find_key(team, Environment.SANDBOX)
    return keys.replace_key(
        team=team,
        plain=OTHER_SANDBOX_KEY,
        environment=Environment.SANDBOX,
        seen=str(current.public_id) if current else "",
        other_owner=other_owner,
        actor=actor_for(user),
    )


def me(sandbox: SandboxServer, **body: Any) -> None:
    """What the next ``GET /me`` with the new key says."""
    sandbox.fault("body", key=OTHER_SANDBOX_KEY, method="GET", path="/rest/me", status=200, body=body)


@pytest.fixture
def owned(key: BreakcoldKey) -> BreakcoldKey:
    """A key that Breakcold told the owner of."""
    BreakcoldKey.objects.filter(pk=key.pk).update(owner_id=ME["id"], owner_label=ME["name"])
    return key


def test_it_keeps_a_key_of_the_same_user_without_asking(owned, team, alice, sandbox) -> None:
    me(sandbox, id=ME["id"], full_name="Renamed since")
    new = replace(team, alice)
    assert (new.owner_id, new.owner_label) == (ME["id"], "Renamed since")


def test_it_asks_before_another_user_s_key_takes_its_place(owned, team, alice, sandbox) -> None:
    me(sandbox, id="2", full_name="Somebody Else")
    with pytest.raises(keys.OtherOwner) as caught:
        replace(team, alice)
    assert (caught.value.was, caught.value.now) == ("Sandbox owner", "Somebody Else")
    assert keys.find_current_key(team) == owned
    me(sandbox, id="2", full_name="Somebody Else")
    assert replace(team, alice, other_owner=caught.value.answer).owner_label == "Somebody Else"


def test_it_asks_again_when_it_is_yet_another_user(owned, team, alice, sandbox) -> None:
    me(sandbox, id="3", full_name="Somebody Else")
    with pytest.raises(keys.OtherOwner):
        replace(team, alice, other_owner="2")
    assert keys.find_current_key(team) == owned


def test_it_asks_when_another_user_has_the_same_name(owned, team, alice, sandbox) -> None:
    me(sandbox, id="2", full_name=ME["name"])
    with pytest.raises(keys.OtherOwner, match="two users of that name"):
        replace(team, alice)


def test_it_asks_when_breakcold_does_not_say_whose_the_new_key_is(owned, team, alice, sandbox) -> None:
    me(sandbox)
    with pytest.raises(keys.OtherOwner, match="does not name"):
        replace(team, alice)


def test_it_asks_when_only_the_name_of_the_owner_before_is_known(key, team, alice) -> None:
    BreakcoldKey.objects.filter(pk=key.pk).update(owner_label=ME["name"])
    with pytest.raises(keys.OtherOwner):
        replace(team, alice)


def test_it_cannot_compare_with_a_key_nobody_asked_about(key, team, alice) -> None:
    assert key.owner_label == ""
    assert replace(team, alice).owner_label == "Sandbox owner"


def test_it_asks_after_the_key_before_was_revoked(owned, team, alice, sandbox) -> None:
    keys.revoke_key(team=team, seen=str(owned.public_id), actor=actor_for(alice))
    me(sandbox, id="2", full_name="Somebody Else")
    with pytest.raises(keys.OtherOwner):
        replace(team, alice)
    assert keys.find_current_key(team) is None
    assert replace(team, alice).owner_id == ME["id"]


def test_it_asks_though_a_key_nobody_asked_about_came_between(owned, team, alice, sandbox) -> None:
    plain = keys.new_sandbox_key()
    keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    me(sandbox, id="2", full_name="Somebody Else")
    with pytest.raises(keys.OtherOwner):
        replace(team, alice)


def test_it_never_compares_with_the_other_environment(owned, team, alice, sandbox) -> None:
    BreakcoldKey.objects.filter(pk=owned.pk).update(environment=Environment.LIVE)
    me(sandbox, id="2", full_name="Somebody Else")
    assert replace(team, alice).owner_id == "2"


def test_it_goes_to_the_sandbox_anew_without_asking(owned, team, alice, sandbox) -> None:
    """The portal makes that key itself, so there is nobody to ask."""
    BreakcoldKey.objects.filter(pk=owned.pk).update(owner_id="an earlier sandbox")
    keys.revoke_key(team=team, seen=str(owned.public_id), actor=actor_for(alice))
    Team.objects.filter(pk=team.pk).update(environment=Environment.LIVE)
    keys.set_environment(team=team, environment=Environment.SANDBOX, actor=actor_for(alice))
    assert keys.find_current_key(team).owner_id == ME["id"]


@pytest.mark.parametrize(
    ("body", "owner_id", "label"),
    [
        ({"id": 7, "name": "Ann"}, "7", "Ann"),
        ({"email": "ann@example.com", "name": "Ann"}, "ann@example.com", "Ann"),
        ({"id": " ", "email": "ann@example.com"}, "ann@example.com", "ann@example.com"),
        ({"id": True, "name": ["Ann"]}, "", ""),
        ({"id": "x" * 300}, "x" * 200, ""),
    ],
)
def test_it_reads_who_the_owner_is(body, owner_id, label, team, alice, sandbox) -> None:
    me(sandbox, **body)
    new = replace(team, alice)
    new.refresh_from_db()
    assert (new.owner_id, new.owner_label) == (owner_id, label)
