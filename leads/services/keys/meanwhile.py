"""What somebody else did to a team's key while a page was open."""

from __future__ import annotations

from leads.audit import Action, ActorKind
from leads.models import AuditEntry, BreakcoldKey, Team, User
from leads.services.teams import NotPossible


class KeyChanged(NotPossible):
    """Somebody else changed the team's key since the page was read; nothing was done."""

    def __init__(self, team: Team) -> None:
        who = who_did(team, Action.KEY_SET, Action.KEY_REVOKED)
        super().__init__(f"The team's key was changed since you opened this page, so nothing of yours was done.{who}")


def find_seen(team: Team, seen: str) -> BreakcoldKey:
    """The team's key with this public id, if it is still in use. Raises ``KeyChanged``."""
    rows = BreakcoldKey.objects.current().filter(team=team).select_related("team", "held_by")
    found = next((key for key in rows if str(key.public_id) == seen), None)
    if found is None:
        raise KeyChanged(team)
    return found


def refuse_if_changed(team: Team, current: BreakcoldKey | None, seen: str) -> None:
    if seen != (str(current.public_id) if current else ""):
        raise KeyChanged(team)


def who_did(team: Team, *actions: Action) -> str:
    """The newest of these, as a sentence."""
    entry = AuditEntry.objects.filter(team=team, action__in=actions).order_by("-sequence").first()
    if entry is None:
        return ""
    user = User.objects.filter(public_id=entry.actor_id).first() if entry.actor_id else None
    who = str(user or ("Somebody" if entry.actor_kind == ActorKind.USER else "An operator"))
    did = {
        Action.KEY_SET: f"set the key that ends in {entry.details.get('last4')}",
        Action.KEY_REVOKED: f"revoked the key that ended in {entry.details.get('last4')}",
        Action.TEAM_ENVIRONMENT_CHANGED: "switched it",
    }[Action(entry.action)]
    return f" {who} {did}."
