"""What happens to the team, its admins and its holds while a pasted key is being tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leads.audit import OPERATOR, Actor
from leads.breakcold.errors import RateLimit
from leads.models import AuditEntry, BreakcoldKey, Team, User
from leads.models.teams import Environment, Role
from leads.services import keys, members
from leads.services.teams import NotPossible
from tests.factories import actor_for, make_member
from tests.fakes import OTHER_SANDBOX_KEY

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"


def replace(key: BreakcoldKey, actor: Actor) -> BreakcoldKey:
    return keys.replace_key(
        team=key.team,
        plain=OTHER_SANDBOX_KEY,
        environment=Environment.SANDBOX,
        seen=str(key.public_id),
        other_owner=None,
        actor=actor,
    )


@pytest.fixture
def while_trying(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do something while Breakcold is asked about a pasted key; then it works, or not."""

    def plan(do: Callable[[], object], *, works: bool) -> None:
        def slow(plain: str, environment: str) -> keys.Probe:
            do()
            if not works:
                raise NotPossible("The key was not kept.")
            return keys.Probe(owner_id="1", owner_label="Sandbox owner", rate_limit=RateLimit())

        monkeypatch.setattr("leads.services.keys.changing._try", slow)

    return plan


# Holding meanwhile


def test_it_keeps_a_hold_that_somebody_asked_for_meanwhile(key, team, alice, while_trying) -> None:
    boss = make_member(team, "boss", Role.ADMIN)
    hold = {"team": team, "seen": str(key.public_id), "actor": actor_for(boss)}
    while_trying(lambda: keys.hold_key(**hold), works=False)
    with pytest.raises(NotPossible, match="was not kept"):
        replace(key, actor_for(alice))
    key.refresh_from_db()
    assert key.held_at is not None
    assert (key.held_by, key.hold_ends) == (boss, False)
    with pytest.raises(NotPossible, match=f"{boss.email} holds the queue already"):
        keys.hold_key(**hold)
    assert not AuditEntry.objects.filter(team=team, action="key.released").exists()


def test_it_lets_the_queue_go_when_it_was_released_meanwhile(key, team, alice, while_trying) -> None:
    release = {"team": team, "seen": str(key.public_id), "actor": OPERATOR}
    while_trying(lambda: keys.release_key(**release), works=False)
    with pytest.raises(NotPossible):
        replace(key, actor_for(alice))
    key.refresh_from_db()
    assert (key.held_at, key.hold_ends) == (None, False)
    assert AuditEntry.objects.filter(team=team, action="key.released").count() == 1


# No admin any more


@pytest.mark.parametrize("role", [None, Role.MEMBER])
def test_it_keeps_no_key_of_somebody_who_is_no_admin_by_now(role, key, team, alice, while_trying) -> None:
    boss = make_member(team, "boss", Role.ADMIN)

    def demote() -> None:
        if role is None:
            members.remove_member(team=team, user=alice, actor=actor_for(boss))
        else:
            members.add_member(team=team, email=alice.email, role=role, actor=actor_for(boss))

    while_trying(demote, works=True)
    with pytest.raises(NotPossible, match="not an admin of this team any more"):
        replace(key, actor_for(alice))
    key.refresh_from_db()
    assert keys.find_current_key(team) == key
    assert key.held_at is None  # the hold that was made for it ends all the same


@pytest.mark.parametrize("what", ["hold", "release", "revoke", "set", "replace", "practise"])
def test_it_obeys_admins_only(what: str, key: BreakcoldKey, team: Team, bob: User) -> None:
    seen, actor = str(key.public_id), actor_for(bob)
    if what == "practise":
        keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=OPERATOR)
    deeds: dict[str, Callable[[], object]] = {
        "hold": lambda: keys.hold_key(team=team, seen=seen, actor=actor),
        "release": lambda: keys.release_key(team=team, seen=seen, actor=actor),
        "revoke": lambda: keys.revoke_key(team=team, seen=seen, actor=actor),
        "set": lambda: keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=actor),
        "replace": lambda: replace(key, actor),
        "practise": lambda: keys.set_environment(team=team, environment=Environment.SANDBOX, actor=actor),
    }
    before = AuditEntry.objects.count()
    with pytest.raises(NotPossible, match="not an admin of this team any more"):
        deeds[what]()
    assert AuditEntry.objects.count() == before


# Another environment


def test_it_does_not_go_elsewhere_with_a_first_key_while_the_queue_is_held(team, alice, sandbox) -> None:
    live = keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=OPERATOR)
    keys.hold_key(team=team, seen=str(live.public_id), actor=actor_for(alice))
    for deed in (keys.replace_key, keys.set_key):
        told = {"seen": "", "other_owner": None} if deed is keys.replace_key else {}
        with pytest.raises(NotPossible, match="The queue is held"):
            deed(team=team, plain=OTHER_SANDBOX_KEY, environment=Environment.SANDBOX, actor=actor_for(alice), **told)
    team.refresh_from_db()
    assert (team.environment, keys.find_key(team, Environment.SANDBOX)) == (Environment.LIVE, None)
