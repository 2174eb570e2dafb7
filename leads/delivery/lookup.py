"""Is a lead whose outcome is unknown in Breakcold? Reads the newest leads and compares; decides nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from leads.breakcold.answers import lead_id_in
from leads.breakcold.errors import Answer
from leads.normalise import folded, linkedin_slug

from .policy import Seen

PAGE_SIZE = 100
MAX_PAGES = 15  # back past the last look-up's fifteen minutes and SKEW, in an account that gets sixty leads a minute
SHOWN_SIMILAR = 5
SHOWN = ("id", "first_name", "last_name", "company", "email", "created_at")
SKEW = timedelta(minutes=5)  # between Breakcold's clock and ours

#: Any one of these must be equal for a lead to be the one we sent; none of the others may differ.
IDENTITY = ("email", "phone", "linkedin_url", "last_name", "first_name", "company")
COMPARED = (*IDENTITY, "company_role", "website_url", "city")
#: Any one of these being equal is enough not to send the lead again, whatever else differs.
TELLING = frozenset({"email", "phone", "linkedin_url"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a look-up saw; ``lead`` only with ``Seen.ONE``."""

    seen: Seen
    lead: dict[str, Any] | None = None
    similar: tuple[dict[str, str], ...] = ()  # what a person may compare: ids, and enough to know them by


class Likeness(Enum):
    SAME = "same"
    NEAR = "near"  # it could be: something telling is equal, but something else differs or cannot be read
    OTHER = "other"


def look_up(
    read_page: Callable[[int, int], Answer],
    body: Mapping[str, Any],
    *,
    sent_at: datetime,
    taken_of: Callable[[Set[str]], Set[str]],
) -> Sighting:
    """Look for the lead made from ``body`` at ``sent_at`` or later.

    ``read_page(page, page_size)`` returns one page of ``POST /leads/list`` and may raise what it likes; ``taken_of``
    tells which of some ids are known to be another submission's.
    """
    known: dict[str, dict[str, Any]] = {}
    unnamed: list[dict[str, Any]] = []
    read_all = False
    for page in range(1, MAX_PAGES + 1):
        leads, total = _page(read_page(page, PAGE_SIZE))
        if leads is None:
            return Sighting(Seen.UNSURE)
        named = {lead_id: lead for lead in leads if (lead_id := lead_id_in(lead))}
        is_repeated = bool(leads) and named.keys() <= known.keys()
        known |= named
        unnamed += [lead for lead in leads if not lead_id_in(lead)]
        read_all = not leads or (total is not None and len(known) + len(unnamed) >= total) or _all_older(leads, sent_at)
        if read_all or is_repeated:
            break
    return _sighting(body, sent_at, known, unnamed, taken_of, read_all)


def _sighting(
    body: Mapping[str, Any],
    sent_at: datetime,
    known: Mapping[str, dict[str, Any]],
    unnamed: Collection[dict[str, Any]],
    taken_of: Callable[[Set[str]], Set[str]],
    read_all: bool,
) -> Sighting:
    likes = {lead_id: _likeness(lead, body, sent_at) for lead_id, lead in known.items()}
    alike = {lead_id for lead_id, likeness in likes.items() if likeness is not Likeness.OTHER}
    free = alike - taken_of(alike) if alike else alike
    same = [lead_id for lead_id in free if likes[lead_id] is Likeness.SAME]
    if len(same) == 1:
        return Sighting(Seen.ONE, known[same[0]])
    similar = tuple(_shown(known[lead_id]) for lead_id in known if lead_id in free)[:SHOWN_SIMILAR]
    if same:
        return Sighting(Seen.SEVERAL, similar=similar)
    is_near = free or any(_likeness(lead, body, sent_at) is not Likeness.OTHER for lead in unnamed)
    return Sighting(Seen.NONE if read_all and not is_near else Seen.UNSURE, similar=similar)


def _shown(lead: Mapping[str, Any]) -> dict[str, str]:
    return {name: value[:200] for name in SHOWN if isinstance(value := lead.get(name), str) and value}


def _page(answer: Answer) -> tuple[list[dict[str, Any]] | None, int | None]:
    """The leads of a page and how many there are in all, where said; None when it has no shape we know."""
    body = answer.body
    leads = body.get("leads") if isinstance(body, dict) else body
    if not isinstance(leads, list) or not all(isinstance(lead, dict) for lead in leads):
        return None, None
    total = body.get("total") if isinstance(body, dict) else None
    return leads, total if isinstance(total, int) and not isinstance(total, bool) else None


def _likeness(lead: Mapping[str, Any], body: Mapping[str, Any], sent_at: datetime) -> Likeness:
    created_at = _time(lead.get("created_at"))
    if created_at is not None and created_at < sent_at - SKEW:
        return Likeness.OTHER
    if lead.get("is_company") is True and not body.get("is_company"):
        return Likeness.OTHER  # the company that Breakcold makes beside a person
    compared = [(name, _form(name, body.get(name)), _form(name, lead.get(name))) for name in COMPARED]
    both = {name: ours == theirs for name, ours, theirs in compared if ours and theirs}
    if all(both.values()) and not both.keys().isdisjoint(IDENTITY):
        return Likeness.SAME if created_at else Likeness.NEAR
    return Likeness.NEAR if any(both.get(name) for name in TELLING) else Likeness.OTHER


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
