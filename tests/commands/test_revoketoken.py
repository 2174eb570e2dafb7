from __future__ import annotations

import pytest
from django.core.management import CommandError

from leads.models import AuditEntry, Team
from leads.services import tokens
from tests.factories import OPERATOR

from .helpers import run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("by", ["prefix", "name"])
def test_it_revokes_the_token_it_is_told(by: str, team: Team) -> None:
    token, plain = tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    other, _ = tokens.issue_token(team=team, name="Shop", actor=OPERATOR)
    printed = run("revoketoken", "brewers", getattr(token, by))
    assert "Fair app" in printed and plain not in printed
    token.refresh_from_db()
    other.refresh_from_db()
    assert token.revoked_at is not None and other.revoked_at is None
    assert AuditEntry.objects.get(action="token.revoked").subject_id == token.public_id


def test_it_revokes_none_when_more_than_one_fits(team: Team) -> None:
    tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    with pytest.raises(CommandError, match="More than one"):
        run("revoketoken", "brewers", "Fair app")
    assert not team.tokens.exclude(revoked_at=None).exists()


def test_it_does_not_reach_into_another_team(team: Team, other_team: Team) -> None:
    tokens.issue_token(team=other_team, name="Theirs", actor=OPERATOR)
    with pytest.raises(CommandError, match="No token"):
        run("revoketoken", "brewers", "Theirs")
    assert not other_team.tokens.exclude(revoked_at=None).exists()


def test_it_cannot_revoke_twice(team: Team) -> None:
    tokens.issue_token(team=team, name="Fair app", actor=OPERATOR)
    run("revoketoken", "brewers", "Fair app")
    with pytest.raises(CommandError, match="No token"):
        run("revoketoken", "brewers", "Fair app")
