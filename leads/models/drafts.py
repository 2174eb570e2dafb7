from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from .presets import FormPreset
from .teams import Team


class Draft(models.Model):
    """What somebody typed into the entry form and has not sent; nobody else sees it, and nothing sends it by itself.

    With a ``lead`` it is what they typed while they changed that one.
    ``typed`` holds the form as it was posted, every name with its texts, valid or not. ``one_time_key`` is the form's:
    the lead that comes of it has the same, and takes over the draft's ``public_id``, so that its history begins there.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    one_time_key = models.UUIDField(editable=False)
    lead = models.ForeignKey("leads.Submission", null=True, on_delete=models.CASCADE, related_name="drafts")
    preset = models.ForeignKey(FormPreset, null=True, on_delete=models.PROTECT, related_name="+")
    typed = models.JSONField()
    title = models.CharField(max_length=450, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-saved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["team", "author", "one_time_key"], name="one_draft_per_form"),
            models.UniqueConstraint(fields=["lead", "author"], name="one_draft_of_changes"),
        ]

    def __str__(self) -> str:
        return f"draft {self.public_id}"
