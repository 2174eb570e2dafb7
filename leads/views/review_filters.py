"""How the review queue is narrowed down; everything stands in the address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone

from leads.models import FormPreset, LeadImport, Submission, User
from leads.states import State

AGES = {"hour": ("An hour", timedelta(hours=1)), "day": ("A day", timedelta(days=1)), "week": ("A week", timedelta(7))}
IMPORTS_OFFERED = 50


class ReviewFilter(django_filters.FilterSet):  # type: ignore[misc]
    submitter = django_filters.ChoiceFilter(
        method="by_submitter", label="Entered by", empty_label="Everyone", choices=[]
    )
    preset = django_filters.ChoiceFilter(method="by_preset", label="Preset", empty_label="All presets", choices=[])
    batch = django_filters.ChoiceFilter(method="by_import", label="Import", empty_label="Any or none", choices=[])
    age = django_filters.ChoiceFilter(
        method="by_age",
        label="Waits longer than",
        empty_label="Any time",
        choices=[(name, label) for name, (label, _) in AGES.items()],
    )

    class Meta:
        model = Submission
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.request.membership.team
        people = User.objects.filter(memberships__team=team).order_by("name", "email")
        presets = FormPreset.objects.filter(team=team).order_by("name")
        waiting = (
            LeadImport.objects.filter(team=team, submissions__state=State.PENDING_REVIEW).distinct().order_by("-pk")
        )
        imports = [(str(each.public_id), f"{each.name} ({each.reference})") for each in waiting[:IMPORTS_OFFERED]]
        self.filters["batch"].extra["choices"] = imports
        self.filters["submitter"].extra["choices"] = [(str(user.public_id), str(user)) for user in people]
        self.filters["preset"].extra["choices"] = [(str(preset.public_id), preset.name) for preset in presets]

    def by_submitter(self, rows: QuerySet[Submission], name: str, value: str) -> QuerySet[Submission]:
        return rows.filter(created_by__public_id=value)

    def by_preset(self, rows: QuerySet[Submission], name: str, value: str) -> QuerySet[Submission]:
        return rows.filter(preset__public_id=value)

    def by_import(self, rows: QuerySet[Submission], name: str, value: str) -> QuerySet[Submission]:
        return rows.filter(lead_import__public_id=value)

    def by_age(self, rows: QuerySet[Submission], name: str, value: str) -> QuerySet[Submission]:
        return rows.filter(review_since__lte=timezone.now() - AGES[value][1])
