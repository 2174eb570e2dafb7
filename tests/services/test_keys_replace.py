"""Hold, probe, swap, release, roll back: what an admin does when Breakcold gave out another key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import transaction
from django.utils import timezone

from leads import crypto
from leads.audit import SYSTEM, verify
from leads.breakcold.errors import RateLimit
from leads.breakcold.sandbox.world import ME
from leads.models import AuditEntry, BreakcoldKey, Team, User
from leads.models.keys import KeyStatus
from leads.models.teams import Environment, Role
from leads.services import keys
from leads.services.teams import NotPossible
from leads.signals import key_ready
from tests.breakcold.loopback import answer, answering, listening
from tests.factories import actor_for, make_member, make_submission
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from .threads import all_at_once

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"
OWNER = keys.Probe(owner_id=ME["id"], owner_label=ME["name"], rate_limit=RateLimit())


def replace(team: Team, user: User, plain: str = OTHER_SANDBOX_KEY, **options: Any) -> BreakcoldKey:
    current = keys.find_key(team, options.get("environment", Environment.SANDBOX))
    told = {
        "environment": Environment.SANDBOX,
        "seen": str(current.public_id) if current else "",
        "other_owner": None,
        **options,
    }
    return keys.replace_key(team=team, plain=plain, actor=actor_for(user), **told)


def hold(key: BreakcoldKey, user: User) -> BreakcoldKey:
    return keys.hold_key(team=key.team, seen=str(key.public_id), actor=actor_for(user))


def actions(team: Team) -> list[str]:
    rows = AuditEntry.objects.filter(team=team).exclude(action__startswith="submission").order_by("sequence")
    return [action for action in rows.values_list("action", flat=True) if not action.startswith("member")]


@pytest.fixture
def ready(key: BreakcoldKey) -> list[BreakcoldKey]:
    """The keys that were told to go on."""
    told: list[BreakcoldKey] = []

    def listen(sender: Any, *, key: BreakcoldKey, **kwargs: Any) -> None:
        told.append(key)

    key_ready.connect(listen)
    yield told
    key_ready.disconnect(listen)


# Swap


def test_it_swaps_a_held_key_and_lets_the_queue_go(key: BreakcoldKey, team: Team, alice: User, ready) -> None:
    hold(key, alice)
    new = replace(team, alice)
    key.refresh_from_db()
    assert (key.status, key.sealed, key.held_at, key.held_by) == (KeyStatus.REVOKED, "", None, None)
    assert keys.find_current_key(team) == new
    assert (new.held_at, new.set_by, new.owner_label) == (None, alice, "Sandbox owner")
    assert ready == [new]
    assert actions(team)[-3:] == ["key.held", "key.replaced", "key.set"]
    assert not list(verify(team))


def test_it_holds_the_queue_while_it_tries_a_key_nobody_held(key, team, alice, monkeypatch) -> None:
    seen = []

    def watch(plain: str, environment: str) -> keys.Probe:
        seen.append(BreakcoldKey.objects.get(pk=key.pk).held_at)
        return OWNER

    monkeypatch.setattr("leads.services.keys.changing._try", watch)
    replace(team, alice)
    assert len(seen) == 1 and seen[0] is not None


def test_it_takes_a_first_key(team: Team, alice: User, sandbox) -> None:
    new = replace(team, alice)
    assert keys.find_key(team, Environment.SANDBOX) == new
    team.refresh_from_db()
    assert team.is_practice
    assert actions(team)[-2:] == ["key.set", "team.environment_changed"]


def test_it_leaves_the_team_where_it_is_when_it_replaces_the_other_key(key, team, alice, settings, sandbox) -> None:
    settings.BREAKCOLD_BASE_URL = sandbox.url
    with listening(answering(answer(b'{"id": "1", "full_name": "Real owner"}'))) as breakcold:
        settings.BREAKCOLD_BASE_URL = breakcold.url
        replace(team, alice, LIVE_KEY, environment=Environment.LIVE)
        keys.set_environment(team=team, environment=Environment.SANDBOX, actor=actor_for(alice))
        replace(team, alice, f"{LIVE_KEY}-2", environment=Environment.LIVE)
    team.refresh_from_db()
    assert team.is_practice
    assert keys.find_key(team, Environment.LIVE).last4 == "01-2"


# Roll back


def test_it_keeps_the_hold_and_the_old_key_when_the_new_one_fails(key, team, alice, bob, sandbox, ready) -> None:
    make_submission(team, bob)
    hold(key, alice)
    sandbox.revoke(OTHER_SANDBOX_KEY)
    with pytest.raises(NotPossible, match=r"The key was not kept: Breakcold does not accept this key \(401\)"):
        replace(team, alice)
    sandbox.restore(OTHER_SANDBOX_KEY)
    key.refresh_from_db()
    assert (key.status, key.held_by) == (KeyStatus.ACTIVE, alice)
    assert crypto.open_sealed(key.sealed, team_id=team.public_id) == SANDBOX_KEY
    assert keys.waiting_for(team, Environment.SANDBOX).queued == 1
    keys.release_key(team=team, seen=str(key.public_id), actor=actor_for(alice))
    assert ready == [key]
    assert actions(team)[-2:] == ["key.held", "key.released"]


def test_it_ends_the_hold_it_made_itself_when_the_new_key_fails(key, team, alice, sandbox, ready) -> None:
    sandbox.fault("status", method="GET", path="/rest/me", status=500)
    with pytest.raises(NotPossible):
        replace(team, alice)
    key.refresh_from_db()
    assert (key.held_at, key.status) == (None, KeyStatus.ACTIVE)
    assert ready == [key]
    assert actions(team)[-2:] == ["key.held", "key.released"]


def test_it_ends_the_hold_it_made_itself_when_the_portal_stumbles(key, team, alice, monkeypatch) -> None:
    monkeypatch.setattr("leads.services.keys.changing._try", lambda plain, environment: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        replace(team, alice)
    key.refresh_from_db()
    assert key.held_at is None


def test_it_holds_nothing_for_what_cannot_be_a_key(key: BreakcoldKey, team: Team, alice: User) -> None:
    before = actions(team)
    with pytest.raises(NotPossible):
        replace(team, alice, "two words")
    assert actions(team) == before


def test_it_refuses_the_key_it_has(key: BreakcoldKey, team: Team, alice: User) -> None:
    with pytest.raises(NotPossible, match="the team has already"):
        replace(team, alice, SANDBOX_KEY)
    assert keys.find_current_key(team) == key


def test_it_takes_a_key_again_that_it_cannot_open_any_more(key, team, alice, settings, sandbox) -> None:
    settings.PORTAL_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    again = replace(team, alice, SANDBOX_KEY)
    assert (again.fingerprint, again.held_at) == (key.fingerprint, None)
    assert crypto.open_sealed(again.sealed, team_id=team.public_id) == SANDBOX_KEY
    assert actions(team)[-3:] == ["key.held", "key.replaced", "key.set"]


# Why a key was not kept


FAULTS = {
    "401": ({"action": "status", "status": 401}, "does not accept this key (401)"),
    "403": ({"action": "status", "status": 403}, "does not accept this key for its API (403)"),
    "404": ({"action": "status", "status": 404}, "There is no Breakcold API"),
    "a redirect": (
        {"action": "status", "status": 302, "headers": {"Location": "https://x.test/"}},
        "somewhere else",
    ),
    "429": ({"action": "status", "status": 429}, "Wait a minute"),
    "500": ({"action": "status", "status": 500}, "trouble of its own (status 500)"),
    "a page": (
        {"action": "body", "status": 200, "body": "<html>Hotel</html>", "content_type": "text/html"},
        "not as Breakcold's API does",
    ),
    "an echo": ({"action": "echo", "status": 400}, "not as Breakcold's API does"),
    "a cut": ({"action": "cut"}, "could not be reached"),
    "a stall": ({"action": "stall"}, "could not be reached in time"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_it_says_why_a_key_was_not_kept(what: str, team: Team, alice: User, sandbox, settings) -> None:
    options, says = FAULTS[what]
    settings.BREAKCOLD_TIMEOUT_SECONDS = 1
    sandbox.fault(method="GET", path="/rest/me", **options)
    with pytest.raises(NotPossible) as caught:
        replace(team, alice)
    assert says in str(caught.value)
    assert OTHER_SANDBOX_KEY not in str(caught.value)
    assert keys.find_key(team, Environment.SANDBOX) is None


@pytest.mark.parametrize("url", ["https://api.breakcod.invalid/rest", "http://127.0.0.1:1/rest"])
def test_it_names_the_address_it_could_not_reach(url: str, team: Team, alice: User, settings) -> None:
    settings.BREAKCOLD_BASE_URL = url
    with pytest.raises(NotPossible, match=r"could not be reached.*BREAKCOLD_BASE_URL \((api.breakcod.invalid|127)"):
        replace(team, alice, LIVE_KEY, environment=Environment.LIVE)


# Two at once


def test_it_tells_the_second_admin_what_the_first_did(key, team, alice) -> None:
    new = replace(team, alice)
    with pytest.raises(keys.KeyChanged, match=rf"{alice.email} set the key that ends in {new.last4}"):
        replace(team, alice, f"{SANDBOX_KEY}-third", seen=str(key.public_id))
    assert keys.find_current_key(team) == new
    assert new.held_at is None


def test_it_tells_the_second_admin_that_the_key_was_revoked(key, team, alice) -> None:
    keys.revoke_key(team=team, seen=str(key.public_id), actor=actor_for(alice))
    with pytest.raises(keys.KeyChanged, match=rf"{alice.email} revoked the key that ended in {key.last4}"):
        replace(team, alice, seen=str(key.public_id))
    assert keys.find_current_key(team) is None


def test_it_finds_out_at_the_last_moment_that_the_key_changed(key, team, alice, monkeypatch) -> None:
    """Both were tried at the same time; the slower one is told."""

    def slow(plain: str, environment: str) -> keys.Probe:
        monkeypatch.undo()
        replace(team, alice, f"{SANDBOX_KEY}-faster")
        return OWNER

    monkeypatch.setattr("leads.services.keys.changing._try", slow)
    with pytest.raises(keys.KeyChanged):
        replace(team, alice)
    current = keys.find_current_key(team)
    assert (current.last4, current.held_at) == ("ster", None)
    assert actions(team).count("key.replaced") == 1


def test_it_takes_a_double_click_for_one(key, team, alice) -> None:
    seen = str(key.public_id)
    new = replace(team, alice, seen=seen)
    assert replace(team, alice, seen=seen) == new
    assert actions(team).count("key.set") == 2


def test_it_takes_two_clicks_at_the_same_time_for_one(key, team, alice, monkeypatch) -> None:
    seen, first = str(key.public_id), []

    def slow(plain: str, environment: str) -> keys.Probe:
        monkeypatch.undo()
        first.append(replace(team, alice, seen=seen))
        return OWNER

    monkeypatch.setattr("leads.services.keys.changing._try", slow)
    assert [replace(team, alice, seen=seen)] == first
    assert (actions(team).count("key.set"), first[0].held_at) == (2, None)


@pytest.mark.parametrize("why", ["another admin set it", "it was set long ago", "it stopped working"])
def test_it_says_of_no_key_that_it_works_unless_it_tried_it(why: str, key, team, alice, sandbox) -> None:
    seen = str(key.public_id)
    new = replace(team, make_member(team, "boss", Role.ADMIN) if why == "another admin set it" else alice, seen=seen)
    if why == "it was set long ago":
        BreakcoldKey.objects.filter(pk=new.pk).update(set_at=timezone.now() - timedelta(minutes=2))
    if why == "it stopped working":
        with transaction.atomic():
            keys.pause_key(new, "Breakcold refused the key.", at=timezone.now(), actor=SYSTEM)
    with pytest.raises(keys.KeyChanged, match="set the key that ends in"):
        replace(team, alice, seen=seen)
    assert keys.find_current_key(team) == new


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_of_six_admins_through(key: BreakcoldKey, team: Team, alice: User) -> None:
    seen = str(key.public_id)

    def work(number: int) -> str:
        try:
            return replace(team, alice, f"{SANDBOX_KEY}-{number}", seen=seen).last4
        except keys.KeyChanged:
            return ""

    done = [last4 for last4 in all_at_once(work, 6) if last4]
    current = keys.find_current_key(team)
    assert [current.last4] == done
    assert current.held_at is None
    assert BreakcoldKey.objects.current().count() == 1
    assert not list(verify(team))
