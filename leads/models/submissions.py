from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from leads.states import HALTED, MOVING, State

from .keys import BreakcoldKey
from .teams import Environment, Team

REFERENCE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without the ones people misread


def new_reference() -> str:
    """A short name for people to read out, such as ``L-7K3F9QX2``."""
    return "L-" + "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(8))


def new_salt() -> str:
    return secrets.token_hex(16)


class Lane(models.IntegerChoices):
    """Which leads go first: typed by hand before bulk."""

    INTERACTIVE = 0, "Typed in"
    BULK = 1, "Bulk"


class Door(models.TextChoices):
    """How something came in."""

    FORM = "form", "Form"
    GATEWAY = "gateway", "Gateway"
    COMMAND = "command", "Command line"
    IMPORT = "import", "Import"
    WORKER = "worker", "Worker"


class HoldReason(models.TextChoices):
    """Why a lead waits for review, besides that its team may review every one."""

    DUPLICATE = "duplicate", "It looks like a lead the team has entered before"


#: A person has to settle it, send it again or decide that it is not sent.
STUCK = Q(state=State.FAILED, settled_by=None) | Q(state=State.UNKNOWN, look_up_at=None)
#: Problems of leads that were put aside by the portal: not sent for a week, or never got past it.
PARKED_KINDS = ("given_up", "crashed")


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def for_team(self, team: Team) -> SubmissionQuerySet:
        return self.filter(team=team)

    def for_key(self, key: BreakcoldKey) -> SubmissionQuerySet:
        """Leads that go out with this key: the team's, entered in the key's environment."""
        return self.filter(team=key.team_id, environment=key.environment)

    def queued(self) -> SubmissionQuerySet:
        return self.filter(state=State.QUEUED)

    def may_leave(self) -> SubmissionQuerySet:
        """Queued, and not of an import that somebody stopped."""
        return self.queued().exclude(lead_import__stage__in=HALTED)

    def due(self, now: datetime) -> SubmissionQuerySet:
        """Queued and allowed to leave, first in first out inside each lane."""
        return self.may_leave().filter(send_after__lte=now).order_by("lane", "queued_at", "pk")

    def to_settle(self, now: datetime) -> SubmissionQuerySet:
        """Unknown outcomes whose next look-up is due."""
        return self.filter(state=State.UNKNOWN, look_up_at__lte=now).order_by("look_up_at", "pk")

    def lease_expired(self, now: datetime) -> SubmissionQuerySet:
        return self.filter(state=State.SENDING, lease_until__lte=now)

    def need_attention(self) -> SubmissionQuerySet:
        """Nothing goes on until a person acts."""
        return self.filter(Q(state=State.CHANGES_REQUESTED) | STUCK)

    def stuck(self) -> SubmissionQuerySet:
        """The machine gave up, and nobody has decided what becomes of it."""
        return self.filter(STUCK)

    def parked(self) -> SubmissionQuerySet:
        """Stuck although Breakcold never said no, and surely not created: it can be sent again as it is."""
        return self.filter(state=State.FAILED, settled_by=None, problem__kind__in=PARKED_KINDS)


