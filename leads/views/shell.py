"""What the frame around every team page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from leads.models import BreakcoldKey, Membership, Submission, Team
from leads.models.keys import KeyStatus
from leads.models.teams import Environment
from leads.services import keys
from leads.states import State

from .attention import waiting_for_person
from .fragments import is_htmx
from .key_words import counted

#: The pages of a team's settings, by the names of their addresses. Everyone sees who is in it; the rest is for admins.
SETTINGS = {
    "key_detail": "Key",
    "member_list": "People",
    "team_rules": "Rules",
    "preset_list": "Presets",
    "picker_list": "Pickers",
    "attribute_list": "Attributes",
    "token_list": "Tokens",
    "webhook_list": "Webhooks",
}
FOR_ALL = {"member_list"}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context for base_team.html; empty where no team is open."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None or is_htmx(request):
        return {"team": membership.team, "membership": membership} if membership else {}
    team = membership.team
    return {
        "team": team,
        "membership": membership,
        "my_teams": Team.objects.filter(memberships__user=membership.user).order_by("name"),
        "settings_pages": _settings_pages(request, membership),
        "review_count": waiting_for_review(membership),
        "attention_count": waiting_for_person(membership).count(),
        "key_troubles": _key_troubles(team),
    }


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is the matter with one of the team's keys; ``title`` when it is not the one in use."""

    text: str
    tone: str
    held: BreakcoldKey | None
    environment: str
    title: str = ""


def _key_troubles(team: Team) -> list[Trouble]:
    """Of the key in use, and of the other one while leads wait for it."""
    found = keys.find_live_and_practice(team)
    troubles = []
    for environment in sorted(Environment.values, key=lambda value: value != team.environment):
        key = found.get(environment)
        text = keys.trouble_sentence(key, environment)
        if not text:
            continue
        title = ""
        if environment != team.environment:
            title = _who_waits(keys.waiting_for(team, environment).queued, environment)
            if not title:
                continue
        tone = "danger" if key is not None and key.status == KeyStatus.PAUSED else "warn"
        held = key if key is not None and key.held_at is not None else None
        troubles.append(Trouble(text, tone, held, environment, title))
    return troubles


def _who_waits(count: int, environment: str) -> str:
    if environment == Environment.SANDBOX:
        return counted(count, "for the practice sandbox waits", "for the practice sandbox wait")
    return counted(count, "for Breakcold waits", "for Breakcold wait")


def _settings_pages(request: HttpRequest, membership: Membership) -> list[tuple[str, str, bool]]:
    """(address, label, whether the reader is there) of each settings page this reader has."""
    names = [name for name in SETTINGS if membership.is_admin or name in FOR_ALL]
    pages = [(reverse(name, args=[membership.team.slug]), SETTINGS[name]) for name in names]
    return [(url, label, request.path.startswith(url)) for url, label in pages]


def waiting_for_review(membership: Membership) -> int:
    if not membership.can_review:
        return 0
    return Submission.objects.for_team(membership.team).filter(state=State.PENDING_REVIEW).count()
