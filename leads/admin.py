"""For operators: look at everything, change nothing that has rules. No secret is shown, no state and no audit row
changes here.
"""

from __future__ import annotations

from typing import Any

import allauth.account.admin  # noqa: F401  registers EmailAddress
import django.contrib.auth.admin  # noqa: F401  registers Group
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from .models import (
    AuditChain,
    AuditEntry,
    BreakcoldKey,
    CustomAttribute,
    DeliveryAttempt,
    GatewayToken,
    Membership,
    PickerOption,
    RateBucket,
    Submission,
    Team,
    User,
)

SEALED = frozenset({"sealed", "digest", "salt", "password"})


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


# What other apps bring may be changed there, an address people sign in with among it, and nothing would be recorded.
admin.site.unregister([EmailAddress, Group])


@admin.register(AuditChain, CustomAttribute, EmailAddress, GatewayToken, PickerOption)
class OtherAdmin(LookOnly):
    pass
