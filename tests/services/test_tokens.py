from __future__ import annotations

import pytest

from leads.models import AuditEntry, GatewayToken, Team, User
from leads.services import tokens
from leads.services.teams import NotPossible
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
