"""Gateway tokens: what a script uses instead of the key."""

from __future__ import annotations

import secrets

from django.db import transaction

from leads import audit, crypto
from leads.audit import Action, Actor
from leads.models import GatewayToken, Team

from .teams import NotPossible

PREFIX = "lpt_"
SHOWN_CHARACTERS = 8  # of the token, to recognise it in a list
MAX_NAME_CHARACTERS = 100


@transaction.atomic
def issue_token(*, team: Team, name: str, actor: Actor) -> tuple[GatewayToken, str]:
    """A new token and its plain text, which is not kept anywhere and cannot be shown again. Raises ``NotPossible``."""
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise NotPossible(f"Give the token a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    plain = PREFIX + secrets.token_urlsafe(32)
    token = GatewayToken.objects.create(
        team=team, name=name, prefix=plain[:SHOWN_CHARACTERS], digest=digest(plain), created_by=actor.user
    )
    audit.record(Action.TOKEN_ISSUED, team=team, actor=actor, subject=token, details={"prefix": token.prefix})
    return token, plain


def digest(plain: str) -> str:
    """What is stored and looked up instead of a token."""
    return crypto.keyed_digest("token", plain)
