"""Drafts: saved while somebody types, opened again where they were left, thrown away. Only their author sees them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_POST, require_safe

from leads.forms.lead import LeadForm
from leads.forms.shape import posted_names
from leads.models import Draft, FormPreset, Membership, Submission
from leads.services import drafts
from leads.services.teams import NotPossible

from .access import actor_of, get_membership_for, get_submission_for, may_change, require, signed_in
from .entry import Choice, check_url_for, choose_preset, form_page
from .fragments import redirect_to
from .typed import keep, keep_changes, one_time_key_in, public_id_in, said_in


@require_POST
@signed_in
def draft_save(request: HttpRequest, team: str) -> HttpResponse:
    """Asked for by the entry form when its reader pauses; the answer stands beside its buttons."""
    membership = get_membership_for(request, team)
    lead = get_submission_for(membership, public_id_in(request.GET["lead"])) if "lead" in request.GET else None
    require(lead is None or may_change(lead, membership))
    try:
        draft: Draft | None
        if lead:
            draft = keep_changes(request, lead)
        else:
            draft = keep(request, membership.team, choose_preset(request, membership.team).preset)
    except NotPossible as exc:
        return render(request, "drafts/_saved.html", {"problem": str(exc)})
    return render(request, "drafts/_saved.html", {"draft": draft})


def keep_as_draft(request: HttpRequest, membership: Membership, form: LeadForm, choice: Choice) -> HttpResponse:
    """The button for who has no script, or wants to go on later: nothing is checked."""
    try:
        draft = keep(request, membership.team, choice.preset)
    except NotPossible as exc:
        form.show(request.POST)
        key = one_time_key_in(request) or uuid4()
        return form_page(request, form, key, choice=choice, more_notes=[str(exc)], status=422)
    text = "Saved as a draft. Only you see it." if draft else "There was nothing to save."
    messages.success(request, text)
    return redirect_to(request, reverse("submission_list", args=[membership.team.slug]))


def keep_for_later(request: HttpRequest, form: LeadForm, lead: Submission) -> HttpResponse:
    """The same, for changes of a lead that exists."""
    try:
        keep_changes(request, lead)
    except NotPossible as exc:
        form.show(request.POST)
        return form_page(request, form, None, submission=lead, more_notes=[str(exc)], status=422)
    messages.success(request, "Your changes are saved, and not sent. Only you see them.")
    return redirect_to(request, reverse("submission_detail", args=[lead.team.slug, lead.public_id]))


@require_safe
@signed_in
def draft_open(request: HttpRequest, team: str, draft: UUID) -> HttpResponse:
    """The entry form as it was left. What became of a draft that is gone is said, or shown."""
    membership = get_membership_for(request, team)
    found = (
        drafts.of_person(membership.team, membership.user)
        .select_related("preset", "lead")
        .filter(public_id=draft)
        .first()
    )
    if found is None:
        return _elsewhere(request, membership, draft)
    if found.lead:
        return redirect_to(request, reverse("submission_edit", args=[team, found.lead.public_id]))
    form, choice = _opened(request, membership, found)
    known = posted_names(form.fields)
    gone = [
        f"“{name}” is no longer there; it said “{', '.join(found.typed[name])}”."
        for name in said_in(found.typed)
        if name not in known
    ]
    about: dict[str, Any] = {"choice": choice, "draft": found, "more_notes": gone}
    return form_page(request, form, found.one_time_key, action=reverse("submission_new", args=[team]), **about)


def _elsewhere(request: HttpRequest, membership: Membership, draft: UUID) -> HttpResponse:
    team = membership.team
    sent = Submission.objects.for_team(team).filter(public_id=draft, created_by=membership.user).first()
    if sent is None:
        raise Http404("no such draft")
    messages.info(request, "This draft was sent.")
    return redirect_to(request, reverse("submission_detail", args=[team.slug, sent.public_id]))


def _opened(request: HttpRequest, membership: Membership, draft: Draft) -> tuple[LeadForm, Choice]:
    """The form in the preset it was typed in, or in all fields where that would hide something typed."""
    team = membership.team
    presets = list(FormPreset.objects.in_use().filter(team=team))
    choice = Choice(draft.preset if draft.preset in presets else None, presets)
    form = LeadForm(team=team, preset=choice.preset, check_url=check_url_for(team, choice))
    if choice.preset and not posted_names(form.fields).keys() >= set(said_in(draft.typed)):
        choice = Choice(None, presets, f"“{choice.preset.name}” was changed meanwhile. These are all fields.")
        form = LeadForm(team=team, check_url=check_url_for(team, choice))
    elif draft.preset and not choice.preset:
        choice = Choice(None, presets, f"“{draft.preset.name}” was removed meanwhile. These are all fields.")
    form.show(MultiValueDict(draft.typed))
    return form, choice


@require_POST
@signed_in
def draft_discard(request: HttpRequest, team: str, draft: UUID) -> HttpResponse:
    membership = get_membership_for(request, team)
    found = drafts.of_person(membership.team, membership.user).filter(public_id=draft).first()
    if found is None:
        raise Http404("no such draft")
    try:
        drafts.discard(draft=found, actor=actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, "The draft was thrown away.")
    if request.GET.get("then") == "edit" and found.lead:
        return redirect_to(request, reverse("submission_edit", args=[team, found.lead.public_id]))
    return redirect_to(request, reverse("submission_list", args=[team]))
