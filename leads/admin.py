"""For operators: look at everything, change nothing that has rules. No secret is shown, no state and no audit row
changes here.
"""

from __future__ import annotations

from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401  they register what would hold secrets
import django.contrib.auth.admin  # noqa: F401  registers Group
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from .models import (
    AuditChain,
    AuditEntry,
    BreakcoldKey,
    CustomAttribute,
    DeliveryAttempt,
    GatewayRequest,
    GatewayToken,
    Invitation,
    Membership,
    PickerOption,
    RateBucket,
    Submission,
    Team,
    User,
    Webhook,
    WebhookDelivery,
)

#: "data" of a second factor holds its secret.
SEALED = frozenset({"sealed", "digest", "previous_digest", "salt", "password", "data"})


class LookOnly(admin.ModelAdmin[Any]):
    """Every field but the sealed ones, none to be changed."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field.name for field in self.model._meta.concrete_fields if field.name not in SEALED]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Team)
class TeamAdmin(LookOnly):
    list_display = ("slug", "name", "reviews", "created_at")
    search_fields = ("slug", "name")


@admin.register(User)
class UserAdmin(LookOnly):
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    search_fields = ("email", "name")


@admin.register(Membership)
class MembershipAdmin(LookOnly):
    list_display = ("user", "team", "role")
    list_filter = ("role", "team")


@admin.register(Invitation)
class InvitationAdmin(LookOnly):
    list_display = ("email", "team", "role", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("team",)


@admin.register(BreakcoldKey)
class BreakcoldKeyAdmin(LookOnly):
    list_display = ("team", "environment", "status", "last4", "set_at", "last_success_at", "last_trouble")
    list_filter = ("status", "environment")


@admin.register(RateBucket)
class RateBucketAdmin(LookOnly):
    list_display = ("fingerprint", "remaining", "limit", "window_seconds", "resets_at", "blocked_until")


@admin.register(Submission)
class SubmissionAdmin(LookOnly):
    list_display = ("reference", "team", "state", "lane", "created_at", "send_after", "breakcold_id")
    list_filter = ("state", "team")
    search_fields = ("reference", "breakcold_id")
    show_full_result_count = False


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(LookOnly):
    list_display = ("submission", "purpose", "outcome", "http_status", "started_at", "finished_at")
    list_filter = ("outcome", "purpose")
    show_full_result_count = False


@admin.register(AuditEntry)
class AuditEntryAdmin(LookOnly):
    list_display = ("team", "sequence", "at", "action", "actor_kind", "door")
    list_filter = ("action", "team")
    show_full_result_count = False


@admin.register(Webhook)
class WebhookAdmin(LookOnly):
    list_display = ("team", "name", "kind", "host", "is_on", "failing_since", "last_success_at", "last_trouble")
    list_filter = ("is_on", "kind", "team")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(LookOnly):
    list_display = ("event", "webhook", "status", "attempts", "http_status", "due_at", "trouble")
    list_filter = ("status",)
    list_select_related = ("event__team", "webhook__team")
    show_full_result_count = False


# What other apps bring may be changed there, an address people sign in with among it, and nothing would be recorded.
@admin.register(GatewayRequest)
class GatewayRequestAdmin(LookOnly):
    list_display = ("at", "token", "method", "path", "status", "outcome", "came_from", "reference")
    list_filter = ("status", "outcome")
    search_fields = ("reference",)


admin.site.unregister([Authenticator, EmailAddress, Group, SocialAccount, SocialApp, SocialToken, UserSession])


@admin.register(AuditChain, Authenticator, CustomAttribute, EmailAddress, GatewayToken, PickerOption, SocialAccount)
class OtherAdmin(LookOnly):
    pass
