"""The audit log of a team: everything that happened, newest first, and whether the chain is whole."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import django_filters
from django import forms
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from leads.audit import Action, verify
from leads.models import AuditEntry, Submission, User

from .access import get_membership_for, signed_in
from .action_words import ACTION_WORDS
from .fragments import page_or_fragment
from .log import lines

PER_PAGE = 100
MAX_FINDINGS = 20


class AuditFilter(django_filters.FilterSet):  # type: ignore[misc]
    action = django_filters.ChoiceFilter(
        label="What",
        empty_label="Everything",
        choices=[(action.value, ACTION_WORDS[action].words.capitalize()) for action in Action],
    )
    actor = django_filters.ChoiceFilter(method="by_actor", label="Who", empty_label="Everyone", choices=[])
    about = django_filters.CharFilter(
        method="about_lead",
        label="Lead",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "L-…", "type": "search"}),
    )
    day = django_filters.DateFilter(method="on_day", label="Day", widget=forms.DateInput(attrs={"type": "date"}))

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(memberships__team=self.request.membership.team).order_by("name", "email")
        self.filters["actor"].extra["choices"] = [
            *((str(user.public_id), str(user)) for user in people),
            ("system", "The portal"),
            ("operator", "An operator"),
        ]

    def by_actor(self, rows: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:
        return rows.filter(actor_kind=value) if value in ("system", "operator") else rows.filter(actor_id=value)

    def about_lead(self, rows: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:
        value = value.strip().replace("\0", "")
        named = Q(reference__iexact=value) | Q(breakcold_id=value)
        leads = Submission.objects.for_team(self.request.membership.team).filter(named)
        return rows.filter(subject_id__in=leads.values("public_id"))

    def on_day(self, rows: QuerySet[AuditEntry], name: str, value: Any) -> QuerySet[AuditEntry]:
        start = timezone.make_aware(datetime.combine(value, time.min))
        end = timezone.make_aware(datetime.combine(value, time.max))
        return rows.filter(at__range=(start, end))


@require_safe
@signed_in
def audit_list(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_membership_for(request, team)
    rows = AuditEntry.objects.filter(team=membership.team).order_by("-sequence")
    filters = AuditFilter(request.GET, queryset=rows, request=request)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "filters": filters,
        "page_obj": page,
        "lines": lines(page.object_list),
        "is_filtered": any(request.GET.get(name) for name in filters.filters),
    }
    if "verify" in request.GET:
        findings = [finding for finding, _ in zip(verify(membership.team), range(MAX_FINDINGS), strict=False)]
        context |= {"was_verified": True, "findings": findings, "length": rows.count()}
    return page_or_fragment(request, "audit/list.html", "audit/_table.html", context)
