"""Where a webhook may point, and its two secrets: the address, which often holds a password in its path, and the
signing secret. Both are sealed together.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from leads import crypto
from leads.addresses import Address, NotFound, is_loopback, is_own, is_public, resolve
from leads.models import Team, Webhook

from .teams import NotPossible

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
MAX_ADDRESS_CHARACTERS = 1_000
LOOK_UP_SECONDS = 4.0


class NotAnAddress(NotPossible):
    """The address is none a webhook may have."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is sealed of a webhook."""

    address: str = field(repr=False)
    secret: str = field(repr=False)


def new_secret() -> str:
    """A signing secret in the form that receivers know: a prefix and base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal(target: Target, team: Team) -> str:
    return crypto.seal(json.dumps([target.address, target.secret]), team_id=team.public_id)


def open_target(webhook: Webhook) -> Target:
    """Raises ``crypto.CannotOpen``."""
    address, secret = json.loads(crypto.open_sealed(webhook.sealed, team_id=webhook.team.public_id))
    return Target(address, secret)


def checked_address(text: str) -> str:
    """An address a webhook may have, as it is kept. Raises ``NotAnAddress``.

    The name is looked up now for the person who typed it; what counts is the look at each connection.
    """
    address = text.strip()
    parts = _split(address)
    if parts.scheme == "http":
        if not settings.PORTAL_WEBHOOK_PRIVATE_TARGETS:
            raise NotAnAddress("The address must begin with https://.")
    elif parts.scheme != "https":
        raise NotAnAddress("The address must begin with https://.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = resolve(parts.hostname or "", port, seconds=LOOK_UP_SECONDS)
    except NotFound:
        raise NotAnAddress(f"No address was found for the name “{parts.hostname}”.") from None
    if not all(map(guard_for(address), found)):
        if parts.scheme == "http":
            raise NotAnAddress("Plain http is only for this machine. The address must begin with https://.")
        raise NotAnAddress(f"“{parts.hostname}” lies in a network the portal sends nothing to.")
    return address


def _split(address: str) -> SplitResult:
    if not address:
        raise NotAnAddress("Type the address that is to be told.")
    if len(address) > MAX_ADDRESS_CHARACTERS or not re.fullmatch(r"[!-~]+", address) or "\\" in address:
        raise NotAnAddress("This is not an address: it must be one word of plain characters.")
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise NotAnAddress("This is not an address such as https://hooks.example.com/abc.") from None
    if not parts.hostname or not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", parts.hostname):
        raise NotAnAddress("This is not an address such as https://hooks.example.com/abc.")
    if "@" in parts.netloc:
        raise NotAnAddress("The address must not hold a name or password before the @.")
    if "#" in address:
        raise NotAnAddress("The address must not hold a #.")
    return parts


def host_of(address: str) -> str:
    """The part of an address that is no secret."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    return f"{host}:{parts.port}" if parts.port else host


def guard_for(address: str) -> Callable[[Address], bool]:
    """Says of an address that a name stands for whether this webhook may be sent there."""
    if not settings.PORTAL_WEBHOOK_PRIVATE_TARGETS:
        return is_public
    if urlsplit(address).scheme == "http":
        return is_loopback
    return lambda found: is_public(found) or is_own(found)
