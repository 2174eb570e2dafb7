"""Teams. The people in them: ``members``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from leads import audit
from leads.audit import Action, Actor
from leads.models import Team

#: What an admin decides for the team, by the columns that hold it.
RULES = (
    "name",
    "reviews",
    "four_eyes",
    "reject_reasons",
    "undo_seconds",
    "duplicate_policy",
    "default_phone_country",
    "second_factor",
)


class NotPossible(Exception):
    """A request that cannot be carried out; ``str()`` is a sentence for the person who made it."""


class ChangedMeanwhile(NotPossible):
    """Somebody else saved it since this person looked; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("Somebody else changed this while you had it open. Nothing of yours was saved yet.")


@transaction.atomic
def create_team(*, slug: str, name: str, reviews: bool = False, actor: Actor) -> Team:
    """A new team without people or key. Raises ``NotPossible``."""
    team = Team(slug=slug, name=_one_line(name), reviews=reviews)
    try:
        team.full_clean()
    except ValidationError as exc:
        raise NotPossible(" ".join(exc.messages)) from None
    team.save(force_insert=True)
    audit.record(Action.TEAM_CREATED, team=team, actor=actor, subject=team, details={"slug": slug, "reviews": reviews})
    return team


@transaction.atomic
def change_rules(*, team: Team, rules: Mapping[str, Any], seen: int | None = None, actor: Actor) -> list[str]:
    """Change some of ``RULES``; returns which are different now. ``seen`` is the ``rules_version`` they were read in.

    Raises ``NotPossible``, and ``ChangedMeanwhile`` when that is not the version any more.
    """
    audit.lock(team)  # two who save at once take turns
    team.refresh_from_db()
    if seen is not None and seen != team.rules_version:
        raise ChangedMeanwhile
    before = {name: getattr(team, name) for name in RULES}
    for name in rules:
        setattr(team, name, _one_line(rules[name]) if name == "name" else rules[name])
    try:
        team.clean_fields(exclude={field.name for field in Team._meta.fields} - set(rules))
    except ValidationError as exc:
        team.refresh_from_db()
        raise NotPossible(" ".join(exc.messages)) from None
    changed = [name for name in RULES if getattr(team, name) != before[name]]
    if not changed:
        return []
    team.rules_version += 1
    team.save(update_fields=[*changed, "rules_version"])
    words = {name: f"{_in_words(before[name])} → {_in_words(getattr(team, name))}" for name in changed}
    details = {**words, "version": team.rules_version}
    audit.record(Action.TEAM_RULES_CHANGED, team=team, actor=actor, subject=team, details=details)
    return changed


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _in_words(value: object) -> str:
    """A rule's value for the log."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(len(value)) if isinstance(value, list) else str(value) or "none"
