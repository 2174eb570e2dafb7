from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from .teams import Team


class SavedView(models.Model):
    """A way somebody looks at the list of leads, under a name: ``query`` is what stands in the address."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="saved_views")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1_000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["team", "person", "name"], name="one_view_by_that_name")]

    def __str__(self) -> str:
        return self.name
