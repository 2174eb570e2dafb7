"""The field reference: every field of a lead, from the same table as the form."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leads.breakcold.fields import GROUP_LABELS, Kind, in_group
from leads.models import CustomAttribute

from .access import get_membership_for, signed_in

KIND_WORDS = {
    Kind.TEXT: "one line of text",
    Kind.MULTILINE: "text of several lines",
    Kind.EMAIL: "an email address",
    Kind.PHONE: "a phone number, kept as +353…",
    Kind.URL: "a web address",
    Kind.HANDLE: "a user name",
    Kind.AMOUNT: "a whole number, sent as text",
    Kind.BOOLEAN: "yes or no",
    Kind.CURRENCY: "a currency",
    Kind.OPTION: "one option",
    Kind.OPTIONS: "any number of options",
    Kind.ATTRIBUTES: "the team’s own fields",
}


@require_safe
@signed_in
def field_reference(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_membership_for(request, team)
    groups = [
        (label, [(field, KIND_WORDS[field.kind]) for field in in_group(group)]) for group, label in GROUP_LABELS.items()
    ]
    attributes = CustomAttribute.objects.offered_to(membership.team)
    return render(request, "fields/reference.html", {"groups": groups, "attributes": attributes})
