"""What happened, for those who are not looking: events, and what each person wants to hear of.

Everything worth telling is audited, so the log is where events come from: an entry that somebody may want to hear of
becomes an event in the same transaction, with a delivery for each webhook that asked for it. No other service knows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import (
    AuditEntry,
    BreakcoldKey,
    Event,
    Membership,
    NotificationSettings,
    Submission,
    Team,
    Webhook,
    WebhookDelivery,
)
from leads.models.notifications import TEAM_FAILURES, EventKind
from leads.models.teams import Role
from leads.signals import entry_recorded

#: Action -> kind, and what is told beside it; an action that is told only sometimes stands in ``_kind_of``.
TOLD: dict[str, tuple[EventKind, Mapping[str, Any]]] = {
    Action.SUBMISSION_CREATED: (EventKind.LEAD_CREATED, {}),
    Action.SUBMISSION_FAILED: (EventKind.LEAD_FAILED, {}),
    Action.SUBMISSION_SUBMITTED: (EventKind.REVIEW_WANTED, {}),
    Action.SUBMISSION_APPROVED: (EventKind.REVIEW_DECIDED, {"decision": "approved"}),
    Action.SUBMISSION_SENT_BACK: (EventKind.REVIEW_DECIDED, {"decision": "sent_back"}),
    Action.SUBMISSION_REJECTED: (EventKind.REVIEW_DECIDED, {"decision": "rejected"}),
    Action.KEY_PAUSED: (EventKind.KEY_PAUSED, {}),
    Action.WEBHOOK_SWITCHED_OFF: (EventKind.WEBHOOK_SWITCHED_OFF, {}),
}
RESOLVED = {"created": EventKind.LEAD_CREATED, "failed": EventKind.LEAD_FAILED}


def listen() -> None:
    entry_recorded.connect(_hear, dispatch_uid="events from the log")


def _hear(sender: Any, *, entry: AuditEntry, subject: Any, actor: Actor, **kwargs: Any) -> None:
    kind, more = _kind_of(entry)
    if kind is not None:
        note(kind, team=entry.team, subject=subject, more=more, actor=actor)


def _kind_of(entry: AuditEntry) -> tuple[EventKind | None, Mapping[str, Any]]:
    if entry.action == Action.SUBMISSION_LOOKED_UP and entry.details.get("next") == "person":
        return EventKind.LEAD_NEEDS_ATTENTION, {}
    if entry.action == Action.SUBMISSION_RESOLVED:
        return RESOLVED.get(entry.details.get("as", "")), {}
    if entry.action in (Action.EXPORT_MADE, Action.EXPORT_REFUSED) and entry.details.get("is_much"):
        return EventKind.EXPORT_LARGE, {
            "leads": entry.details["rows"],
            "refused": entry.action == Action.EXPORT_REFUSED,
        }
    return TOLD.get(entry.action, (None, {}))


def note(
    kind: EventKind,
    *,
    team: Team,
    subject: Any = None,
    more: Mapping[str, Any] | None = None,
    actor: Actor,
) -> Event | None:
    """Write an event and the deliveries it makes, in the transaction of what it speaks of; nothing where nobody asked
    to be told and no mail is made from it.
    """
    wanting = _wanting(team, kind)
    if not wanting and kind not in TEAM_FAILURES:
        return None
    return tell(wanting, kind, team=team, subject=subject, more=more, actor=actor)


def tell(
    webhooks: Collection[Webhook],
    kind: EventKind,
    *,
    team: Team,
    subject: Any = None,
    more: Mapping[str, Any] | None = None,
    actor: Actor,
) -> Event:
    """Write an event for these webhooks, whatever they asked for, and for the mails that are made from it."""
    now = timezone.now()
    submission = subject if isinstance(subject, Submission) else None
    event = Event.objects.create(
        team=team,
        kind=kind,
        submission=submission,
        about=submission.entered_by if submission else None,
        caused_by=actor.user,
        data=_data(team, subject) | dict(more or {}),
        at=now,
    )
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=each, event=event, queued_at=now, due_at=now) for each in webhooks
    )
    return event


def _wanting(team: Team, kind: EventKind) -> list[Webhook]:
    rows = Webhook.objects.present().filter(team=team, is_on=True).only("pk", "events")
    return [webhook for webhook in rows if kind in webhook.events]


def _data(team: Team, subject: Any) -> dict[str, Any]:
    """What is told: enough to find it, nothing of what a lead says."""
    if isinstance(subject, Submission):
        return {
            "team": team.slug,
            "reference": subject.reference,
            "lead": str(subject.public_id),
            "state": str(subject.state),
            "practice": subject.is_practice,
            "link": link_to(team, f"submissions/{subject.public_id}/"),
        }
    if isinstance(subject, BreakcoldKey):
        waiting = Submission.objects.for_key(subject).queued().count()
        link = link_to(team, "settings/key/")
        return {"team": team.slug, "practice": subject.is_sandbox, "waiting": waiting, "link": link}
    if isinstance(subject, Team):
        return {"team": team.slug, "link": link_to(team, "audit/")}
    return {"team": team.slug, "link": link_to(team, "settings/webhooks/")}


def link_to(team: Team, path: str = "") -> str:
    """A page of the team as people reach it from outside."""
    return f"{settings.PORTAL_URL}/t/{team.slug}/{path}"


def settings_of(membership: Membership) -> NotificationSettings:
    """What this person gets by mail; the defaults while they chose nothing."""
    found = NotificationSettings.objects.filter(membership=membership).first()
    return found or NotificationSettings(membership=membership)


@transaction.atomic
def choose(
    *,
    membership: Membership,
    review_digest: bool,
    own_returns: bool,
    own_failures: bool,
    team_failures: bool,
    actor: Actor,
) -> NotificationSettings:
    """Keep what somebody wants to hear of. What their role does not give them stays as it was."""
    audit.lock(membership.team)
    found, _ = NotificationSettings.objects.get_or_create(membership=membership)
    chosen = {"own_returns": own_returns, "own_failures": own_failures}
    if membership.can_review:
        chosen["review_digest"] = review_digest
    if membership.role == Role.ADMIN:
        chosen["team_failures"] = team_failures
    changed = {name: value for name, value in chosen.items() if getattr(found, name) != value}
    if changed:
        NotificationSettings.objects.filter(pk=found.pk).update(**changed)
        for name, value in changed.items():
            setattr(found, name, value)
        audit.record(
            Action.NOTIFICATIONS_CHANGED, team=membership.team, actor=actor, subject=membership.user, details=changed
        )
    return found
