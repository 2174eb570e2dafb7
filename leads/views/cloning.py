"""“Enter one like this”: the entry form with all a lead says but what tells people apart."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from leads.breakcold.fields import BY_NAME, FIELDS, Group
from leads.forms.lead import LeadForm, initial_from
from leads.models import FormPreset, Submission, Team

from .access import get_membership_for, get_submission_for, signed_in
from .entry import Choice, check_url_for, form_page, without_defaults
from .lead_values import vanished

#: What is one person's alone.
PERSONAL = {"first_name", "last_name", "email", "phone", "linkedin_url", "id"} | {
    field.name for field in FIELDS if field.group is Group.SOCIAL
}
#: Of a lead that is a company, its names and places too.
OF_ONE_COMPANY = {"company", "website_url"} | {
    field.name for field in FIELDS if field.group is Group.COMPANY and field.default is None
}


@require_safe
@signed_in
def submission_like(request: HttpRequest, team: str, submission: UUID) -> HttpResponse:
    membership = get_membership_for(request, team)
    lead = get_submission_for(membership, submission)
    form, choice = _form_like(lead, membership.team)
    notes = [f"Filled in from {lead.reference}. What belongs to that one alone is left empty."]
    if gone := vanished(lead, form.options):
        notes.append(f"Breakcold no longer has this, so it is left out: {'; '.join(gone)}.")
    about: dict[str, Any] = {"choice": choice, "more_notes": notes, "action": reverse("submission_new", args=[team])}
    return form_page(request, form, uuid4(), **about)


def _form_like(lead: Submission, team: Team) -> tuple[LeadForm, Choice]:
    """In the preset it was entered with, or in all fields where it says more than that shows."""
    left_out = PERSONAL | OF_ONE_COMPANY if lead.values.get("is_company") else PERSONAL
    initial = {name: value for name, value in initial_from(lead.values).items() if name not in left_out}
    presets = list(FormPreset.objects.in_use().filter(team=team))
    choice = Choice(lead.preset if lead.preset in presets else None, presets)
    form = _make(team, choice, initial)
    if choice.preset and any(name not in form.fields and _says_more(name, value) for name, value in initial.items()):
        choice = Choice(None, presets)
        form = _make(team, choice, initial)
    return form, choice


def _make(team: Team, choice: Choice, initial: dict[str, Any]) -> LeadForm:
    filled = without_defaults(choice.preset) | initial
    return LeadForm(team=team, preset=choice.preset, check_url=check_url_for(team, choice), initial=filled)


def _says_more(name: str, value: Any) -> bool:
    return name not in BY_NAME or bool(value != BY_NAME[name].default)
