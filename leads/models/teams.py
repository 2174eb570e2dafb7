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


class DuplicatePolicy(models.TextChoices):
    """What happens to a lead that looks like one the team has entered before."""

    WARN = "warn", "Warn, and let the person decide"
    HOLD = "hold", "Hold it for review"
    ALLOW = "allow", "Let it go"


class Team(models.Model):
    """The people who share one Breakcold account.

    ``environment`` is where leads entered now go. A lead keeps the one it was entered in: nothing entered for practice
    ever leaves with a live key, nor the other way round.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.CharField(
        max_length=50,
        unique=True,
        validators=[SLUG],
        error_messages={"unique": "There is a team with this short name already.", "blank": SLUG.message},
    )
    name = models.CharField(max_length=100, error_messages={"blank": "The team needs a name for people."})
    environment = models.CharField(max_length=10, choices=Environment.choices, default=Environment.LIVE)
    reviews = models.BooleanField("leads are reviewed before they go out", default=False)
    undo_seconds = models.PositiveSmallIntegerField(default=5)
    duplicate_policy = models.CharField(max_length=10, choices=DuplicatePolicy.choices, default=DuplicatePolicy.WARN)
    default_phone_country = models.CharField(max_length=2, blank=True)
    rules_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="leads.Membership", related_name="teams")

    def __str__(self) -> str:
        return self.name

    @property
    def is_practice(self) -> bool:
        return self.environment == Environment.SANDBOX


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
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def can_review(self) -> bool:
        return self.role in REVIEWING
