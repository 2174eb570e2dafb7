from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from .teams import Environment, Team


class KeyStatus(models.TextChoices):
    ACTIVE = "active", "Working"
    PAUSED = "paused", "Paused"
    REVOKED = "revoked", "Revoked"


class KeyQuerySet(models.QuerySet["BreakcoldKey"]):
    def current(self) -> KeyQuerySet:
        """Keys a team's leads go out with, paused ones too."""
        return self.exclude(status=KeyStatus.REVOKED)

    def ready(self) -> KeyQuerySet:
        """Keys with which leads may leave just now."""
        return self.filter(status=KeyStatus.ACTIVE, held_at=None, probe_at=None)


class BreakcoldKey(models.Model):
    """A team's API key, sealed. Only ``services/keys/`` opens it.

    A paused key and an open circuit need no state of their own on the leads: nothing drains them until the probe at
    ``probe_at`` (``GET /me``) answers.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="keys")
    environment = models.CharField(max_length=10, choices=Environment.choices)
    sealed = models.TextField(blank=True, editable=False)
    last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=16, db_index=True)
    status = models.CharField(max_length=10, choices=KeyStatus.choices, default=KeyStatus.ACTIVE)
    owner_label = models.CharField("belongs to", max_length=200, blank=True)  # only for showing
    owner_id = models.CharField(max_length=200, blank=True)  # whose account it opens; names are not unique
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)
    set_at = models.DateTimeField(auto_now_add=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_trouble_at = models.DateTimeField(null=True, blank=True)
    last_trouble = models.CharField(max_length=300, blank=True)

    # Somebody is about to replace it: nothing is sent until then.
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    hold_ends = models.BooleanField(default=False)  # with the try of the pasted key it was made for

    # The options that came with it: when, and how many of each kind (None where Breakcold has no such address).
    pickers_synced_at = models.DateTimeField(null=True, blank=True)
    pickers_report = models.JSONField(default=dict, blank=True)
    pickers_asked_at = models.DateTimeField(null=True, blank=True)  # somebody waits for the next reading
    pickers_trouble = models.CharField(max_length=300, blank=True)  # why the last reading brought nothing

    # The circuit: three unknowns or not-sents in a row open it.
    troubles_in_a_row = models.PositiveIntegerField(default=0)
    probe_at = models.DateTimeField(null=True, blank=True)
    probes_failed = models.PositiveIntegerField(default=0)

    # One drain at a time, and at most one wake-up waiting.
    drain_token = models.UUIDField(null=True, blank=True)
    drain_until = models.DateTimeField(null=True, blank=True)
    wake_at = models.DateTimeField(null=True, blank=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "environment"],
                condition=~models.Q(status=KeyStatus.REVOKED),
                name="one_current_key_per_environment",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=KeyStatus.REVOKED) | models.Q(sealed=""), name="revoked_key_holds_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"key …{self.last4} of {self.team}"

    @property
    def is_sandbox(self) -> bool:
        return self.environment == Environment.SANDBOX

    @property
    def is_waiting(self) -> bool:
        """Whether leads wait for a probe: the key is paused or its circuit is open."""
        return self.status == KeyStatus.PAUSED or self.probe_at is not None


class RateBucket(models.Model):
    """The budget of one key, shared by every team and worker that uses it. See ``delivery/throttle.py``."""

    fingerprint = models.CharField(max_length=16, unique=True)
    limit = models.PositiveIntegerField()
    window_seconds = models.FloatField()
    remaining = models.IntegerField()
    resets_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True, blank=True)
    learned_at = models.DateTimeField(null=True, blank=True)
    ramp = models.PositiveIntegerField(null=True, blank=True)  # calls that may begin, while it recovers from a 429

    def __str__(self) -> str:
        return f"{self.remaining} of {self.limit} calls left"
