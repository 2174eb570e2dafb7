"""The reader's own ways of looking at the list of leads."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from leads.services import saved_views
from leads.services.teams import NotPossible

from .access import actor_of, get_membership_for, signed_in
from .fragments import redirect_to
from .list_columns import known
from .submission_filters import SubmissionFilter


def query_of(asked: QueryDict) -> str:
    """What narrows the list down, and its columns, always in one order, so that the current view can be told."""
    names = [(name, str(asked[name])) for name in SubmissionFilter.base_filters if asked.get(name)]
    columns = ",".join(known(asked.get("columns", "").split(",")))
    return urlencode([*names, *([("columns", columns)] if columns else [])])


@require_POST
@signed_in
def view_save(request: HttpRequest, team: str) -> HttpResponse:
    """The name is posted; what is kept stands in the address."""
    membership = get_membership_for(request, team)
    query = query_of(request.GET)
    try:
        name = request.POST.get("name", "")
        view = saved_views.save_view(team=membership.team, name=name, query=query, actor=actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, f"Kept as “{view.name}”.")
    return redirect_to(request, reverse("submission_list", args=[team]) + (f"?{query}" if query else ""))


@require_POST
@signed_in
def view_remove(request: HttpRequest, team: str, view: UUID) -> HttpResponse:
    membership = get_membership_for(request, team)
    found = saved_views.of_person(membership.team, membership.user).filter(public_id=view).first()
    if found is None:
        raise Http404("no such view")
    saved_views.remove_view(view=found, actor=actor_of(request))
    messages.success(request, f"“{found.name}” was removed. Its leads are untouched.")
    return redirect_to(request, reverse("submission_list", args=[team]))
