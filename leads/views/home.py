"""The way in: to the team one was in last, or to a choice."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from leads.models import Team

from .access import get_membership_for, signed_in


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    teams = list(Team.objects.filter(memberships__user=request.user.pk).order_by("name"))
    if len(teams) == 1:
        return redirect("submission_list", team=teams[0].slug)
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
    return redirect("submission_list", team=get_membership_for(request, team).team.slug)