class Submission(models.Model):
    """A lead on its way to Breakcold. Only ``services/submissions/`` changes ``state``.

    ``values`` holds what was entered in normal form, keyed by field name; the columns below it are copies that
    duplicates and search use. ``salt`` makes the digest of the values in the audit log meaningless once it is erased.
    ``entered_by`` is the person behind it: who typed it in, or who owned the token it came with. ``rewritten_by`` is
    the last other person who changed what it says, not counting a reviewer who corrected it and approved it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="submissions")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="submissions"
    )
    token = models.ForeignKey("leads.GatewayToken", null=True, blank=True, on_delete=models.PROTECT)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rewritten_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    door = models.CharField(max_length=10, choices=Door.choices)
    environment = models.CharField(max_length=10, choices=Environment.choices)
    preset = models.ForeignKey("leads.FormPreset", null=True, blank=True, on_delete=models.PROTECT)
    lead_import = models.ForeignKey(
        "leads.LeadImport", null=True, blank=True, on_delete=models.PROTECT, related_name="submissions"
    )
    one_time_key = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.INTERACTIVE)

    values = models.JSONField(default=dict)
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    title = models.CharField(max_length=450, blank=True)
    email_key = models.CharField(max_length=254, blank=True)
    phone_key = models.CharField(max_length=40, blank=True)
    linkedin_key = models.CharField(max_length=200, blank=True)
    company_key = models.CharField(max_length=200, blank=True)
    name_key = models.CharField(max_length=400, blank=True)
    search_text = models.TextField(blank=True)

    held_for = models.CharField(max_length=10, blank=True, choices=HoldReason.choices)

    # The queue
    queued_at = models.DateTimeField(null=True, blank=True)
    send_after = models.DateTimeField(null=True, blank=True)
    attempt_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_sent_count = models.PositiveIntegerField(default=0)
    not_sent_since = models.DateTimeField(null=True, blank=True)
    unknown_since = models.DateTimeField(null=True, blank=True)
    look_up_at = models.DateTimeField(null=True, blank=True)
    look_up_count = models.PositiveSmallIntegerField(default=0)
    resend_count = models.PositiveSmallIntegerField(default=0)
    crash_count = models.PositiveSmallIntegerField(default=0)  # workers that died sending it
    suspect_count = models.PositiveSmallIntegerField(default=0)  # workers that died when it was the next to be claimed

    # What came of it
    breakcold_id = models.CharField(max_length=100, blank=True)
    response = models.JSONField(null=True, blank=True)
    problem = models.JSONField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    review_since = models.DateTimeField(null=True, blank=True)
    four_eyes = models.BooleanField(default=True)  # whether the team wanted them when it was decided
    approved_digest = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "created_by", "one_time_key"], name="one_submission_per_form"),
            models.UniqueConstraint(
                fields=["token", "one_time_key"], condition=Q(token__isnull=False), name="one_submission_per_request"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="submission_state_known"),
            models.CheckConstraint(
                condition=~Q(state=State.CREATED) | ~Q(breakcold_id="") | Q(settled_by__isnull=False),
                name="created_has_an_id_or_a_witness",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SENDING) | Q(attempt_token__isnull=False, lease_until__isnull=False),
                name="sending_means_leased",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.QUEUED) | Q(queued_at__isnull=False, send_after__isnull=False),
                name="queued_means_timed",
            ),
            models.CheckConstraint(
                condition=Q(four_eyes=False) | Q(decided_by=None) | Q(entered_by=None) | ~Q(decided_by=F("entered_by")),
                name="nobody_decides_on_their_own_lead",
            ),
            models.CheckConstraint(
                condition=Q(four_eyes=False)
                | Q(decided_by=None)
                | Q(rewritten_by=None)
                | ~Q(decided_by=F("rewritten_by")),
                name="nobody_decides_on_their_own_words",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.PENDING_REVIEW) | Q(review_since__isnull=False), name="review_means_timed"
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-id"], name="submission_newest"),
            models.Index(fields=["team", "state", "-id"], name="submission_by_state"),
            models.Index(
                fields=["team", "environment", "lane", "queued_at", "id"],
                condition=Q(state="queued"),
                name="submission_queue",
            ),
            models.Index(fields=["team", "entered_by", "-id"], name="submission_of_person"),
            models.Index(fields=["team", "state", "review_since", "id"], name="submission_review"),
            models.Index(
                fields=["lead_import", "state"], condition=Q(lead_import__isnull=False), name="submission_of_import"
            ),
            models.Index(
                fields=["team", "entered_by", "review_since", "id"],
                condition=Q(state="pending_review"),
                name="submission_review_person",
            ),
            models.Index(
                fields=["token", "review_since", "id"],
                condition=Q(state="pending_review", token__isnull=False),
                name="submission_review_script",
            ),
            models.Index(
                fields=["team", "entered_by", "decided_at"],
                condition=Q(state__in=["changes_requested", "rejected"]),
                name="submission_turned_back",
            ),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="submission_leases"),
            models.Index(fields=["look_up_at"], condition=Q(state="unknown"), name="submission_look_ups"),
            models.Index(F("team"), F("email_key"), condition=~Q(email_key=""), name="submission_by_email"),
            models.Index(F("team"), F("phone_key"), condition=~Q(phone_key=""), name="submission_by_phone"),
            models.Index(F("team"), F("linkedin_key"), condition=~Q(linkedin_key=""), name="submission_by_linkedin"),
            models.Index(
                F("team"), F("company_key"), F("name_key"), condition=~Q(company_key=""), name="submission_by_company"
            ),
            models.Index(F("team"), F("breakcold_id"), condition=~Q(breakcold_id=""), name="submission_by_lead"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_practice(self) -> bool:
        return self.environment == Environment.SANDBOX

    @property
    def is_moving(self) -> bool:
        """Whether the machine is at work on it; an unknown lead without a look-up to come waits for a person."""
        return self.state in MOVING and not (self.state == State.UNKNOWN and self.look_up_at is None)
