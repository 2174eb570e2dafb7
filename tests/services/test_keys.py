from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import transaction
from django.utils import timezone

from leads import crypto
from leads.audit import OPERATOR, SYSTEM, verify
from leads.breakcold.errors import BreakcoldError, KeyRejected
from leads.breakcold.sandbox import SandboxServer
from leads.models import AuditEntry, BreakcoldKey, Team, User
from leads.models.keys import KeyStatus
from leads.models.teams import Environment
from leads.services import keys
from leads.services.teams import NotPossible
from tests.factories import actor_for, make_member, make_submission, make_team
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY

from .threads import all_at_once

pytestmark = pytest.mark.django_db

LIVE_KEY = "breakcold-usr-live-tests-0001"


def set_key(team: Team, plain: str = SANDBOX_KEY, *, check: bool = False) -> BreakcoldKey:
    return keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=check, actor=OPERATOR)


def actions(team: Team) -> list[str]:
    rows = AuditEntry.objects.filter(team=team, action__startswith="key.").order_by("sequence")
    return list(rows.values_list("action", flat=True))


def probe(key: BreakcoldKey) -> keys.Probe:
    with keys.client_for(key) as client:
        return keys.probe_key(key, client, actor=SYSTEM)


def trouble(key: BreakcoldKey, times: int = 1) -> None:
    for _ in range(times):
        with transaction.atomic():
            keys.record_trouble(key, "Breakcold could not be reached.", at=timezone.now(), actor=SYSTEM)
    key.refresh_from_db()


# Setting a key


def test_it_keeps_a_key_sealed(team: Team, alice: User) -> None:
    key = keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=actor_for(alice))
    row = BreakcoldKey.objects.filter(pk=key.pk).values().get()
    assert LIVE_KEY not in str(row)
    assert (row["last4"], row["environment"], row["status"]) == ("0001", "live", "active")
    assert (row["set_by_id"], row["fingerprint"]) == (alice.pk, crypto.fingerprint(LIVE_KEY))
    assert actions(team) == ["key.set"]


def test_it_keeps_the_key_out_of_the_log(team: Team) -> None:
    set_key(team)
    details = str(list(AuditEntry.objects.values_list("details", flat=True)))
    assert SANDBOX_KEY not in details and SANDBOX_KEY[:-4] not in details


def test_it_puts_a_new_key_in_place_of_the_old_one(team: Team) -> None:
    old, new = set_key(team), set_key(team, OTHER_SANDBOX_KEY)
    old.refresh_from_db()
    assert (old.status, old.sealed, old.probe_at, old.wake_at) == (KeyStatus.REVOKED, "", None, None)
    assert keys.find_current_key(team) == new
    assert actions(team) == ["key.set", "key.replaced", "key.set"]


def test_it_takes_the_same_key_again(team: Team) -> None:
    first, again = set_key(team), set_key(team)
    assert keys.find_current_key(team) == again != first


def test_it_clears_a_paused_key_by_a_new_one(key: BreakcoldKey, team: Team) -> None:
    with transaction.atomic():
        keys.pause_key(key, "Breakcold does not accept the team's key.", at=timezone.now(), actor=SYSTEM)
    assert not set_key(team, OTHER_SANDBOX_KEY).is_waiting


def test_it_asks_whose_key_it_is(team: Team, sandbox: SandboxServer) -> None:
    assert set_key(team, check=True).owner_label == "Sandbox owner"


def test_it_does_not_keep_a_key_breakcold_refuses(team: Team, sandbox: SandboxServer) -> None:
    sandbox.revoke(SANDBOX_KEY)
    with pytest.raises(NotPossible, match="The key was not kept: Breakcold does not accept"):
        set_key(team, check=True)
    assert keys.find_current_key(team) is None
    assert actions(team) == []


def test_it_keeps_the_old_key_when_the_new_one_is_refused(key: BreakcoldKey, team: Team, sandbox) -> None:
    sandbox.revoke(OTHER_SANDBOX_KEY)
    with pytest.raises(NotPossible):
        set_key(team, OTHER_SANDBOX_KEY, check=True)
    assert keys.find_current_key(team) == key
    sandbox.restore(OTHER_SANDBOX_KEY)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("bc_live_0123456789abcdef", "newer API"),
        ("breakcold-usr with a space", "one word"),
        ("breakcold-usr\nX-Other: header", "one word"),
        ("breakcold-usr\r\n-0001-0001", "one word"),
        ("breakcold-usr-\x00-0001", "hidden"),
        ("breakcold-usr-\x1b-0001", "hidden"),
        ("breakcold-usr-ключ-0001", "hidden"),
        ("breakcold-usr-\u200b0001", "hidden"),
        ("breakcold-usr-\u2028-0001", "one word"),
        ("too-few", "shorter than 8"),
        ("x" * 501, "longer than 500"),
        ("lpt_0123456789abcdefghij", "token of this portal"),
        (LIVE_KEY, "not a key of the practice sandbox"),
    ],
)
def test_it_refuses_what_cannot_be_a_key(text: str, says: str, team: Team) -> None:
    with pytest.raises(NotPossible, match=says) as caught:
        set_key(team, text)
    assert not text.strip() or text not in str(caught.value)
    assert keys.find_current_key(team) is None


