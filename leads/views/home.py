"""The way in: a choice between teams, and each team's home: what needs the reader now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from leads.models import Team
from leads.services import drafts

from . import today
from .access import get_membership_for, signed_in
from .fragments import page_or_fragment


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    teams = list(Team.objects.filter(memberships__user=request.user.pk).order_by("name"))
    if len(teams) == 1:
        return redirect("team_home", team=teams[0].slug)
    return render(request, "home/home.html", {"teams": teams})


@require_safe
@signed_in
def settings_home(request: HttpRequest, team: str) -> HttpResponse:
    """To the first page of the settings this reader has."""
    membership = get_membership_for(request, team)
    return redirect("key_detail" if membership.is_admin else "member_list", team=membership.team.slug)


@require_safe
@signed_in
def team_home(request: HttpRequest, team: str) -> HttpResponse:
    """Asks again by itself, so that it can stay open all day."""
    membership = get_membership_for(request, team)
    latest = today.latest(membership)
    mine = list(drafts.to_go_on_with(membership.team, membership.user)[: today.SHOWN])
    about = {
        "drafts": mine,
        "todos": today.todos(membership),
        "figures": today.figures(membership),
        "latest": latest,
        "health": today.key_health(membership),
        "queue": today.queue(membership),
    }
    states = [(lead.pk, lead.state) for lead in latest]
    saved = [(draft.pk, draft.saved_at) for draft in mine]
    stamp = [saved, about["todos"], about["figures"], states, about["health"], about["queue"]]
    return page_or_fragment(request, "home/team.html", "home/_today.html", about, stamp=stamp)
