"""What a person can do with an import: one row each, with who may. When it is possible, the service decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from leads.audit import Actor
from leads.delivery.imports import first_guess
from leads.forms.imports import StartForm
from leads.models import LeadImport, Membership
from leads.services import imports
from leads.services.teams import NotPossible
from leads.states import Stage

from .access import actor_of, get_membership_for, require, signed_in
from .fragments import redirect_to
from .imports import detail_page, get_import_for, may_review, may_steer, url_of

Do = Callable[[LeadImport, HttpRequest, Actor], LeadImport]
May = Callable[[LeadImport, Membership], bool]


@dataclass(frozen=True, slots=True)
class ImportDeed:
    do: Do
    may: May
    done: str


def _start(found: LeadImport, request: HttpRequest, actor: Actor) -> LeadImport:
    form = StartForm(request.POST)
    if not form.is_valid():
        raise NotPossible("Choose what happens to rows that look like a lead you have.")
    said = form.cleaned_data
    return imports.start(
        lead_import=found, duplicates=said["duplicates"], seen=said["seen"], again=said["again"], actor=actor
    )


def _headings(found: LeadImport, request: HttpRequest, actor: Actor) -> LeadImport:
    """The first row is a row like the others, or it is not."""
    are_headings = request.POST.get("first") == "headings"
    columns, _ = first_guess(found, list(found.first_cells) if are_headings else [])
    return imports.use_headings(lead_import=found, are_headings=are_headings, columns=columns, actor=actor)


def _reason(request: HttpRequest) -> str:
    return " ".join(filter(None, (request.POST.get(name, "").strip() for name in ("because", "reason"))))


DEEDS: dict[str, ImportDeed] = {
    "start": ImportDeed(_start, may_steer, ""),
    "headings": ImportDeed(_headings, may_steer, "The columns have other names now. Look at them once more."),
    "pause": ImportDeed(
        lambda found, request, actor: imports.pause(lead_import=found, actor=actor),
        may_steer,
        "Paused. What is being sent at this moment is finished; nothing else leaves.",
    ),
    "resume": ImportDeed(
        lambda found, request, actor: imports.resume(lead_import=found, actor=actor), may_steer, "It goes on."
    ),
    "cancel": ImportDeed(
        lambda found, request, actor: imports.cancel(lead_import=found, actor=actor),
        may_steer,
        "Cancelled. Nothing more of it is sent; what was sent stays in Breakcold.",
    ),
    "approve": ImportDeed(
        lambda found, request, actor: imports.approve(lead_import=found, actor=actor),
        may_review,
        "Approved as a whole. It is on its way.",
    ),
    "split": ImportDeed(
        lambda found, request, actor: imports.split(lead_import=found, actor=actor),
        may_review,
        "Its leads come into the review queue, one by one.",
    ),
    "send-back": ImportDeed(
        lambda found, request, actor: imports.send_back(lead_import=found, comment=_reason(request), actor=actor),
        may_review,
        "Sent back. Nothing of it was sent to Breakcold.",
    ),
    "reject": ImportDeed(
        lambda found, request, actor: imports.reject(lead_import=found, comment=_reason(request), actor=actor),
        may_review,
        "Rejected. Nothing of it is sent.",
    ),
}


@require_POST
@signed_in
def import_act(request: HttpRequest, team: str, lead_import: UUID, deed: str) -> HttpResponse:
    membership = get_membership_for(request, team)
    found = get_import_for(membership, lead_import)
    if deed not in DEEDS:
        raise Http404("no such deed")
    require(DEEDS[deed].may(found, membership))
    try:
        changed = DEEDS[deed].do(found, request, actor_of(request))
    except NotPossible as exc:
        current = get_import_for(membership, lead_import)
        return detail_page(request, membership, current, problem=str(exc), typed=_reason(request), status=422)
    messages.success(request, DEEDS[deed].done or _started(changed))
    return redirect_to(request, url_of(found))


def _started(lead_import: LeadImport) -> str:
    if lead_import.stage == Stage.IN_REVIEW:
        return "It waits for a reviewer now."
    return "It has started. You can close this page: it goes on by itself."
