"""Webhooks: added, changed, tested, switched, removed by a team's admins. Sending them is delivery's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from leads import audit, crypto
from leads.audit import Action, Actor
from leads.models import Event, Team, Webhook, WebhookDelivery
from leads.models.notifications import OFFERED, EventKind
from leads.models.webhooks import DeliveryStatus, WebhookKind
from leads.normalise import has_unshowable

from . import notifications
from .teams import NotPossible
from .webhook_targets import Target, checked_address, host_of, new_secret, open_target, seal

MAX_NAME_CHARACTERS = 60
MAX_WEBHOOKS = 10  # of a team
GONE = "It said that it is gone for good (410)."


def add_webhook(
    *,
    team: Team,
    name: str,
    kind: str,
    address: str,
    events: Collection[str],
    public_id: UUID | None = None,
    actor: Actor,
) -> tuple[Webhook, str]:
    """A new webhook and its signing secret, "" where the kind has none. It is shown once. Raises ``NotPossible``.

    A ``public_id`` given twice is one form sent twice.
    """
    if kind not in WebhookKind.values:
        raise NotPossible("Choose how the receiver wants to be told.")
    checked = {"name": _checked_name(name), "events": _checked_events(events)}
    address = checked_address(address)  # asks a name server, so before anything is locked
    return _store(team, kind, Target(address, _secret_for(kind)), checked, public_id, actor)


@transaction.atomic
def _store(
    team: Team, kind: str, target: Target, checked: dict[str, Any], public_id: UUID | None, actor: Actor
) -> tuple[Webhook, str]:
    audit.lock(team)
    if Webhook.objects.present().filter(team=team).count() >= MAX_WEBHOOKS:
        raise NotPossible(f"A team has at most {MAX_WEBHOOKS} webhooks. Remove one first.")
    webhook = Webhook(
        team=team,
        kind=kind,
        sealed=seal(target, team),
        host=host_of(target.address),
        created_by=actor.user,
        **checked,
        **({"public_id": public_id} if public_id else {}),
    )
    try:
        with transaction.atomic():
            webhook.save(force_insert=True)
    except IntegrityError:
        raise NotPossible(
            "This form was sent already. Make a new secret on the webhook’s page if you lost it."
        ) from None
    details = {"host": webhook.host, "kind": kind, "events": checked["events"]}
    audit.record(Action.WEBHOOK_ADDED, team=team, actor=actor, subject=webhook, details=details)
    return webhook, target.secret


def change_webhook(*, webhook: Webhook, name: str, events: Collection[str], address: str = "", actor: Actor) -> Webhook:
    """Another name, other events and, unless ``address`` is "", another address. Raises ``NotPossible``."""
    changes = {"name": _checked_name(name), "events": _checked_events(events)}
    return _change(webhook, changes, checked_address(address) if address.strip() else "", actor)


@transaction.atomic
def _change(webhook: Webhook, changes: dict[str, Any], address: str, actor: Actor) -> Webhook:
    webhook = _locked(webhook)
    if address:
        target = Target(address, open_target(webhook).secret)
        changes |= {"sealed": seal(target, webhook.team), "host": host_of(address), "rest_until": None}
        changes |= {"failing_since": None, "failures_in_a_row": 0}
    details = {"host": changes.get("host", webhook.host), "events": changes["events"], "address": bool(address)}
    return _keep(webhook, changes, Action.WEBHOOK_CHANGED, details, actor)


@transaction.atomic
def renew_secret(*, webhook: Webhook, actor: Actor) -> str:
    """Another signing secret, returned once; the one before signs nothing from now on. Raises ``NotPossible``."""
    webhook = _locked(webhook)
    secret = _secret_for(webhook.kind)
    if not secret:
        raise NotPossible("Texts for a chat are not signed, so there is no secret.")
    sealed = seal(Target(open_target(webhook).address, secret), webhook.team)
    _keep(webhook, {"sealed": sealed}, Action.WEBHOOK_CHANGED, {"host": webhook.host, "secret": True}, actor)
    return secret


@transaction.atomic
def switch_on(*, webhook: Webhook, actor: Actor) -> Webhook:
    """Tell it of what happens from now on. Raises ``NotPossible``."""
    webhook = _locked(webhook)
    changes = {"is_on": True, "off_because": "", "failing_since": None, "failures_in_a_row": 0, "rest_until": None}
    return _keep(webhook, changes, Action.WEBHOOK_CHANGED, {"host": webhook.host, "on": True}, actor)


@transaction.atomic
def switch_off(*, webhook: Webhook, because: str = "", actor: Actor) -> Webhook:
    """Tell it nothing more, also of what waits. With ``because`` it is the portal that gives up on it."""
    webhook = _locked(webhook)
    _drop_waiting(webhook)
    action = Action.WEBHOOK_SWITCHED_OFF if because else Action.WEBHOOK_CHANGED
    details = {"host": webhook.host, "reason": because} if because else {"host": webhook.host, "on": False}
    return _keep(webhook, {"is_on": False, "off_because": because}, action, details, actor)


@transaction.atomic
def remove_webhook(*, webhook: Webhook, actor: Actor) -> None:
    """It is told nothing more, and its address and secret are forgotten. Raises ``NotPossible``."""
    webhook = _locked(webhook)
    _drop_waiting(webhook)
    changes = {"removed_at": timezone.now(), "is_on": False, "sealed": ""}
    _keep(webhook, changes, Action.WEBHOOK_REMOVED, {"host": webhook.host}, actor)


@transaction.atomic
def send_test(*, webhook: Webhook, actor: Actor) -> Event:
    """Have it told that this is a test, even while it is off or rests. Raises ``NotPossible``."""
    webhook = _locked(webhook)
    Webhook.objects.filter(pk=webhook.pk).update(rest_until=None)
    event = notifications.tell([webhook], EventKind.WEBHOOK_TEST, team=webhook.team, actor=actor)
    audit.record(Action.WEBHOOK_TESTED, team=webhook.team, actor=actor, subject=webhook, details={"host": webhook.host})
    return event


@transaction.atomic
def replay(*, delivery: WebhookDelivery, actor: Actor) -> WebhookDelivery:
    """Send one event to its webhook once more, under the same id as before. Raises ``NotPossible``."""
    webhook = _locked(delivery.webhook)
    if not webhook.is_on:
        raise NotPossible("This webhook is off. Switch it on, then send it again.")
    now = timezone.now()
    ended = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(status=DeliveryStatus.WAITING)
    if not ended.update(status=DeliveryStatus.WAITING, attempts=0, queued_at=now, due_at=now, trouble=""):
        raise NotPossible("It is on its way already.")
    Webhook.objects.filter(pk=webhook.pk).update(rest_until=None)
    details = {"host": webhook.host, "event": str(delivery.event.public_id)}
    audit.record(Action.WEBHOOK_REPLAYED, team=webhook.team, actor=actor, subject=webhook, details=details)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def reseal_webhooks(*, actor: Actor) -> int:
    """Seal every webhook's secrets with the newest encryption key; returns how many. Raises ``crypto.CannotOpen``."""
    for team in Team.objects.filter(webhooks__in=Webhook.objects.present()).distinct().order_by("pk"):
        audit.lock(team)
    webhooks = list(Webhook.objects.present().select_related("team").order_by("pk"))
    for webhook in webhooks:
        details = {"host": webhook.host, "resealed": True}
        _keep(webhook, {"sealed": crypto.reseal(webhook.sealed)}, Action.WEBHOOK_CHANGED, details, actor)
    return len(webhooks)


