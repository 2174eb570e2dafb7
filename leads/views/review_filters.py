"""How the review queue is narrowed down; everything stands in the address.

One more filter is a declaration here, and a row in ``OFFERS`` when its choices are the team's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from leads.models import FormPreset, GatewayToken, LeadImport, Submission, Team, User
from leads.states import State

AGES = {"hour": ("An hour", timedelta(hours=1)), "day": ("A day", timedelta(days=1)), "week": ("A week", timedelta(7))}
IMPORTS_OFFERED = 50
SCRIPT = "script-"  # before the id of a token, where the other choices are people
Choices = list[tuple[str, Any]]


class ReviewFilter(django_filters.FilterSet):  # type: ignore[misc]
    submitter = django_filters.ChoiceFilter(
        method="by_submitter", label="Entered by", empty_label="Everyone", choices=[]
    )
    preset = django_filters.ChoiceFilter(
        field_name="preset__public_id", label="Preset", empty_label="All presets", choices=[]
    )
    batch = django_filters.ChoiceFilter(
        field_name="lead_import__public_id", label="Import", empty_label="Any or none", choices=[]
    )
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
        for name, offer in OFFERS.items():
            self.filters[name].extra["choices"] = offer(self.request.membership.team)

    def by_submitter(self, rows: QuerySet[Submission], name: str, value: str) -> QuerySet[Submission]:
        if value.startswith(SCRIPT):
            return rows.filter(token__public_id=value.removeprefix(SCRIPT))
        return rows.filter(entered_by__public_id=value)

    def by_age(self, rows: QuerySet[Submission], name: str, value: str) -> QuerySet[Submission]:
        return rows.filter(review_since__lte=timezone.now() - AGES[value][1])


def _submitters(team: Team) -> Choices:
    """Everybody in the team; of those who are gone, and of scripts, the ones whose leads wait."""
    waiting = Submission.objects.for_team(team).filter(state=State.PENDING_REVIEW)
    people = User.objects.order_by("name", "email")
    gone = people.filter(Exists(waiting.filter(entered_by=OuterRef("pk")))).exclude(memberships__team=team)
    scripts = GatewayToken.objects.filter(team=team).order_by("name", "pk")
    scripts = scripts.filter(Exists(waiting.filter(token=OuterRef("pk"), token__isnull=False)))
    groups = {
        "In the team": _people(people.filter(memberships__team=team)),
        "Not in the team any more": _people(gone),
        "Scripts": [(f"{SCRIPT}{token.public_id}", str(token)) for token in scripts],
    }
    found = [(label, choices) for label, choices in groups.items() if choices]
    return list(found[0][1]) if len(found) == 1 else [*found]


def _people(users: QuerySet[User]) -> Choices:
    return [(str(user.public_id), str(user)) for user in users]


def _presets(team: Team) -> Choices:
    return [(str(preset.public_id), preset.name) for preset in FormPreset.objects.filter(team=team).order_by("name")]


def _imports(team: Team) -> Choices:
    """Those of which a lead waits."""
    waiting = Submission.objects.filter(lead_import=OuterRef("pk"), state=State.PENDING_REVIEW)
    found = LeadImport.objects.filter(Exists(waiting), team=team).order_by("-pk")[:IMPORTS_OFFERED]
    return [(str(each.public_id), f"{each.name} ({each.reference})") for each in found]


#: Filter -> what it offers in a team.
OFFERS: Mapping[str, Callable[[Team], Choices]] = {"submitter": _submitters, "preset": _presets, "batch": _imports}
