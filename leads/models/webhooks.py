from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from .notifications import Event
from .teams import Team


class WebhookKind(models.TextChoices):
    """How a receiver wants to be told."""

    JSON = "json", "Signed JSON, for a program"
    TEXT = "text", "Text, for a chat such as Slack"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def present(self) -> WebhookQuerySet:
        return self.filter(removed_at=None)

    def free(self, now: datetime) -> WebhookQuerySet:
        """Those to which nothing is being sent, and which do not rest after a failure."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lte=now), Q(rest_until=None) | Q(rest_until__lte=now))


class Webhook(models.Model):
    """Where a team wants to be told what happens. Address and signing secret are sealed: both open a door elsewhere.

    One call at a time: who holds the lease sends. ``failing_since`` is when it last worked no more; while it fails it
    rests, for longer each time.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="webhooks")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=WebhookKind.choices)
    sealed = models.TextField(blank=True, editable=False)
    host = models.CharField(max_length=260)
    events = models.JSONField(default=list)
    is_on = models.BooleanField(default=True)
    off_because = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    last_success_at = models.DateTimeField(null=True, blank=True)
    last_trouble_at = models.DateTimeField(null=True, blank=True)
    last_trouble = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    rest_until = models.DateTimeField(null=True, blank=True)

    tried_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(removed_at=None) | Q(sealed=""), name="removed_webhook_holds_nothing"),
            models.CheckConstraint(condition=Q(removed_at=None) | Q(is_on=False), name="removed_webhook_is_off"),
        ]

    def __str__(self) -> str:
        return f"webhook of {self.team} to {self.host}"


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", "On its way"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given_up", "Given up"


class WebhookDelivery(models.Model):
    """One event for one webhook. ``due_at`` is when the next try may be made; ``queued_at`` when the tries began."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_per_event")]
        indexes = [
            models.Index(
                fields=["webhook", "due_at"], condition=Q(status="waiting"), name="webhook_deliveries_waiting"
            ),
            models.Index(fields=["queued_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook.host}: {self.status}"
