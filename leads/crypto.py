"""Sealing secrets we must be able to open again, and digests of those we only compare.

Sealed text is a MultiFernet token whose plaintext also names the team, so that a sealed key moved to another team's
row does not open there. The ring comes from ``PORTAL_ENCRYPTION_KEYS``, newest first: the first seals, all open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(Exception):
    """No key of the ring opens this text, or it was sealed for another team."""


def _ring() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.PORTAL_ENCRYPTION_KEYS])


def seal(secret: str, *, team_id: UUID) -> str:
    """``secret`` as sealed text that opens for this team only."""
    return _ring().encrypt(json.dumps({"team": str(team_id), "secret": secret}).encode()).decode()


def open_sealed(sealed: str, *, team_id: UUID) -> str:
    """The secret inside. Raises ``CannotOpen``, whose text holds nothing of it."""
    try:
        inside = json.loads(_ring().decrypt(sealed.encode()))
    except InvalidToken:
        raise CannotOpen("No key in PORTAL_ENCRYPTION_KEYS opens this sealed text.") from None
    if inside.get("team") != str(team_id):
        raise CannotOpen("This sealed text belongs to another team.")
    return str(inside["secret"])


def seal_factor(secret: str) -> str:
    """The secret of somebody's second factor as sealed text, which opens as nothing else."""
    return _ring().encrypt(json.dumps({"factor": secret}).encode()).decode()


def open_factor(sealed: str) -> str:
    """The secret inside. Raises ``CannotOpen``, whose text holds nothing of it."""
    try:
        return str(json.loads(_ring().decrypt(sealed.encode()))["factor"])
    except (InvalidToken, KeyError, TypeError):
        raise CannotOpen("No key in PORTAL_ENCRYPTION_KEYS opens this sealed text.") from None


def reseal(sealed: str) -> str:
    """The same content sealed with the newest key of the ring. Raises ``CannotOpen``."""
    try:
        return _ring().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen("No key in PORTAL_ENCRYPTION_KEYS opens this sealed text.") from None


def keyed_digest(purpose: str, text: str) -> str:
    """HMAC-SHA256 (hex) of ``text`` under ``PORTAL_AUDIT_KEY``, apart for each purpose."""
    key = f"{purpose}\0{settings.PORTAL_AUDIT_KEY}".encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def fingerprint(secret: str) -> str:
    """What tells two Breakcold keys apart without showing either: 16 hex digits."""
    return keyed_digest("fingerprint", secret)[:16]
