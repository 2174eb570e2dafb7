from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from .submissions import Submission


class Decision(models.TextChoices):
    """What a comment came with; the value is the name of the deed. Plain comments came with none."""

    APPROVE = "approve", "approved it"
    SEND_BACK = "send-back", "asked for changes"
    REJECT = "reject", "rejected it"
    SUBMIT = "submit", "sent it to review again"


class ReviewComment(models.Model):
    """What people said to each other about a lead. The thread stays with the lead."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"comment on {self.submission}"


class Revision(models.Model):
    """One change of what a lead says. ``changes`` maps a field's name to ``[before, after]``, None for empty.

    A correction is a change by a reviewer who approved it with that. ``by_replacing``: an option was replaced in
    everything that waits.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="revisions")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    is_correction = models.BooleanField()
    by_replacing = models.BooleanField(default=False)
    changes = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"change of {self.submission}"


class ReviewLook(models.Model):
    """A reviewer has a lead open, or had a moment ago: the others see it marked."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="looks")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "reviewer"], name="one_look_each")]

    def __str__(self) -> str:
        return f"{self.reviewer} looks at {self.submission}"
