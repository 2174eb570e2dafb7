from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from .submissions import Submission
from .teams import Membership, Team


class EventKind(models.TextChoices):
    """What somebody outside the portal, or away from it, may want to hear of. The label is what people choose from."""

    LEAD_CREATED = "lead.created", "A lead is in Breakcold"
    LEAD_FAILED = "lead.failed", "A lead was not accepted"
    LEAD_NEEDS_ATTENTION = "lead.needs_attention", "A lead needs a person: nobody knows whether it arrived"
    REVIEW_WANTED = "review.wanted", "A lead waits for review"
    REVIEW_DECIDED = "review.decided", "A reviewer approved, sent back or rejected a lead"
    KEY_PAUSED = "key.paused", "The key was paused, so leads wait"
    EXPORT_LARGE = "export.large", "Somebody took out very many leads, or wanted to"
    WEBHOOK_SWITCHED_OFF = "webhook.switched_off", "A webhook was switched off because it kept failing"
    WEBHOOK_TEST = "webhook.test", "A test, sent from the settings"


#: What a webhook can be told of.
OFFERED = (
    EventKind.LEAD_CREATED,
    EventKind.LEAD_FAILED,
    EventKind.LEAD_NEEDS_ATTENTION,
    EventKind.REVIEW_WANTED,
    EventKind.REVIEW_DECIDED,
    EventKind.KEY_PAUSED,
    EventKind.EXPORT_LARGE,
)
#: What the person who entered the lead gets a mail about.
LEAD_FAILURES = (EventKind.LEAD_FAILED, EventKind.LEAD_NEEDS_ATTENTION)
#: What the admins of a team get a mail about.
TEAM_FAILURES = (*LEAD_FAILURES, EventKind.KEY_PAUSED, EventKind.EXPORT_LARGE, EventKind.WEBHOOK_SWITCHED_OFF)


class Event(models.Model):
    """Something that happened, written in the transaction in which it did. Webhooks and mails are made from it.

    ``data`` is what is told: slugs, references, public ids, states and counts, never a name or a value of a lead.
    ``about`` is the person who entered the lead; ``caused_by`` is who did it, and is not told what they know.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=30, choices=EventKind.choices)
    submission = models.ForeignKey(Submission, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    caused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["team", "at"],
                condition=models.Q(kind__in=[kind.value for kind in TEAM_FAILURES]),
                name="event_failures_of_team",
            ),
            models.Index(fields=["at"], name="event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.team}"


class NotificationSettings(models.Model):
    """What one person in one team gets by mail, and how far they were told. No row means the defaults.

    ``digest_mailed_at`` is when they were last written to about reviews, of either side. ``failures_until`` is the last
    failure a mail covered, or that belonged to a burst already told of. ``mail_after`` keeps a second worker away while
    a mail is being sent, and waits after one that could not be.
    """

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="notifications")
    review_digest = models.BooleanField(default=True)
    own_returns = models.BooleanField(default=True)
    own_failures = models.BooleanField(default=True)
    team_failures = models.BooleanField(default=True)

    digest_mailed_at = models.DateTimeField(null=True, blank=True)
    failures_until = models.DateTimeField(null=True, blank=True)
    mail_after = models.DateTimeField(null=True, blank=True)
    mail_troubles = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"mails to {self.membership}"
