from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

SLUG = RegexValidator(
    r"\A[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?\Z",
    "Use 1 to 50 small letters a-z, digits and hyphens, beginning and ending with a letter or digit.",
)


class Role(models.TextChoices):
    MEMBER = "member", "Member"
    REVIEWER = "reviewer", "Reviewer"
    ADMIN = "admin", "Admin"


#: Roles that may decide on other people's leads.
REVIEWING = frozenset({Role.REVIEWER, Role.ADMIN})


class Environment(models.TextChoices):
    """Which Breakcold a key belongs to."""

    LIVE = "live", "Breakcold"
    SANDBOX = "sandbox", "Practice sandbox"


class Team(models.Model):
    """The people who share one Breakcold account."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.CharField(
        max_length=50,
        unique=True,
        validators=[SLUG],
        error_messages={"unique": "There is a team with this short name already.", "blank": SLUG.message},
    )
    name = models.CharField(max_length=100, error_messages={"blank": "The team needs a name for people."})
    reviews = models.BooleanField("leads are reviewed before they go out", default=False)
    undo_seconds = models.PositiveSmallIntegerField(default=5)
    default_phone_country = models.CharField(max_length=2, blank=True)
    pickers_synced_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="leads.Membership", related_name="teams")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one team, in one role."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"

    @property
    def can_review(self) -> bool:
        return self.role in REVIEWING
