from __future__ import annotations

import uuid

from django.db import models

from .submissions import Submission
from .tokens import GatewayToken


class GatewayAnswer(models.Model):
    """What one ``Idempotency-Key`` of one token stands for: first a claim on the work, then the answer it gave.

    Neither the key nor the request is kept, only their keyed digests. ``one_time_key`` goes on the lead, so that work
    which was cut off half-way is taken up again and makes no second one.
    """

    token = models.ForeignKey(GatewayToken, on_delete=models.PROTECT, related_name="answers")
    key_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    one_time_key = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key_digest"], name="one_answer_per_key")]
        indexes = [models.Index(fields=["created_at"], name="gateway_answer_age")]

    def __str__(self) -> str:
        return f"answer {self.status or 'to come'} of {self.token}"


class GatewayRequest(models.Model):
    """One request at the gateway: who, when, what for and what came of it; nothing of what it said.

    ``path`` is the form of the address, not the address. Requests that named no token we know have no ``token``.
    """

    token = models.ForeignKey(
        GatewayToken, null=True, blank=True, on_delete=models.PROTECT, related_name="gateway_requests"
    )
    submission = models.ForeignKey(Submission, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=60)
    status = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=40)
    came_from = models.CharField(max_length=50, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    reference = models.CharField(max_length=36)

    class Meta:
        indexes = [
            models.Index(fields=["token", "-id"], name="gateway_request_newest"),
            models.Index(fields=["at"], name="gateway_request_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.outcome}"
