"""The key as a value that does not show itself, and the cleaning of texts that may repeat it."""

from __future__ import annotations

import base64
import html
import re
from urllib.parse import quote

SCRUBBED = "[key]"
USABLE = re.compile(r"[!-~]+")  # printable ASCII without space: anything else does not survive in a header
URL_SAFE = str.maketrans("+/", "-_")
NEVER = r"(?!)"


class Secret(str):
    """A string that does not show itself in ``repr``, so neither in a traceback nor in a printed header."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"

    @property
    def is_usable(self) -> bool:
        return USABLE.fullmatch(self) is not None


class Scrubber:
    """Takes a key out of a text, as it is or escaped for a string, HTML or an address, or in base64, in any case."""

    def __init__(self, key: Secret) -> None:
        based = base64.b64encode(key.encode(errors="replace")).decode().rstrip("=")
        forms = {html.escape(key), quote(key, safe="", errors="replace"), based, based.translate(URL_SAFE)}
        patterns = [_with_backslashes(key), *map(re.escape, sorted(forms, key=len, reverse=True))]
        self._forms = re.compile("|".join(patterns) if key else NEVER, re.IGNORECASE)

    def __call__(self, text: str) -> str:
        return self._forms.sub(SCRUBBED, text)


def _with_backslashes(key: str) -> str:
    """A text quoted within a quoted text has its signs escaped, and the escapes again."""
    return "".join(char if char.isalnum() else r"\\+" if char == "\\" else r"\\*" + re.escape(char) for char in key)
