"""Ask Breakcold now whether a key works, because somebody wants to know: one call of the key's budget."""

from __future__ import annotations

from django.core.cache import cache

from leads.audit import Actor
from leads.breakcold.errors import BreakcoldError
from leads.crypto import CannotOpen
from leads.models import BreakcoldKey
from leads.services import keys
from leads.services.keys import Probe
from leads.services.teams import NotPossible

from . import throttle

SECONDS_BETWEEN = 20  # two checks of one key


def check(key: BreakcoldKey, *, actor: Actor) -> Probe:
    """Whose key it is, if it works. Raises ``NotPossible`` when it does not, or when it may not be asked just now."""
    if not cache.add(f"key-check-{key.public_id}", True, timeout=SECONDS_BETWEEN):
        raise NotPossible(f"It was checked a moment ago. Wait {SECONDS_BETWEEN} seconds before the next time.")
    try:
        with keys.client_for(key) as client:
            throttle.spend(key)
            probe = keys.check_key(key, client, actor=actor)
    except CannotOpen:
        raise NotPossible(keys.UNREADABLE) from None
    except throttle.OutOfBudget as exc:
        raise NotPossible(
            f"All calls Breakcold allows this key are used until {exc.until:%H:%M:%S} UTC. Leads come first; check "
            "after that."
        ) from None
    except BreakcoldError as exc:
        throttle.learn_from(key, exc)
        raise NotPossible(f"It does not work just now. {keys.why_not(exc, key.environment)}") from None
    throttle.learn_from(key, probe)
    return probe
