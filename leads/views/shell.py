"""What the frame around every team page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from leads.models import Membership, Submission, Team
from leads.services import keys
from leads.states import State

from .fragments import is_htmx


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context for base_team.html; empty where no team is open."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None or is_htmx(request):
        return {"team": membership.team, "membership": membership} if membership else {}
    team = membership.team
    key = keys.find_current_key(team)
    return {
        "team": team,
        "membership": membership,
        "my_teams": Team.objects.filter(memberships__user=membership.user).order_by("name"),
        "review_count": _waiting_for_review(membership),
        "key_trouble": keys.trouble_sentence(key),
    }


def _waiting_for_review(membership: Membership) -> int:
    if not membership.can_review:
        return 0
    return Submission.objects.for_team(membership.team).filter(state=State.PENDING_REVIEW).count()