def test_it_takes_no_sandbox_key_for_a_live_one(team: Team) -> None:
    with pytest.raises(NotPossible, match="of the practice sandbox, not of Breakcold") as caught:
        keys.set_key(team=team, plain=SANDBOX_KEY, check=False, actor=OPERATOR)
    assert SANDBOX_KEY not in str(caught.value)


def test_it_takes_a_key_as_pasted(team: Team) -> None:
    assert set_key(team, f"  {SANDBOX_KEY}\r\n").fingerprint == crypto.fingerprint(SANDBOX_KEY)


def test_it_gives_two_teams_with_one_key_the_same_fingerprint(team: Team, other_team: Team) -> None:
    assert set_key(team).fingerprint == set_key(other_team).fingerprint


def test_it_says_that_a_team_has_no_key(team: Team) -> None:
    assert keys.find_current_key(team) is None


def test_it_makes_sandbox_keys_that_the_sandbox_takes(team: Team, sandbox: SandboxServer) -> None:
    assert set_key(team, keys.new_sandbox_key(), check=True).is_sandbox


@pytest.mark.django_db(transaction=True)
def test_it_leaves_one_current_key_of_eight_set_at_once(team: Team) -> None:
    all_at_once(lambda number: set_key(team, f"{SANDBOX_KEY}-{number}").pk, 8)
    assert BreakcoldKey.objects.current().filter(team=team).count() == 1
    assert actions(team).count("key.set") == 8
    assert not list(verify(team))


# Opening


def test_it_opens_a_key_for_its_own_team_only(team: Team, other_team: Team) -> None:
    key, other = set_key(team), set_key(other_team, OTHER_SANDBOX_KEY)
    BreakcoldKey.objects.filter(pk=other.pk).update(sealed=key.sealed)
    with pytest.raises(crypto.CannotOpen, match="another team"):
        keys.client_for(keys.find_current_key(other_team))


def test_it_opens_nothing_for_a_revoked_key(team: Team) -> None:
    old = set_key(team)
    set_key(team, OTHER_SANDBOX_KEY)
    old.refresh_from_db()
    with pytest.raises(crypto.CannotOpen):
        keys.client_for(old)


def test_it_sends_each_key_to_its_own_address(team: Team, other_team: Team, sandbox, settings) -> None:
    settings.BREAKCOLD_BASE_URL = "https://api.breakcold.invalid/rest"
    live = keys.set_key(team=team, plain=LIVE_KEY, check=False, actor=OPERATOR)
    assert repr(keys.client_for(live)) == "<BreakcoldClient https://api.breakcold.invalid/rest>"
    assert repr(keys.client_for(set_key(other_team))) == f"<BreakcoldClient {sandbox.url}>"


# Resealing


def test_it_seals_every_key_with_the_newest(team: Team, other_team: Team, settings) -> None:
    before = [set_key(team), set_key(other_team, OTHER_SANDBOX_KEY)]
    newest = Fernet.generate_key().decode()
    settings.PORTAL_ENCRYPTION_KEYS = [newest, *settings.PORTAL_ENCRYPTION_KEYS]
    assert keys.reseal_keys(actor=OPERATOR) == 2
    settings.PORTAL_ENCRYPTION_KEYS = [newest]
    for key in before:
        now = BreakcoldKey.objects.select_related("team").get(pk=key.pk)
        assert now.sealed != key.sealed
        keys.client_for(now).close()
        assert actions(now.team)[-1] == "key.resealed"


def test_it_passes_over_revoked_keys_when_resealing(team: Team) -> None:
    set_key(team)
    set_key(team, OTHER_SANDBOX_KEY)
    assert keys.reseal_keys(actor=OPERATOR) == 1


def test_it_changes_nothing_when_one_key_cannot_be_opened(team: Team, other_team: Team, settings) -> None:
    lost, fine = set_key(team), set_key(other_team, OTHER_SANDBOX_KEY)
    BreakcoldKey.objects.filter(pk=lost.pk).update(sealed="gAAAAA")
    with pytest.raises(crypto.CannotOpen):
        keys.reseal_keys(actor=OPERATOR)
    assert BreakcoldKey.objects.get(pk=fine.pk).sealed == fine.sealed
    assert "key.resealed" not in actions(other_team)


@pytest.mark.django_db(transaction=True)
def test_it_reseals_while_people_enter_leads(sandbox: SandboxServer) -> None:
    """Both lock the chain and the key: they must do it in the same order."""
    teams = [make_team(f"team-{number}") for number in range(3)]
    people = [_member_with_key(team) for team in teams]

    def work(number: int) -> None:
        for turn in range(8):
            if number == 0:
                keys.reseal_keys(actor=OPERATOR)
            else:
                make_submission(teams[number - 1], people[number - 1], email=f"lead{turn}@example.com")

    all_at_once(work, 4)
    assert [list(verify(team)) for team in teams] == [[], [], []]


