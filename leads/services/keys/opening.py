"""Opening sealed keys, and the one question asked with them: whose are you?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from leads import audit, crypto
from leads.audit import Action, Actor
from leads.breakcold.client import BreakcoldClient
from leads.breakcold.errors import RateLimit
from leads.models import BreakcoldKey, Team
from leads.models.teams import Environment


@dataclass(frozen=True, slots=True)
class Probe:
    """What ``GET /me`` said: whose key it is, and the budget it left."""

    owner_id: str
    owner_label: str
    rate_limit: RateLimit


def client_for(key: BreakcoldKey) -> BreakcoldClient:
    """A client that holds the opened key. Raises ``crypto.CannotOpen``."""
    return client_with(crypto.open_sealed(key.sealed, team_id=key.team.public_id), key.environment)


def can_open(key: BreakcoldKey) -> bool:
    """Whether the portal can still read the key it keeps."""
    try:
        crypto.open_sealed(key.sealed, team_id=key.team.public_id)
    except crypto.CannotOpen:
        return False
    return True


def client_with(plain: str, environment: str) -> BreakcoldClient:
    """A client for a key that is not kept yet."""
    is_sandbox = environment == Environment.SANDBOX
    return BreakcoldClient(
        base_url=settings.BREAKCOLD_SANDBOX_URL if is_sandbox else settings.BREAKCOLD_BASE_URL,
        key=plain,
        timeout_seconds=settings.BREAKCOLD_TIMEOUT_SECONDS,
        user_agent=f"lead-portal/{settings.PORTAL_VERSION}",
    )


def ask_whose(client: BreakcoldClient) -> Probe:
    """One ``GET /me``. Raises ``BreakcoldError``."""
    answer = client.get("/me")
    me: dict[str, Any] = answer.body if isinstance(answer.body, dict) else {}
    return Probe(
        owner_id=_first(me, "id", "email"),
        owner_label=_first(me, "full_name", "name", "email"),
        rate_limit=answer.rate_limit,
    )


def _first(me: dict[str, Any], *names: str) -> str:
    """The first of these that says something; an id may be a number."""
    said = (me.get(name) for name in names)
    texts = (str(value).strip() for value in said if isinstance(value, (str, int)) and not isinstance(value, bool))
    return next(filter(None, texts), "")[:200]


@transaction.atomic
def reseal_keys(*, actor: Actor) -> int:
    """Seal every key with the newest encryption key; returns how many. Raises ``crypto.CannotOpen``."""
    for team in Team.objects.filter(keys__in=BreakcoldKey.objects.current()).order_by("pk"):
        audit.lock(team)
    keys = list(BreakcoldKey.objects.select_for_update(of=("self",)).current().select_related("team").order_by("pk"))
    for key in keys:
        BreakcoldKey.objects.filter(pk=key.pk).update(sealed=crypto.reseal(key.sealed))
        audit.record(Action.KEY_RESEALED, team=key.team, actor=actor, subject=key, details={"last4": key.last4})
    return len(keys)
