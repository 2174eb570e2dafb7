"""One field of the entry form is checked when it is left."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from leads.forms.lead import LeadForm
from leads.models import Membership, Submission

from .access import get_membership_for, get_submission_for, signed_in
from .entry import ALL, choose_preset, edit_form, likely_duplicate, new_form, review_form
from .typed import public_id_in


@require_POST
@signed_in
def submission_check(request: HttpRequest, team: str) -> HttpResponse:
    """One field's message, asked for when the field is left."""
    membership = get_membership_for(request, team)
    lead = get_submission_for(membership, public_id_in(request.GET["lead"])) if "lead" in request.GET else None
    form = _checked_form(request, membership, lead)
    name = request.GET.get("field", "")
    if name not in form.fields:
        raise Http404("no such field")
    form.is_valid()
    likely = likely_duplicate(form, name, lead)
    return render(request, "elements/_message.html", {"field": form[name], "likely": likely})


def _checked_form(request: HttpRequest, membership: Membership, lead: Submission | None) -> LeadForm:
    if lead is None:
        return new_form(request, membership.team, choose_preset(request, membership.team))
    return review_form(request, lead) if request.GET.get("preset") == ALL else edit_form(request, lead)
