from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from .teams import Team


class PresetQuerySet(models.QuerySet["FormPreset"]):
    def in_use(self) -> PresetQuerySet:
        """Those people can choose; removed ones stay for the leads entered with them."""
        return self.filter(removed_at=None)


class FormPreset(models.Model):
    """A shape of the entry form: which fields it shows, in which order, with what in them.

    ``rows`` is a list in the form's order, one object for each field it knows: ``{"name", "shown", "required", "fixed",
    "default", "help", "kind"}``. ``name`` is a name of the entry form (``email``, ``attributes.<id>``); ``default`` a
    value in normal form and ``help`` a text in place of the usual one, each absent when there is none; a fixed value
    cannot be changed by who enters the lead. ``kind`` is what an attribute was when the row was made. ``version`` goes
    up with each change, so that two admins cannot overwrite each other unseen.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="presets")
    name = models.CharField(max_length=100)
    rows = models.JSONField(default=list)
    is_default = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], condition=Q(removed_at=None), name="one_preset_of_each_name"
            ),
            models.UniqueConstraint(
                fields=["team"], condition=Q(is_default=True, removed_at=None), name="one_default_preset"
            ),
        ]

    def __str__(self) -> str:
        return self.name
