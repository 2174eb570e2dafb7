"""What reviewers correct most."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leads import reports
from leads.breakcold.fields import BY_NAME
from leads.models import CustomAttribute

from .access import get_reviewer_for, signed_in


@require_safe
@signed_in
def report_corrections(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_reviewer_for(request, team)
    attributes = CustomAttribute.objects.seen_by(membership.team)
    labels = {f"attributes.{row.external_id}": row.name for row in attributes}
    labels |= {name: field.label for name, field in BY_NAME.items()}
    rows = [(labels.get(row.name, row.name), row) for row in reports.corrections(team=membership.team)]
    return render(request, "reports/corrections.html", {"rows": rows, "days": reports.DAYS})
