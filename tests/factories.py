"""Plain functions that make what tests need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator

from leads import crypto
from leads.audit import OPERATOR as OPERATOR
from leads.audit import Actor, ActorKind
from leads.delivery.imports import first_guess, work_on
from leads.forms.lead import LeadForm
from leads.models import FormPreset, LeadImport, Submission, Team, User
from leads.models.submissions import Door
from leads.models.teams import DuplicatePolicy, Environment, Role
from leads.services import imports, keys, members, presets, submissions, teams

PASSWORD = "correct horse battery"
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def make_team(
    slug: str, *, reviews: bool = False, undo_seconds: int = 0, duplicates: str = DuplicatePolicy.ALLOW
) -> Team:
    team = teams.create_team(slug=slug, name=slug.title(), reviews=reviews, actor=OPERATOR)
    Team.objects.filter(pk=team.pk).update(undo_seconds=undo_seconds, duplicate_policy=duplicates)
    team.refresh_from_db()
    return team


def make_member(team: Team, name: str, role: Role = Role.MEMBER) -> User:
    email = f"{name}@example.com"
    return members.add_member(team=team, email=email, role=role, password=PASSWORD, actor=OPERATOR).user


def make_live(team: Team) -> None:
    """From now on the team wants a second factor of those who decide in it."""
    keys.set_key(
        team=team, plain="breakcold-usr-live-0123456789ab", environment=Environment.LIVE, check=False, actor=OPERATOR
    )


def make_operator() -> User:
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    give_app(root)
    return root


def give_app(user: User) -> str:
    """An app with codes for their sign-in; returns its secret."""
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": crypto.seal_factor(APP_SECRET)}
    )
    return APP_SECRET


def actor_for(user: User) -> Actor:
    return Actor(kind=ActorKind.USER, door=Door.FORM, user=user, ip="127.0.0.1", request_id="test")


def lead_values(**values: Any) -> dict[str, Any]:
    """Values in normal form, as the form would give them."""
    return {"email": "aoife@example.com", "first_name": "Aoife", **values}


def make_submission(team: Team, user: User, **values: Any) -> Submission:
    """A lead just entered: queued, or waiting for review where the team reviews."""
    return submissions.enter(team=team, values=lead_values(**values), actor=actor_for(user)).submission


def make_row(name: str, use: str = "shown", **more: Any) -> dict[str, Any]:
    """A row of a preset; ``use`` as in its editor."""
    shown, fixed = use != "hidden", use in ("locked", "hidden")
    return {"name": name, "shown": shown, "required": use == "required", "fixed": fixed, **more}


def make_preset(team: Team, *rows: dict[str, Any], name: str = "Trade fair", is_default: bool = False) -> FormPreset:
    """A preset of that team; without rows it shows the email."""
    preset = presets.create_preset(team=team, name=name, rows=rows or [make_row("email")], actor=OPERATOR)
    if is_default:
        presets.make_default_preset(preset=preset, actor=OPERATOR)
    preset.refresh_from_db()
    return preset


def make_ready_import(team: Team, user: User, *rows: Sequence[str], headings: Sequence[str] = ("Email",)) -> LeadImport:
    """An import that was read, mapped by guessing and checked, as the worker leaves it."""
    made = make_import(team, user, "nobody reads this")
    cells = rows or (["aoife@example.com"], ["nobody"])
    numbers = range(2, len(cells) + 2)
    imports.keep_rows(lead_import=made, start=1, rows=cells, numbers=numbers, origins=[None] * len(cells))
    columns, _ = first_guess(made, list(headings))
    imports.finish_reading(
        lead_import=made,
        headings=headings,
        first_number=1,
        kind="csv",
        notes=[],
        columns=columns,
        constants={},
        choices={},
    )
    made.refresh_from_db()
    imports.map_columns(lead_import=made, columns=columns, constants={}, choices={}, actor=actor_for(user))
    made.refresh_from_db()
    work_on(made)
    made.refresh_from_db()
    return made


def form_for(team: Team, **data: Any) -> LeadForm:
    return LeadForm(data, team=team)


def make_import(
    team: Team, user: User, text: str = "", *, content: bytes = b"", name: str = "fair.csv", **more: Any
) -> LeadImport:
    """A file just uploaded."""
    return imports.upload(team=team, name=name, content=content or text.encode(), actor=actor_for(user), **more)
