from __future__ import annotations

from django.db import models

from .teams import Team


class AuditChain(models.Model):
    """The head of one team's chain. ``head_mac`` signs it, so that cutting off the newest entries shows."""

    team = models.OneToOneField(Team, on_delete=models.PROTECT, related_name="audit_chain")
    length = models.PositiveBigIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)
    head_mac = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"audit chain of {self.team}"


class AuditEntry(models.Model):
    """One thing that happened. Written by ``leads/audit.py`` alone; the database refuses to change or delete it.

    It names people, tokens and leads by their public ids and holds no personal data, so a lead can be erased and its
    chain stays whole. There is no foreign key to them: an entry outlives what it speaks of.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="audit_entries")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    action = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True, blank=True)
    door = models.CharField(max_length=10)
    ip_digest = models.CharField(max_length=16, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField(null=True, blank=True)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["team", "sequence"]
        verbose_name_plural = "audit entries"
        constraints = [models.UniqueConstraint(fields=["team", "sequence"], name="audit_sequence_once")]
        indexes = [
            models.Index(fields=["team", "subject_id", "sequence"], name="audit_by_subject"),
            models.Index(fields=["team", "action", "sequence"], name="audit_by_action"),
            models.Index(fields=["team", "actor_id", "sequence"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.action}"
