"""A person's name, taken apart, and what looks like one."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .found import Found

LONGEST = 80
EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: Small words inside names.
PARTICLES = "da de del dela della den der des di do dos du e el la le las los ten ter van von y zu zur"
WORD = re.compile(r"[^\W\d_]+(?:[.'’´`-][^\W\d_]*)*\.?")


@cache
def _parser() -> Any:
    from nameparser import HumanName  # the first time somebody pastes something: it is slow to load

    return HumanName


def put_name(found: Found, text: str) -> None:
    """First and last name; titles are left."""
    text = text.strip().strip(",;\"'“”„").strip()
    if not text:
        return
    if EAST_ASIAN.search(text):
        last, _, first = text.partition(" ")  # the family's name comes first
        found.put("last_name" if first else "first_name", last)
        found.put("first_name", first)
        return
    if len(text) > LONGEST:
        found.leave(text)
        return
    name = _parser()(text)
    if not name.first and not name.last:
        found.leave(text)
        return
    found.put("first_name", " ".join(filter(None, (name.first, name.middle))))
    found.put("last_name", name.last)
    for more in (name.title, name.suffix, f"“{name.nickname}”" if name.nickname else ""):
        found.leave(more)


def looks_like_a_name(text: str) -> bool:
    """Two to five words with capitals and nothing else; or two to four signs of an East Asian script."""
    if EAST_ASIAN.search(text):
        return 2 <= len(text.replace(" ", "")) <= 5 and all(EAST_ASIAN.match(char) or char == " " for char in text)
    words = text.split()
    if not 2 <= len(words) <= 6 or len(text) > LONGEST:
        return False
    proper = [word for word in words if word.casefold() not in PARTICLES.split()]
    return len(proper) >= 2 and all(WORD.fullmatch(word) and word[0].isupper() for word in proper)
