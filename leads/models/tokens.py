from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from .presets import FormPreset
from .teams import Team


class Scope(models.TextChoices):
    """What a token may be used for."""

    CREATE = "create", "Enter leads"
    READ = "read", "Read the team’s leads, lists and tags"
    BULK = "bulk", "Enter many leads at once"


ALL_SCOPES = tuple(Scope.values)
REQUESTS_A_MINUTE = 600


class GatewayToken(models.Model):
    """What a script uses instead of the key. Only keyed hashes are kept; the token is shown once.

    ``owner`` is the person it speaks for: when they leave the team it stops working. Without one it is the operator's.
    While it is being exchanged, the text before (``previous_digest``) goes on working until ``previous_until``.
    ``last_used_from`` is part of an address only. ``window_*`` count this minute's requests.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="gateway_tokens"
    )
    scopes = models.JSONField(default=list)
    preset = models.ForeignKey(FormPreset, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    requests_a_minute = models.PositiveIntegerField(default=REQUESTS_A_MINUTE)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    rotated_at = models.DateTimeField(null=True, blank=True)
    previous_prefix = models.CharField(max_length=12, blank=True)
    previous_digest = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    previous_until = models.DateTimeField(null=True, blank=True)
    previous_used_at = models.DateTimeField(null=True, blank=True)

    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.CharField(max_length=50, blank=True)
    window_began_at = models.DateTimeField(null=True, blank=True)
    window_used = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(previous_digest=None) | Q(previous_until__isnull=False), name="previous_token_ends"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(previous_digest=None), name="revoked_token_has_no_previous"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def is_overlapping(self, now: datetime) -> bool:
        """Whether the text before the last exchange still works."""
        return self.previous_until is not None and now < self.previous_until

    @property
    def scope_labels(self) -> list[str]:
        return [Scope(scope).label for scope in self.scopes]
