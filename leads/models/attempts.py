from __future__ import annotations

from django.db import models

from .keys import BreakcoldKey
from .submissions import Submission


class AttemptPurpose(models.TextChoices):
    CREATE = "create", "Send"
    LOOK_UP = "look_up", "Look-up"


class DeliveryAttempt(models.Model):
    """One HTTP try. ``outcome`` is empty while it is under way, and stays empty when the worker died in it."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="attempts")
    key = models.ForeignKey(BreakcoldKey, on_delete=models.PROTECT, related_name="attempts")
    token = models.UUIDField(unique=True)
    purpose = models.CharField(max_length=10, choices=AttemptPurpose.choices)
    body_digest = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    excerpt = models.CharField(max_length=500, blank=True)
    similar = models.JSONField(default=list, blank=True)  # what a look-up saw that could be it

    class Meta:
        ordering = ["started_at", "pk"]
        indexes = [models.Index(fields=["started_at"], name="attempt_by_start")]  # what /metrics looks back at

    def __str__(self) -> str:
        return f"{self.purpose} of {self.submission}: {self.outcome or 'under way'}"
