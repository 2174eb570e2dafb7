"""A template to fill in and import: CSV or XLSX, for a preset or with all fields."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from leads.forms.import_template import template_of
from leads.models import FormPreset, Team
from leads.services.exports import Table

from .access import get_membership_for, signed_in
from .exports import FORMATS, sent

OPTION_HEADINGS = ["Column", "Option"]


@require_safe
@signed_in
def import_template(request: HttpRequest, team: str, kind: str) -> HttpResponseBase:
    """``?preset=<uuid>`` for a preset; ``?options`` lists what may stand in its columns, as a workbook does itself."""
    found = get_membership_for(request, team).team
    if kind not in FORMATS:
        raise Http404("no such format")
    preset = _preset(found, request.GET.get("preset", ""))
    template = template_of(found, preset)
    name = f"{team}-{slugify(preset.name) if preset else ''}".rstrip("-") + "-template"
    if "options" in request.GET:
        rows = template.options()
        return sent(Table(OPTION_HEADINGS, len(rows), iter(rows)), f"{name}-options.{kind}")
    return sent(Table(template.headings, 0, iter(())), f"{name}.{kind}", template.choices)


def _preset(team: Team, wanted: str) -> FormPreset | None:
    if not wanted:
        return None
    try:
        found = FormPreset.objects.in_use().filter(team=team, public_id=UUID(wanted)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404("no such preset")
    return found
