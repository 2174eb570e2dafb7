"""Plain functions that make what tests need."""

from __future__ import annotations

from typing import Any

from leads.audit import OPERATOR as OPERATOR
from leads.audit import Actor, ActorKind
from leads.forms.lead import LeadForm
from leads.models import Submission, Team, User
from leads.models.submissions import Door
from leads.models.teams import Role
from leads.services import submissions, teams

PASSWORD = "correct horse battery"


def make_team(slug: str, *, reviews: bool = False, undo_seconds: int = 0) -> Team:
    team = teams.create_team(slug=slug, name=slug.title(), reviews=reviews, actor=OPERATOR)
    Team.objects.filter(pk=team.pk).update(undo_seconds=undo_seconds)
    team.refresh_from_db()
    return team


def make_member(team: Team, name: str, role: Role = Role.MEMBER) -> User:
    email = f"{name}@example.com"
    return teams.add_member(team=team, email=email, role=role, password=PASSWORD, actor=OPERATOR).user


def actor_for(user: User) -> Actor:
    return Actor(kind=ActorKind.USER, door=Door.FORM, user=user, ip="127.0.0.1", request_id="test")


def lead_values(**values: Any) -> dict[str, Any]:
    """Values in normal form, as the form would give them."""
    return {"email": "aoife@example.com", "first_name": "Aoife", **values}


def make_submission(team: Team, user: User, **values: Any) -> Submission:
    """A lead just entered: queued, or waiting for review where the team reviews."""
    return submissions.enter(team=team, values=lead_values(**values), actor=actor_for(user)).submission


def form_for(team: Team, **data: Any) -> LeadForm:
    return LeadForm(data, team=team)
