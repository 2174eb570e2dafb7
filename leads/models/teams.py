from __future__ import annotations

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from phonenumbers import SUPPORTED_REGIONS

from leads.normalise import has_unshowable

MAX_UNDO_SECONDS = 120
MAX_REASONS = 20
MAX_REASON_CHARACTERS = 100

SLUG = RegexValidator(
    r"\A[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?\Z",
    "Use 1 to 50 small letters a-z, digits and hyphens, beginning and ending with a letter or digit.",
)

#: Short names that pass for a part of the portal, in an address, a list or an email.
# fmt: off
RESERVED_SLUGS = frozenset(
    (
        "account", "accounts", "admin", "administrator", "all", "api", "app", "assets", "attributes", "audit", "auth",
        "breakcold", "check", "checks", "edit", "export", "favicon", "fields", "gateway", "health", "healthz", "help",
        "home", "import", "imports", "invitation", "invitations", "key", "keys", "lead", "leads", "login", "logout",
        "mail", "me", "media", "members", "metrics", "new", "none", "null", "operator", "pickers", "portal", "practice",
        "presets", "readyz", "register", "reports", "rest", "review", "robots", "root", "rules", "security", "settings",
        "sign-in", "sign-out", "signin", "signout", "signup", "static", "status", "submissions", "support", "system",
        "t", "token", "tokens", "undefined", "user", "users", "www",
    )
)
# fmt: on


def refuse_reserved(slug: str) -> None:
    """A validator: a team may not look like a page of the portal."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(f"“{slug}” is a name the portal itself uses. Choose another short name for the team.")


def refuse_unshowable(name: str) -> None:
    if has_unshowable(name) or not any(char.isprintable() and not char.isspace() for char in name):
        raise ValidationError("The name holds a character that cannot be shown. Type it again.")


def refuse_unknown_country(code: str) -> None:
    if code not in SUPPORTED_REGIONS:
        raise ValidationError(f"“{code}” is not a country. Use two capital letters, like IE.")


def refuse_bad_reasons(reasons: object) -> None:
    """At most so many short lines, each once."""
    is_list = isinstance(reasons, list) and all(isinstance(reason, str) for reason in reasons)
    if not isinstance(reasons, list) or not is_list or len(reasons) > MAX_REASONS:
        raise ValidationError(f"Give at most {MAX_REASONS} reasons.")
    if any(not 0 < len(reason.strip()) <= MAX_REASON_CHARACTERS or has_unshowable(reason) for reason in reasons):
        raise ValidationError(f"A reason is one line of at most {MAX_REASON_CHARACTERS} characters.")
    if len(set(reasons)) < len(reasons):
        raise ValidationError("Two reasons are the same.")


class Role(models.TextChoices):
    MEMBER = "member", "Member"
    REVIEWER = "reviewer", "Reviewer"
    ADMIN = "admin", "Admin"


class Source(models.TextChoices):
    """Who gave somebody their place in a team, and so who may take it without asking."""

    MANUAL = "manual", "A person"
    GROUPS = "groups", "Groups at the sign-in provider"


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


class SecondFactor(models.TextChoices):
    """Who must prove at sign-in that they are themselves by more than a password. Members may always."""

    REVIEWERS = "reviewers", "Admins and reviewers, once live"
    ALL = "all", "Everybody"


def usual_reasons() -> list[str]:
    """Why reviewers reject leads, until a team says otherwise."""
    return ["We know them already", "Not somebody we sell to", "Too little to go on", "The details are wrong"]


class Team(models.Model):
    """The people who share one Breakcold account.

    ``environment`` is where leads entered now go. A lead keeps the one it was entered in: nothing entered for practice
    ever leaves with a live key, nor the other way round.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.CharField(
        max_length=50,
        unique=True,
        validators=[SLUG, refuse_reserved],
        error_messages={"unique": "There is a team with this short name already.", "blank": SLUG.message},
    )
    name = models.CharField(
        max_length=100,
        validators=[refuse_unshowable],
        error_messages={"blank": "The team needs a name for people."},
    )
    environment = models.CharField(max_length=10, choices=Environment.choices, default=Environment.LIVE)
    reviews = models.BooleanField("leads are reviewed before they go out", default=False)
    four_eyes = models.BooleanField("nobody reviews a lead of their own", default=True)
    reject_reasons = models.JSONField(default=usual_reasons, blank=True, validators=[refuse_bad_reasons])
    undo_seconds = models.PositiveSmallIntegerField(
        default=5,
        validators=[
            MaxValueValidator(MAX_UNDO_SECONDS, f"A lead can wait at most {MAX_UNDO_SECONDS} seconds to be undone.")
        ],
    )
    duplicate_policy = models.CharField(max_length=10, choices=DuplicatePolicy.choices, default=DuplicatePolicy.WARN)
    default_phone_country = models.CharField(max_length=2, blank=True, validators=[refuse_unknown_country])
    second_factor = models.CharField(max_length=10, choices=SecondFactor.choices, default=SecondFactor.REVIEWERS)
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
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.MANUAL)
    list_columns = models.CharField(max_length=1000, blank=True, default="")  # names with commas; empty: the usual ones
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
            models.CheckConstraint(condition=models.Q(source__in=Source.values), name="membership_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.role})"

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def can_review(self) -> bool:
        return self.role in REVIEWING
