"""Presets: the shapes a team gives its entry form, each with a link and a QR code."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.audit import Actor
from leads.forms.lead import LeadForm
from leads.forms.options import options_of
from leads.forms.presets import PresetForm
from leads.forms.shape import ATTRIBUTE_PREFIX, Trouble
from leads.models import FormPreset, Team
from leads.services import presets
from leads.services.teams import ChangedMeanwhile, NotPossible

from .access import actor_of, get_admin_for, signed_in
from .fragments import page_or_fragment, redirect_to


def get_preset_for(team: Team, preset: UUID) -> FormPreset:
    """One of the team's presets, removed ones too, or 404."""
    found = FormPreset.objects.select_related("team", "changed_by").filter(team=team, public_id=preset).first()
    if found is None:
        raise Http404("no such preset")
    return found


@dataclass(frozen=True, slots=True)
class PresetLine:
    """A preset in the list: where it leads, how much it shows, what does not work any more."""

    preset: FormPreset
    link: str
    shown: int
    fixed: int
    troubles: list[Trouble]


@require_safe
@signed_in
def preset_list(request: HttpRequest, team: str) -> HttpResponse:
    found = get_admin_for(request, team).team
    options = options_of(found)
    lines = []
    for preset in FormPreset.objects.in_use().filter(team=found).select_related("changed_by"):
        shape = LeadForm(team=found, options=options, preset=preset).shape
        if shape is not None:
            link = _link(request, preset, found)
            lines.append(PresetLine(preset, link, len(shape.shown), len(shape.fixed), shape.troubles))
    return page_or_fragment(request, "presets/list.html", "presets/_list.html", {"lines": lines})


def _link(request: HttpRequest, preset: FormPreset, team: Team) -> str:
    query = urlencode({"preset": str(preset.public_id)})
    return request.build_absolute_uri(f"{reverse('submission_new', args=[team.slug])}?{query}")


