"""The normal forms by which leads are searched and told to be the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from leads.breakcold.fields import FIELDS, Kind

LINKEDIN_SLUG = re.compile(r"linkedin\.com/(?:in|pub|company)/([^/?#]{1,200})", re.IGNORECASE)
NAMES = ("first_name", "last_name")
SEARCHED_KINDS = frozenset({Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.HANDLE})


def has_unshowable(text: str) -> bool:
    """Whether ``text`` holds a control character or half a character; line ends and tabs are fine."""
    return any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in text)


def folded(text: str) -> str:
    """``text`` without case, accents and doubled space: "Åsa  Ó Briain" and "asa o briain" are one."""
    if text.isascii():  # there is nothing to take apart
        return " ".join(text.casefold().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def linkedin_slug(url: str) -> str:
    """The part of a LinkedIn address that names the person or company; empty when there is none."""
    found = LINKEDIN_SLUG.search(url)
    return found.group(1).casefold() if found else ""


def title_of(values: Mapping[str, Any]) -> str:
    """What a lead is called in a list: the person, else the company, else the next best thing."""
    person = " ".join(filter(None, (values.get(name) for name in NAMES)))
    others = ("company", "email", "phone", "linkedin_url")
    if values.get("is_company"):
        return str(values.get("company") or person or _first(values, others[1:]))
    return str(person or _first(values, others))


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(values[name]) for name in names if values.get(name)), "")


def keys_of(values: Mapping[str, Any]) -> dict[str, str]:
    """What tells that two leads are the same."""
    return {
        "email_key": str(values.get("email") or "").casefold()[:254],
        "phone_key": str(values.get("phone") or "")[:40],
        "linkedin_key": linkedin_slug(str(values.get("linkedin_url") or ""))[:200],
        "name_key": folded(" ".join(str(values[name]) for name in NAMES if values.get(name)))[:400],
        "company_key": folded(str(values.get("company") or ""))[:200],
    }


def promoted(values: Mapping[str, Any]) -> dict[str, str]:
    """The columns beside ``Submission.values``: what lists show, and what search and duplicates compare."""
    texts = [str(values[field.name]) for field in FIELDS if field.kind in SEARCHED_KINDS and values.get(field.name)]
    return {
        "title": title_of(values)[:450],
        **keys_of(values),
        "search_text": folded(" ".join(texts))[:8_000],
    }
