"""Puts leads into a team's queue by name, and says which of them arrived."""

from __future__ import annotations

from collections.abc import Callable

from leads.breakcold.errors import Answer, RateLimit
from leads.breakcold.sandbox import SandboxServer
from leads.delivery import throttle
from leads.models import BreakcoldKey, Submission, Team, User
from leads.models.submissions import Lane
from leads.services import submissions
from tests.factories import actor_for, lead_values

from .kit import emails


def queueing(team: Team, key: BreakcoldKey, user: User) -> Callable[..., list[Submission]]:
    """``enter("a", "b")`` into the team's queue, by ``user``; its key has budget for them all."""
    plenty = Answer(status=200, body={}, rate_limit=RateLimit(1000, 1000, 60.0))
    throttle.learn_from(key, plenty)  # else calls are spread over time until an answer told of the budget

    def enter(*names: str, lane: int = Lane.INTERACTIVE) -> list[Submission]:
        return [
            submissions.enter(
                team=team, values=lead_values(email=f"{name}@example.com"), lane=lane, actor=actor_for(user)
            ).submission
            for name in names
        ]

    return enter


def names(sandbox: SandboxServer) -> list[str]:
    return [email.removesuffix("@example.com") for email in emails(sandbox)]
