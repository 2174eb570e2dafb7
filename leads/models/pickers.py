from __future__ import annotations

from django.db import models

from leads.breakcold.fields import AttributeKind

from .teams import Team


class PickerKind(models.TextChoices):
    LIST = "list", "List"
    STATUS = "status", "Status"
    TAG = "tag", "Tag"
    OWNER = "owner", "Owner"


class PickerOption(models.Model):
    """One choice for lists, status, tags or owners, as Breakcold named it when last asked."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="picker_options")
    kind = models.CharField(max_length=10, choices=PickerKind.choices)
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    color = models.CharField(max_length=30, blank=True)
    list_id = models.CharField(max_length=200, blank=True)
    position = models.IntegerField(default=0)
    is_gone = models.BooleanField(default=False)

    class Meta:
        ordering = ["kind", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "kind", "external_id"], name="picker_option_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CustomAttribute(models.Model):
    """One custom attribute of the team's Breakcold account. ``options`` is ``[{"id", "name"}]`` for SELECT."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="custom_attributes")
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value.title()) for kind in AttributeKind])
    is_multiple = models.BooleanField(default=False)
    options = models.JSONField(default=list, blank=True)
    position = models.IntegerField(default=0)
    is_gone = models.BooleanField(default=False)

    class Meta:
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["team", "external_id"], name="custom_attribute_once")]

    def __str__(self) -> str:
        return self.name