def _member_with_key(team: Team) -> User:
    set_key(team, f"{SANDBOX_KEY}-{team.slug}")
    return make_member(team, f"member-{team.slug}")


# Trouble


def test_it_opens_the_circuit_at_the_third_trouble_in_a_row(key: BreakcoldKey) -> None:
    trouble(key, 2)
    assert not key.is_waiting
    trouble(key)
    assert (key.is_waiting, key.status) == (True, KeyStatus.ACTIVE)
    assert actions(key.team)[-1] == "key.circuit_opened"
    assert (key.probe_at - key.last_trouble_at).total_seconds() == keys.PROBE_SECONDS[0]


def test_it_says_once_that_the_circuit_is_open(key: BreakcoldKey) -> None:
    trouble(key, 6)
    assert actions(key.team).count("key.circuit_opened") == 1


def test_it_forgets_troubles_after_a_success(key: BreakcoldKey) -> None:
    trouble(key, 2)
    keys.record_success(key, at=timezone.now())
    trouble(key, 2)
    assert not key.is_waiting


def test_it_closes_the_circuit_when_the_probe_answers(key: BreakcoldKey) -> None:
    trouble(key, 3)
    probe(key)
    key.refresh_from_db()
    assert not key.is_waiting
    assert actions(key.team)[-1] == "key.reopened"


def test_it_opens_again_at_one_more_trouble_after_a_probe(key: BreakcoldKey) -> None:
    trouble(key, 3)
    probe(key)
    trouble(key)
    assert key.is_waiting


def test_it_waits_longer_after_each_failed_probe(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    trouble(key, 3)
    sandbox.fault("status", method="GET", path="/rest/me", status=503, times=None)
    waits = []
    for _ in range(5):
        with pytest.raises(BreakcoldError):
            probe(key)
        key.refresh_from_db()
        waits.append((key.probe_at - key.last_trouble_at).total_seconds())
    assert waits == [30, 60, 120, 300, 300]


def test_it_pauses_a_key_that_the_probe_finds_refused(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    trouble(key, 3)
    sandbox.revoke(SANDBOX_KEY)
    with pytest.raises(KeyRejected):
        probe(key)
    key.refresh_from_db()
    assert key.status == KeyStatus.PAUSED
    assert actions(key.team)[-1] == "key.paused"


def test_it_pauses_a_key_once(key: BreakcoldKey) -> None:
    for _ in range(2):
        with transaction.atomic():
            keys.pause_key(key, "Breakcold does not accept the team's key.", at=timezone.now(), actor=SYSTEM)
    key.refresh_from_db()
    assert (key.status, key.is_waiting) == (KeyStatus.PAUSED, True)
    assert actions(key.team).count("key.paused") == 1
    assert "does not accept" in keys.trouble_sentence(key)


def test_it_reopens_a_paused_key_when_the_probe_answers(key: BreakcoldKey) -> None:
    with transaction.atomic():
        keys.pause_key(key, "Breakcold does not accept the team's key.", at=timezone.now(), actor=SYSTEM)
    probe(key)
    key.refresh_from_db()
    assert (key.status, key.is_waiting) == (KeyStatus.ACTIVE, False)
    assert keys.trouble_sentence(key) == ""


def test_it_keeps_a_paused_key_paused_when_the_probe_is_refused(key: BreakcoldKey, sandbox: SandboxServer) -> None:
    with transaction.atomic():
        keys.pause_key(key, "Breakcold does not accept the team's key.", at=timezone.now(), actor=SYSTEM)
    key.refresh_from_db()
    sandbox.revoke(SANDBOX_KEY)
    with pytest.raises(KeyRejected):
        probe(key)
    key.refresh_from_db()
    assert key.status == KeyStatus.PAUSED
    assert key.probe_at > timezone.now() + timedelta(minutes=4)
    assert actions(key.team).count("key.reopened") == 0


def test_it_never_revives_a_revoked_key(team: Team, sandbox: SandboxServer) -> None:
    old = set_key(team)
    trouble(old, 3)
    with keys.client_for(old) as client:
        set_key(team, OTHER_SANDBOX_KEY)
        keys.probe_key(old, client, actor=SYSTEM)
    with transaction.atomic():
        keys.pause_key(old, "late", at=timezone.now(), actor=SYSTEM)
        keys.record_trouble(old, "late", at=timezone.now(), actor=SYSTEM)
    old.refresh_from_db()
    assert (old.status, old.sealed, old.probe_at) == (KeyStatus.REVOKED, "", None)
    assert actions(team) == ["key.set", "key.circuit_opened", "key.replaced", "key.set"]


def test_it_tells_everyone_what_is_the_matter(key: BreakcoldKey) -> None:
    assert "no key at the moment" in keys.trouble_sentence(None)
    assert "no Breakcold key at the moment" in keys.trouble_sentence(None, Environment.LIVE)
    assert "no key of the practice sandbox at the moment" in keys.trouble_sentence(None, Environment.SANDBOX)
    assert keys.trouble_sentence(key) == ""
    trouble(key, 3)
    assert "not answering properly" in keys.trouble_sentence(key)
