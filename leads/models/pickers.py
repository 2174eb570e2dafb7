from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from leads.breakcold.fields import AttributeKind
from leads.normalise import folded

from .teams import Environment, Team


class PickerKind(models.TextChoices):
    LIST = "list", "List"
    STATUS = "status", "Status"
    TAG = "tag", "Tag"
    OWNER = "owner", "Owner"


def searched(name: str) -> str:
    """A name as the search compares it: without case and accents, which can take up to four times the room."""
    return folded(name)[:800]


class OptionQuerySet(models.QuerySet[Any]):
    def seen_by(self, team: Team, environment: str = "") -> OptionQuerySet:
        """Those of the account the team works with, or of the named environment; vanished ones too."""
        return self.filter(team=team, environment=environment or team.environment)

    def offered_to(self, team: Team) -> OptionQuerySet:
        """What can be chosen now."""
        return self.seen_by(team).filter(is_gone=False)


class PickerOption(models.Model):
    """One choice for lists, status, tags or owners, as Breakcold named it when last asked, or as an admin typed it in.

    One that vanished from Breakcold (``is_gone``) stays readable on old leads and cannot be chosen. ``search_text`` is
    the name as the search compares it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="picker_options")
    environment = models.CharField(max_length=10, choices=Environment.choices)
    kind = models.CharField(max_length=10, choices=PickerKind.choices)
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    search_text = models.CharField(max_length=800, blank=True, editable=False)
    color = models.CharField(max_length=30, blank=True)
    list_id = models.CharField(max_length=200, blank=True)
    position = models.IntegerField(default=0)
    is_typed_in = models.BooleanField(default=False)
    is_gone = models.BooleanField(default=False)

    objects = OptionQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "environment", "kind", "external_id"], name="picker_option_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_text = searched(self.name)
        super().save(*args, **kwargs)


class CustomAttribute(models.Model):
    """One custom attribute of the team's Breakcold account. ``options`` is ``[{"id", "name"}]`` for SELECT."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="custom_attributes")
    environment = models.CharField(max_length=10, choices=Environment.choices)
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value.title()) for kind in AttributeKind])
    is_multiple = models.BooleanField(default=False)
    options = models.JSONField(default=list, blank=True)
    position = models.IntegerField(default=0)
    is_typed_in = models.BooleanField(default=False)
    is_gone = models.BooleanField(default=False)

    objects = OptionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "environment", "external_id"], name="custom_attribute_once")
        ]

    def __str__(self) -> str:
        return self.name
