"""The team's custom attributes: what there is, typing it in, importing it, and trying one."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.breakcold.fields import AttributeKind
from leads.breakcold.payload import build_payload
from leads.forms.misfits import Misfit, misfits_of
from leads.forms.options import options_of
from leads.forms.pickers import KIND_WORDS, AttributeForm, ImportAttributesForm, TryForm, refuse
from leads.models import CustomAttribute, Membership, Team
from leads.services import attributes, keys
from leads.services.replacing import ATTRIBUTE, Use, replace_everywhere, uses_of
from leads.services.teams import NotPossible

from .access import actor_of, get_admin_for, signed_in
from .fragments import page_or_fragment, redirect_to
from .lead_values import attribute_text
from .pickers import sync_state, tell


def get_attribute_for(membership: Membership, attribute: UUID) -> CustomAttribute:
    """One of the attributes of the account the team works with, or 404."""
    found: CustomAttribute | None = (
        CustomAttribute.objects.seen_by(membership.team).select_related("team").filter(public_id=attribute).first()
    )
    if found is None:
        raise Http404("no such attribute")
    return found


@require_safe
@signed_in
def attribute_list(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    rows = list(CustomAttribute.objects.seen_by(membership.team))
    offered, gone = [row for row in rows if not row.is_gone], [row for row in rows if row.is_gone]
    key = keys.find_current_key(membership.team)
    context = {
        "attributes": [(row, KIND_WORDS[AttributeKind(row.kind)]) for row in offered],
        "vanished": _vanished(membership.team, gone),
        "misfits": _misfits(membership.team, offered),
        "team_key": key,
        "sync": sync_state(key),
        "is_not_offered": key is not None and key.pickers_report.get(ATTRIBUTE, 0) is None,
    }
    stamp = [context["sync"], key and key.pickers_synced_at, len(rows)]
    return page_or_fragment(request, "attributes/list.html", "attributes/_attributes.html", context, stamp=stamp)


def _vanished(team: Team, gone: list[CustomAttribute]) -> list[tuple[CustomAttribute, str, Use]]:
    """Attributes that are no field any more, with where they are still used."""
    uses = uses_of(team, {(ATTRIBUTE, row.external_id) for row in gone})
    none = Use()
    return [(row, KIND_WORDS[AttributeKind(row.kind)], uses.get((ATTRIBUTE, row.external_id), none)) for row in gone]


def _misfits(team: Team, offered: list[CustomAttribute]) -> list[tuple[CustomAttribute, list[tuple[str, Misfit]]]]:
    """Attributes that became another kind under values that leads and presets hold, with what those say."""
    found = misfits_of(team, offered)
    return [
        (row, [(attribute_text(row, misfit.value), misfit) for misfit in found[row.external_id]])
        for row in offered
        if row.external_id in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def attribute_new(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    form = AttributeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            attributes.add_attributes(team=membership.team, rows=[form.row()], actor=actor_of(request))
        except NotPossible as exc:
            refuse(form, None, exc)
        else:
            messages.success(request, f"“{form.cleaned_data['name']}” is a field of the entry form now.")
            return redirect_to(request, reverse("attribute_list", args=[team]))
    return render(request, "attributes/form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def attribute_edit(request: HttpRequest, team: str, attribute: UUID) -> HttpResponse:
    membership = get_admin_for(request, team)
    found = get_attribute_for(membership, attribute)
    form = AttributeForm(request.POST if request.method == "POST" else None, attribute=found)
    if form.is_valid():
        try:
            attributes.change_attribute(attribute=found, row=form.row(), actor=actor_of(request))
        except NotPossible as exc:
            refuse(form, None, exc)
        else:
            messages.success(request, f"“{form.cleaned_data['name']}” is kept.")
            return redirect_to(request, reverse("attribute_list", args=[team]))
    use = uses_of(membership.team, {(ATTRIBUTE, found.external_id)}).get((ATTRIBUTE, found.external_id), Use())
    context = {"form": form, "attribute": found, "use": use}
    return render(request, "attributes/form.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def attribute_remove(request: HttpRequest, team: str, attribute: UUID) -> HttpResponse:
    membership = get_admin_for(request, team)
    found = get_attribute_for(membership, attribute)
    try:
        attributes.remove_attribute(attribute=found, actor=actor_of(request))
    except NotPossible as exc:
        messages.warning(request, str(exc))
    else:
        messages.success(request, f"“{found.name}” is no field any more.")
    return redirect_to(request, reverse("attribute_list", args=[team]))


@require_POST
@signed_in
def attribute_take_out(request: HttpRequest, team: str, attribute: UUID) -> HttpResponse:
    """Out of all presets and waiting leads, with whatever they say in it."""
    membership = get_admin_for(request, team)
    found = get_attribute_for(membership, attribute)
    try:
        done = replace_everywhere(
            team=membership.team, kind=ATTRIBUTE, old_id=found.external_id, actor=actor_of(request)
        )
    except NotPossible as exc:
        messages.warning(request, str(exc))
    else:
        tell(request, found.name, done, takes_out=True)
    return redirect_to(request, reverse("attribute_list", args=[team]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def attribute_import(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    form = ImportAttributesForm(request.POST, request.FILES) if request.method == "POST" else ImportAttributesForm()
    if form.is_valid():
        rows = form.cleaned_data["rows"]
        try:
            count = attributes.add_attributes(team=membership.team, rows=rows, actor=actor_of(request))
        except NotPossible as exc:
            refuse(form, form.source, exc)
        else:
            messages.success(request, f"{count:,} attribute{'' if count == 1 else 's'} added.")
            return redirect_to(request, reverse("attribute_list", args=[team]))
    return render(request, "attributes/import.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def attribute_try(request: HttpRequest, team: str, attribute: UUID) -> HttpResponse:
    """The widget as the entry form has it, and the JSON that would be sent. Nothing is kept or sent."""
    membership = get_admin_for(request, team)
    found = get_attribute_for(membership, attribute)
    data = request.POST if request.method == "POST" else None
    form = TryForm(data, team=membership.team, attribute=found, options=options_of(membership.team))
    context: dict[str, Any] = {"form": form, "attribute": found, "kind_words": KIND_WORDS[AttributeKind(found.kind)]}
    is_right = form.is_valid()
    if is_right:
        body = build_payload({"attributes": {found.external_id: form.cleaned_data[form.name]}})
        context |= {"was_tried": True, "json": json.dumps(body, ensure_ascii=False, indent=2) if body else ""}
    status = 200 if is_right or not form.is_bound else 422
    return page_or_fragment(request, "attributes/try.html", "attributes/_try.html", context, status=status)
