"""What is said of keys: to everyone in the team, and to the admin whose key was not kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from leads.breakcold.errors import BreakcoldError, KeyRejected, Misconfigured, NotSent, OutcomeUnknown, RateLimited
from leads.models import BreakcoldKey
from leads.models.keys import KeyStatus
from leads.models.teams import Environment

NAMES: dict[str, str] = {Environment.LIVE: "Breakcold key", Environment.SANDBOX: "key of the practice sandbox"}


#: What is said of a key that was sealed with an encryption key the portal does not have.
UNREADABLE = (
    "The portal cannot open this key any more: PORTAL_ENCRYPTION_KEYS is not what it was sealed with. An operator puts "
    "that right, or an admin has to paste the key again."
)


def trouble_sentence(key: BreakcoldKey | None, environment: str = "") -> str:
    """What everyone in the team should know about its key of that environment now; empty when all is well."""
    if key is None:
        which = NAMES.get(environment, "key")
        return f"This team has no {which} at the moment. Leads you send are safe and wait for one."
    if key.held_at is not None:
        return "Leads wait while the key is being changed. They are safe and go out by themselves afterwards."
    if key.status == KeyStatus.PAUSED:
        return f"Leads wait: {key.last_trouble} They are safe and go out by themselves once it works again."
    if key.probe_at is not None:
        return "Breakcold is not answering properly just now. Leads are safe and go out as soon as it does."
    return ""


def why_not(error: BreakcoldError, environment: str) -> str:
    """What became of a probe, and what to do about it: for the admin who tries a key."""
    where = _setting_of(environment)
    if isinstance(error, KeyRejected) and error.status == 403:
        return (
            "Breakcold does not accept this key for its API (403). Perhaps the plan or the role of its user does not "
            "include it. Look in Breakcold, or take a key of somebody else there."
        )
    if isinstance(error, KeyRejected):
        return "Breakcold does not accept this key (401). It may be cut short or deleted. Copy it once more, whole."
    if isinstance(error, RateLimited):
        return "Breakcold asked to slow down (429). Wait a minute, then paste it again."
    if isinstance(error, Misconfigured):
        return f"{error.reason} The portal never takes a key there. An operator corrects {where}."
    if isinstance(error, NotSent):
        return (
            f"{error.reason} Either its network or the address is at fault. Try again in a minute; if it stays so, an "
            f"operator checks {where}."
        )
    if isinstance(error, OutcomeUnknown) and (error.status or 0) >= 500:
        return f"Breakcold has trouble of its own (status {error.status}). Try again in a few minutes."
    return (
        "Something answered, but not as Breakcold's API does. Try again in a few minutes; if it stays so, an operator "
        f"checks {where}."
    )


def _setting_of(environment: str) -> str:
    name = "BREAKCOLD_SANDBOX_URL" if environment == Environment.SANDBOX else "BREAKCOLD_BASE_URL"
    return f"{name} ({urlsplit(getattr(settings, name)).hostname})"