@require_safe
@signed_in
def preset_qr(request: HttpRequest, team: str, preset: UUID) -> HttpResponse:
    """The preset's link as a picture for phones, black on white whatever the page around it looks like."""
    found = get_preset_for(get_admin_for(request, team).team, preset)
    picture = io.BytesIO()
    code = segno.make(_link(request, found, found.team), error="m", micro=False)
    code.save(picture, kind="svg", scale=8, border=4, dark="#000", light="#fff", title=f"Link to “{found.name}”")
    response = HttpResponse(picture.getvalue(), content_type="image/svg+xml")
    disposition = "attachment" if "save" in request.GET else "inline"
    response["Content-Disposition"] = f'{disposition}; filename="preset-{found.public_id}.svg"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def preset_new(request: HttpRequest, team: str) -> HttpResponse:
    found = get_admin_for(request, team).team
    form = PresetForm(request.POST if request.method == "POST" else None, team=found)
    if (answer := _not_yet(request, form, None)) is not None:
        return answer
    try:
        name = form.cleaned_data["name"]
        preset = presets.create_preset(team=found, name=name, rows=form.rows(), actor=actor_of(request))
    except NotPossible as exc:
        form.add_error("name", str(exc))
        return _editor(request, form, None, status=422)
    messages.success(request, f"“{preset.name}” is ready to use.")
    return redirect_to(request, reverse("preset_list", args=[team]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def preset_edit(request: HttpRequest, team: str, preset: UUID) -> HttpResponse:
    found = get_preset_for(get_admin_for(request, team).team, preset)
    if found.removed_at is not None and request.method != "POST":
        messages.info(request, f"The preset “{found.name}” was removed.")
        return redirect_to(request, reverse("preset_list", args=[team]))
    form = PresetForm(request.POST if request.method == "POST" else None, team=found.team, preset=found)
    if (answer := _not_yet(request, form, found)) is not None:
        return answer
    if found.removed_at is not None:
        form.add_error(None, "Somebody removed this preset meanwhile. Save it once more to make it a new one.")
        return _editor(request, form, None, status=422)
    try:
        presets.change_preset(
            preset=found,
            name=form.cleaned_data["name"],
            rows=form.rows(),
            seen=_number(request.POST.get("version", "")),
            actor=actor_of(request),
        )
    except ChangedMeanwhile:
        now = get_preset_for(found.team, preset)
        changes = [_label(form, name) for name in presets.changed_since(request.POST.get("seen", ""), now)]
        return _editor(request, form, now, status=422, changes=changes, is_conflict=True)
    except NotPossible as exc:
        form.add_error("name", str(exc))
        return _editor(request, form, found, status=422)
    messages.success(request, f"“{form.cleaned_data['name']}” was saved.")
    return redirect_to(request, reverse("preset_list", args=[team]))


def _not_yet(request: HttpRequest, form: PresetForm, preset: FormPreset | None) -> HttpResponse | None:
    """The editor, as long as there is nothing to save: it is only looked at, reordered, or not right."""
    if request.method != "POST":
        return _editor(request, form, preset)
    if form.finding:
        return _editor(request, form, preset)
    if "move" in request.POST:
        direction, _, name = request.POST["move"].partition(":")
        form.move(name, up=direction == "up")
        return _editor(request, form, preset)
    if not form.is_valid():
        return _editor(request, form, preset, status=422)
    if "preview" in request.POST:
        return _editor(request, form, preset, preview=_preview(form))
    return None


def _preview(form: PresetForm) -> LeadForm:
    """The real entry form as it would be; nobody types in it and nothing takes the keyboard."""
    made = FormPreset(team=form.team, name=form.cleaned_data["name"], rows=form.rows())
    lead = LeadForm(team=form.team, options=form.options, preset=made, auto_id="preview_%s")
    for form_field in lead.fields.values():
        form_field.widget.attrs.pop("autofocus", None)
    return lead


def _editor(
    request: HttpRequest, form: PresetForm, preset: FormPreset | None, *, status: int = 200, **context: Any
) -> HttpResponse:
    if preset is not None and request.method == "POST" and not context.get("is_conflict"):
        seen, version = request.POST.get("seen", ""), request.POST.get("version", "")
    else:
        seen, version = (presets.seen_of(preset), str(preset.version)) if preset else ("", "")
    place = reverse("preset_edit", args=[preset.team.slug, preset.public_id]) if preset else None
    context |= {"form": form, "preset": preset, "seen": seen, "version": version}
    context["action"] = place or reverse("preset_new", args=[form.team.slug])
    return page_or_fragment(request, "presets/form.html", "presets/_editor.html", context, status=status)


def _label(form: PresetForm, name: str) -> str:
    others = {"order": "the order of the fields", "name": "the name"}
    return form.labels.get(name) or others.get(name) or name.removeprefix(ATTRIBUTE_PREFIX)


def _number(text: str) -> int:
    """A version a page posts back; nonsense is none that ever was."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


Do = Callable[[FormPreset, Actor], Any]
DEEDS: dict[str, tuple[Do, str]] = {
    "copy": (lambda preset, actor: presets.copy_preset(preset=preset, actor=actor), "Copied."),
    "make-default": (
        lambda preset, actor: presets.make_default_preset(preset=preset, actor=actor),
        "The entry form begins with it from now on.",
    ),
    "drop-default": (
        lambda preset, actor: presets.drop_default_preset(preset=preset, actor=actor),
        "The entry form begins with all fields again.",
    ),
    "remove": (
        lambda preset, actor: presets.remove_preset(preset=preset, actor=actor),
        "Removed. Leads entered with it stay as they are.",
    ),
}


@require_POST
@signed_in
def preset_act(request: HttpRequest, team: str, preset: UUID, deed: str) -> HttpResponse:
    """Copy, make the default, remove: one row of ``DEEDS`` each."""
    membership = get_admin_for(request, team)
    found = get_preset_for(membership.team, preset)
    if deed not in DEEDS:
        raise Http404("no such deed")
    do, done = DEEDS[deed]
    try:
        do(found, actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, f"“{found.name}”: {done[0].lower()}{done[1:]}")
    return redirect_to(request, reverse("preset_list", args=[team]))
