"""Hold, release, revoke, and the switch between Breakcold and the practice sandbox."""

from __future__ import annotations

from uuid import UUID

import pytest

from leads import crypto
from leads.audit import OPERATOR, verify
from leads.models import AuditEntry, BreakcoldKey, Submission, Team, User
from leads.models.keys import KeyStatus
from leads.models.teams import Environment
from leads.services import keys
from leads.services.teams import NotPossible
from tests.factories import actor_for, make_submission
from tests.fakes import OTHER_SANDBOX_KEY

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"


def newest(team: Team) -> AuditEntry:
    return AuditEntry.objects.filter(team=team).latest("sequence")


def live_key(team: Team) -> BreakcoldKey:
    return keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=OPERATOR)


def switch(team: Team, environment: str, user: User) -> None:
    keys.set_environment(team=team, environment=environment, actor=actor_for(user))
    team.refresh_from_db()


# Hold and release


def test_it_holds_a_key(key: BreakcoldKey, team: Team, alice: User) -> None:
    keys.hold_key(team=team, seen=str(key.public_id), actor=actor_for(alice))
    key.refresh_from_db()
    assert key.held_at is not None and key.held_by == alice
    entry = newest(team)
    assert (entry.action, entry.actor_id, entry.subject_id) == ("key.held", alice.public_id, key.public_id)
    assert "while the key is being changed" in keys.trouble_sentence(key)


def test_it_says_who_holds_it_already(key: BreakcoldKey, team: Team, alice: User) -> None:
    keys.hold_key(team=team, seen=str(key.public_id), actor=actor_for(alice))
    with pytest.raises(NotPossible, match=f"{alice.email} holds"):
        keys.hold_key(team=team, seen=str(key.public_id), actor=OPERATOR)


def test_it_releases_a_key(key: BreakcoldKey, team: Team, alice: User) -> None:
    keys.hold_key(team=team, seen=str(key.public_id), actor=OPERATOR)
    keys.release_key(team=team, seen=str(key.public_id), actor=actor_for(alice))
    key.refresh_from_db()
    assert (key.held_at, key.held_by) == (None, None)
    assert newest(team).action == "key.released"
    with pytest.raises(NotPossible, match="not held any more"):
        keys.release_key(team=team, seen=str(key.public_id), actor=OPERATOR)


@pytest.mark.parametrize("change", [keys.hold_key, keys.release_key, keys.revoke_key])
@pytest.mark.parametrize("seen", ["", "nonsense", str(UUID(int=1)), "an earlier one", "another team's"])
def test_it_changes_only_the_key_that_was_seen(change, seen, key, team, other_team, alice) -> None:
    theirs = keys.set_key(
        team=other_team, plain=OTHER_SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR
    )
    if seen == "an earlier one":
        seen = str(key.public_id)
        key = keys.set_key(
            team=team, plain=f"{OTHER_SANDBOX_KEY}-2", environment=Environment.SANDBOX, check=False, actor=OPERATOR
        )
    seen = str(theirs.public_id) if seen == "another team's" else seen
    before = AuditEntry.objects.count()
    with pytest.raises(keys.KeyChanged, match="changed since you opened this page"):
        change(team=team, seen=seen, actor=actor_for(alice))
    key.refresh_from_db()
    assert (key.held_at, key.status, AuditEntry.objects.count()) == (None, KeyStatus.ACTIVE, before)


# Revoke


def test_it_forgets_a_revoked_key_and_keeps_its_leads(key: BreakcoldKey, team: Team, alice: User, bob: User) -> None:
    for number in range(3):
        make_submission(team, bob, email=f"lead{number}@example.com")
    assert keys.revoke_key(team=team, seen=str(key.public_id), actor=actor_for(alice)) == 3
    key.refresh_from_db()
    assert (key.status, key.sealed, key.held_at) == (KeyStatus.REVOKED, "", None)
    assert keys.find_current_key(team) is None
    assert set(Submission.objects.values_list("state", flat=True)) == {"queued"}
    entry = newest(team)
    assert (entry.action, entry.details["waiting"], entry.details["last4"]) == ("key.revoked", 3, key.last4)
    with pytest.raises(crypto.CannotOpen):
        keys.client_for(key)
    assert not list(verify(team))


def test_it_counts_what_waits_for_one_environment(key: BreakcoldKey, team: Team, bob: User) -> None:
    make_submission(team, bob)
    Submission.objects.filter(pk=make_submission(team, bob, email="b@example.com").pk).update(environment="live")
    assert keys.waiting_for(team, Environment.SANDBOX) == keys.Waiting(queued=1, sending=0)
    assert keys.waiting_for(team, Environment.LIVE) == keys.Waiting(queued=1, sending=0)


# Practice


def test_it_makes_a_key_for_a_first_visit_to_the_sandbox(team: Team, alice: User, sandbox) -> None:
    switch(team, Environment.SANDBOX, alice)
    key = keys.find_current_key(team)
    assert team.is_practice and key.is_sandbox and key.owner_label == "Sandbox owner"
    actions = list(AuditEntry.objects.filter(team=team).order_by("-sequence").values_list("action", flat=True)[:2])
    assert actions == ["team.environment_changed", "key.set"]


def test_it_goes_to_practice_and_back_with_the_keys_it_had(key: BreakcoldKey, team: Team, alice: User) -> None:
    live = live_key(team)
    switch(team, Environment.SANDBOX, alice)
    assert keys.find_current_key(team) == key
    switch(team, Environment.LIVE, alice)
    assert keys.find_current_key(team) == live
    assert (newest(team).action, newest(team).details) == ("team.environment_changed", {"to": "live"})


def test_it_leaves_leads_that_wait_on_the_way_they_were_entered_for(team, alice, bob, sandbox) -> None:
    live = live_key(team)
    lead = make_submission(team, bob)
    switch(team, Environment.SANDBOX, alice)
    lead.refresh_from_db()
    assert (lead.environment, keys.find_key_for(lead)) == ("live", live)
    assert make_submission(team, bob, email="p@example.com").is_practice


def test_it_cannot_go_live_without_a_key(key: BreakcoldKey, team: Team, alice: User) -> None:
    with pytest.raises(NotPossible, match="no Breakcold key to go live with"):
        switch(team, Environment.LIVE, alice)
    team.refresh_from_db()
    assert team.is_practice


def test_it_does_not_go_to_a_sandbox_that_does_not_answer(team: Team, alice: User, settings) -> None:
    settings.BREAKCOLD_SANDBOX_URL = "http://127.0.0.1:1/rest"
    with pytest.raises(NotPossible, match="sandbox does not answer, so nothing was switched"):
        switch(team, Environment.SANDBOX, alice)
    team.refresh_from_db()
    assert not team.is_practice
    assert keys.find_key(team, Environment.SANDBOX) is None


def test_it_does_not_leave_a_held_queue_behind(key: BreakcoldKey, team: Team, alice: User) -> None:
    live = live_key(team)
    keys.hold_key(team=team, seen=str(live.public_id), actor=OPERATOR)
    with pytest.raises(NotPossible, match="The queue is held"):
        switch(team, Environment.SANDBOX, alice)
    team.refresh_from_db()
    assert not team.is_practice


def test_it_says_who_switched_before(key: BreakcoldKey, team: Team, alice: User) -> None:
    live_key(team)
    switch(team, Environment.SANDBOX, alice)
    with pytest.raises(NotPossible, match=f"there already. {alice.email} switched it"):
        switch(team, Environment.SANDBOX, alice)
