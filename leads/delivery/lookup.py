"""Is a lead whose outcome is unknown in Breakcold? Reads the newest leads and compares; decides nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leads.breakcold.errors import Answer
from leads.normalise import folded, linkedin_slug

from .policy import Seen

PAGE_SIZE = 100
MAX_PAGES = 5
SKEW = timedelta(minutes=5)  # between Breakcold's clock and ours

#: Any one of these must be equal for a lead to be the one we sent; none of the others may differ.
IDENTITY = ("email", "phone", "linkedin_url", "last_name", "first_name", "company")
COMPARED = (*IDENTITY, "company_role", "website_url", "city")


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a look-up saw; ``lead`` only with ``Seen.ONE``."""

    seen: Seen
    lead: dict[str, Any] | None = None


def look_up(
    read_page: Callable[[int, int], Answer], body: Mapping[str, Any], *, sent_at: datetime, taken_ids: Set[str]
) -> Sighting:
    """Look for the lead made from ``body`` at ``sent_at`` or later, apart from those known to be another submission's.

    ``read_page(page, page_size)`` returns one page of ``POST /leads/list`` and may raise what it likes.
    """
    found: dict[str, dict[str, Any]] = {}
    read = 0
    for page in range(1, MAX_PAGES + 1):
        leads, total = _page(read_page(page, PAGE_SIZE))
        if leads is None:
            return Sighting(Seen.UNSURE)
        for lead in leads:
            if _is_same(lead, body, sent_at) and lead["id"] not in taken_ids:
                found[lead["id"]] = lead
        read += len(leads)
        if not leads or len(leads) < PAGE_SIZE or (total is not None and read >= total) or _all_older(leads, sent_at):
            return _sighting(found)
    return Sighting(Seen.UNSURE) if not found else _sighting(found)


def _sighting(found: dict[str, dict[str, Any]]) -> Sighting:
    if not found:
        return Sighting(Seen.NONE)
    return Sighting(Seen.ONE, next(iter(found.values()))) if len(found) == 1 else Sighting(Seen.SEVERAL)


def _page(answer: Answer) -> tuple[list[dict[str, Any]] | None, int | None]:
    """The leads of a page and how many there are in all, where said; None when it has no shape we know."""
    body = answer.body
    leads = body.get("leads") if isinstance(body, dict) else body
    if not isinstance(leads, list):
        return None, None
    total = body.get("total") if isinstance(body, dict) else None
    return [lead for lead in leads if isinstance(lead, dict) and isinstance(lead.get("id"), str)], (
        total if isinstance(total, int) and not isinstance(total, bool) else None
    )


def _is_same(lead: Mapping[str, Any], body: Mapping[str, Any], sent_at: datetime) -> bool:
    created_at = _time(lead.get("created_at"))
    if created_at is None or created_at < sent_at - SKEW:
        return False
    compared = [(name, _form(name, body.get(name)), _form(name, lead.get(name))) for name in COMPARED]
    both = [(name, ours, theirs) for name, ours, theirs in compared if ours and theirs]
    return all(ours == theirs for _, ours, theirs in both) and any(name in IDENTITY for name, *_ in both)


def _form(name: str, value: Any) -> str:
    """A value as compared: Breakcold may give a phone with other spacing and a profile as its last part only."""
    text = str(value or "")
    if name == "phone":
        return re.sub(r"\D", "", text)
    if name == "linkedin_url":
        return linkedin_slug(text) or folded(text.rstrip("/").rsplit("/", 1)[-1])
    return folded(text)


def _all_older(leads: list[dict[str, Any]], sent_at: datetime) -> bool:
    """Whether this page, newest first, already reaches back before the lead was sent."""
    times = [_time(lead.get("created_at")) for lead in leads]
    known = [moment for moment in times if moment is not None]
    return len(known) == len(times) and known == sorted(known, reverse=True) and known[-1] < sent_at - SKEW


def _time(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
