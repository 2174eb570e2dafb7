"""What somebody pasted as a key: whether it can be one, and of which Breakcold."""

from __future__ import annotations

import re
import secrets

from leads.breakcold.sandbox.state import KEY_PREFIX as SANDBOX_KEY_PREFIX
from leads.models.teams import Environment
from leads.services.teams import NotPossible

FEWEST, MOST = 8, 500  # characters


def new_sandbox_key() -> str:
    """A key the sandbox accepts, with an account of its own there."""
    return f"{SANDBOX_KEY_PREFIX}-{secrets.token_hex(16)}"


def is_sandbox_key(plain: str) -> bool:
    """Whether this is a key of the practice sandbox and not of Breakcold."""
    return plain.strip().startswith(SANDBOX_KEY_PREFIX)


def clean_key(text: str, environment: str) -> str:
    """A key as pasted, without the space around it.

    Raises ``NotPossible``, whose sentence holds nothing of it, when it cannot be a key of that environment.
    """
    key = text.strip()
    if wrong := _what_is_wrong(key):
        raise NotPossible(wrong)
    if environment == Environment.LIVE and is_sandbox_key(key):
        raise NotPossible(
            "This is a key of the practice sandbox, not of Breakcold. To practise, switch to practice mode instead."
        )
    if environment == Environment.SANDBOX and not is_sandbox_key(key):
        raise NotPossible(
            "This is not a key of the practice sandbox; those begin with “breakcold-usr-sandbox”. A key of your own "
            "Breakcold belongs under Live."
        )
    return key


def _what_is_wrong(key: str) -> str:
    if not key:
        return "The key is empty. Copy it in Breakcold, then paste it here."
    if key.startswith("bc_live_"):
        return (
            "This is a key of Breakcold's newer API. The portal needs the older kind; it begins with “breakcold-usr”."
        )
    if key.startswith("lpt_"):
        return "This is a token of this portal, for scripts. The portal needs a key that Breakcold gave you."
    if re.search(r"\s", key):
        return "This is not a key: it must be one word, and there is a space or a line break inside."
    if len(key) > MOST:
        return f"This is not a key: it is longer than {MOST} characters. Copy the key alone."
    if len(key) < FEWEST:
        return f"This is not a key: it is shorter than {FEWEST} characters. Copy the whole of it."
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        return "This is not a key: there are signs in it that no key has, perhaps hidden ones. Copy it once more."
    return ""
