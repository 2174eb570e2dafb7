from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import AuditEntry, FormPreset, GatewayToken, Membership, Team, User
from leads.services import tokens
from leads.services.teams import NotPossible
from leads.services.tokens import Useless
from tests.factories import OPERATOR, actor_for

pytestmark = pytest.mark.django_db


def test_it_keeps_a_digest_and_not_the_token(team: Team, alice: User) -> None:
    token, plain = tokens.issue_token(team=team, name="Fair app", actor=actor_for(alice))
    assert plain.startswith("lpt_") and len(plain) >= 47
    row = GatewayToken.objects.filter(pk=token.pk).values().get()
    assert plain not in str(row) and plain[12:] not in str(row)
    assert (row["digest"], row["prefix"], row["created_by_id"]) == (tokens.digest(plain), plain[:8], alice.pk)


def test_it_records_a_token_by_its_beginning(team: Team) -> None:
    token, plain = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    entry = AuditEntry.objects.get(action="token.issued")
    assert (entry.subject_id, entry.details["prefix"]) == (token.public_id, plain[:8])
    assert plain not in str(entry.details)


def test_it_never_issues_the_same_token_twice(team: Team) -> None:
    issued = {tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)[1] for _ in range(50)}
    assert len(issued) == 50


def test_it_digests_with_a_key_of_its_own(team: Team, settings) -> None:
    before = tokens.digest("lpt_x")
    settings.PORTAL_AUDIT_KEY = "another-" + "k" * 40
    assert tokens.digest("lpt_x") != before


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_it_wants_a_name_one_can_tell_it_by(name: str, team: Team) -> None:
    with pytest.raises(NotPossible):
        tokens.issue_token(team=team, name=name, actor=OPERATOR)
    assert not GatewayToken.objects.exists()


def test_it_finds_a_token_by_a_keyed_digest_alone(team: Team, django_assert_num_queries) -> None:
    """Known or not, it is one query for a digest nobody outside can choose."""
    token, plain = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    with django_assert_num_queries(1):
        assert tokens.find_token(plain) == token
    with django_assert_num_queries(1):
        assert tokens.find_token("lpt_unknown") is None
    for near in (plain[:-1], plain + "a", plain.lower(), token.digest, token.prefix):
        assert tokens.find_token(near) is None


def test_it_speaks_for_who_issues_it_unless_told(team: Team, alice: User, bob: User) -> None:
    assert tokens.issue_token(team=team, name="a", actor=actor_for(alice))[0].owner == alice
    assert tokens.issue_token(team=team, name="b", owner=bob, actor=actor_for(alice))[0].owner == bob
    assert tokens.issue_token(team=team, name="c", actor=OPERATOR)[0].owner is None


def test_it_refuses_what_cannot_work(team: Team, other_team: Team, alice: User, charlie: User) -> None:
    removed = FormPreset.objects.create(team=team, name="Gone", removed_at=timezone.now())
    theirs = FormPreset.objects.create(team=other_team, name="Theirs")
    for wrong in (
        {"owner": charlie},
        {"scopes": []},
        {"scopes": ["create", "everything"]},
        {"preset": removed},
        {"preset": theirs},
        {"expires_at": timezone.now()},
        {"requests_a_minute": 0},
        {"requests_a_minute": 60_001},
    ):
        with pytest.raises(NotPossible):
            tokens.issue_token(**{"team": team, "name": "Fair app", "actor": actor_for(alice), **wrong})
    assert not GatewayToken.objects.exists()
    assert not AuditEntry.objects.filter(action="token.issued").exists()


def why(plain: str, **later: float) -> Useless | None:
    token = tokens.find_token(plain)
    assert token is not None
    return tokens.why_useless(token, plain, now=timezone.now() + timedelta(**later))


def test_an_exchange_lets_the_old_text_work_for_a_while(team: Team) -> None:
    token, old = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    new = tokens.rotate_token(token=token, overlap=timedelta(hours=1), actor=OPERATOR)
    assert (why(old), why(new)) == (None, None)
    assert (why(old, hours=1), why(new, hours=1)) == (Useless.REPLACED, None)
    newest = tokens.rotate_token(token=token, overlap=timedelta(0), actor=OPERATOR)
    assert tokens.find_token(old) is tokens.find_token(new) is None
    assert why(newest) is None


def test_an_exchange_does_not_lengthen_a_token_s_life(team: Team) -> None:
    ends = timezone.now() + timedelta(hours=1)
    token, old = tokens.issue_token(team=team, name="Fair app", expires_at=ends, actor=OPERATOR)
    new = tokens.rotate_token(token=token, overlap=timedelta(days=7), actor=OPERATOR)
    assert (why(old, hours=1), why(new, hours=1)) == (Useless.EXPIRED, Useless.EXPIRED)


def test_revoking_ends_both_texts(team: Team) -> None:
    token, old = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    new = tokens.rotate_token(token=token, overlap=timedelta(days=7), actor=OPERATOR)
    tokens.revoke_token(token=token, actor=OPERATOR)
    assert tokens.find_token(old) is None
    assert why(new) is Useless.REVOKED
    for deed in (tokens.revoke_token, tokens.end_overlap):
        with pytest.raises(NotPossible):
            deed(token=token, actor=OPERATOR)
    with pytest.raises(NotPossible):
        tokens.rotate_token(token=token, overlap=timedelta(0), actor=OPERATOR)
    assert AuditEntry.objects.filter(action="token.revoked").count() == 1


def test_a_token_stops_and_starts_with_its_person(team: Team, other_team: Team, bob: User) -> None:
    _, plain = tokens.issue_token(team=team, name="Fair app", owner=bob, actor=OPERATOR)
    member = Membership.objects.get(team=team, user=bob)
    member.delete()
    Membership.objects.create(team=other_team, user=bob)
    assert why(plain) is Useless.OWNER_LEFT
    Membership.objects.create(team=team, user=bob)
    assert why(plain) is None
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert why(plain) is Useless.OWNER_LEFT


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_it_bounds_an_overlap(overlap: timedelta, team: Team) -> None:
    token, old = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    with pytest.raises(NotPossible):
        tokens.rotate_token(token=token, overlap=overlap, actor=OPERATOR)
    assert why(old) is None