def _locked(webhook: Webhook) -> Webhook:
    """The row as it is now; the team's chain keeps others who would change it away. Raises ``NotPossible``."""
    audit.lock(webhook.team)
    found = Webhook.objects.present().select_related("team").filter(pk=webhook.pk).first()
    if found is None:
        raise NotPossible("This webhook was removed meanwhile.")
    return found


def _keep(webhook: Webhook, changes: dict[str, Any], action: Action, details: dict[str, Any], actor: Actor) -> Webhook:
    Webhook.objects.filter(pk=webhook.pk).update(**changes)
    for name, value in changes.items():
        setattr(webhook, name, value)
    audit.record(action, team=webhook.team, actor=actor, subject=webhook, details=details)
    return webhook


def _drop_waiting(webhook: Webhook) -> None:
    waiting = WebhookDelivery.objects.filter(webhook=webhook, status=DeliveryStatus.WAITING)
    waiting.update(status=DeliveryStatus.GIVEN_UP, trouble="The webhook was switched off before it could be told.")


def _secret_for(kind: str) -> str:
    return new_secret() if kind == WebhookKind.JSON else ""


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or has_unshowable(name) or "\n" in name:
        raise NotPossible(f"Give the webhook a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    return name


def _checked_events(events: Collection[str]) -> list[str]:
    chosen = [kind.value for kind in OFFERED if kind.value in events]
    if not chosen or len(chosen) != len(set(events)):
        raise NotPossible("Choose at least one thing it is to be told of.")
    return chosen
