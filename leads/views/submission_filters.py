"""How the list of leads is narrowed down; everything stands in the address."""

from __future__ import annotations

from uuid import UUID

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from leads.models import Submission
from leads.normalise import folded
from leads.states import State


class SubmissionFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(
        method="search",
        label="Search",
        max_length=200,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Name, company, email, reference", "data-shortcut": "/"}
        ),
    )
    state = django_filters.ChoiceFilter(
        method="by_state",
        label="State",
        empty_label="All states",
        choices=[
            ("attention", "Needs a person"),
            *State.choices,
        ],
    )
    batch = django_filters.UUIDFilter(method="by_import", widget=forms.HiddenInput())
    mine = django_filters.BooleanFilter(method="only_mine", label="Only mine", widget=forms.CheckboxInput())

    class Meta:
        model = Submission
        fields: list[str] = []

    def search(self, rows: QuerySet[Submission], name: str, value: str) -> QuerySet[Submission]:
        """Every word must be in the lead; a reference or a Breakcold id is found as a whole."""
        words = folded(value.replace("\0", "")).split()
        found = Q()
        for word in words[:10]:
            found &= Q(search_text__contains=word)
        return (
            rows.filter(found | Q(reference__iexact=value.strip()) | Q(breakcold_id=value.strip())) if words else rows
        )

    def by_state(self, rows: QuerySet[Submission], name: str, value: str) -> QuerySet[Submission]:
        return rows.need_attention() if value == "attention" else rows.filter(state=value)  # type: ignore[attr-defined]

    def by_import(self, rows: QuerySet[Submission], name: str, value: UUID) -> QuerySet[Submission]:
        return rows.filter(lead_import__public_id=value)

    def only_mine(self, rows: QuerySet[Submission], name: str, value: bool) -> QuerySet[Submission]:
        return rows.filter(created_by_id=self.request.user.pk) if value else rows
