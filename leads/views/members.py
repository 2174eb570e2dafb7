"""The people of a team: everyone may see who is in it, admins decide."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from leads.forms.members import InvitationForm, RoleForm
from leads.models import AuditEntry, Invitation, Membership, User
from leads.models.teams import Role
from leads.services import groups, invitation_mail, members
from leads.services.teams import NotPossible

from .access import actor_of, get_admin_for, get_membership_for, signed_in
from .fragments import page_or_fragment, redirect_to
from .step_up import confirmed


@require_safe
@signed_in
def member_list(request: HttpRequest, team: str) -> HttpResponse:
    return list_page(request, get_membership_for(request, team))


def list_page(request: HttpRequest, membership: Membership, *, status: int = 200, **context: Any) -> HttpResponse:
    """Who is in the team; for admins also who is invited. Here too what came of an invitation just made is shown."""
    team = membership.team
    context["people"] = team.memberships.select_related("user").order_by("user__name", "user__email")
    if membership.is_admin:
        context.setdefault("form", InvitationForm())
        context["has_mail"] = invitation_mail.is_set_up()
        rows = Invitation.objects.unanswered().filter(team=team).select_related("invited_by")
        context["invitations"] = rows.order_by("-created_at")
    context["groups_let_in"] = groups.may_let_in_again(membership)
    return page_or_fragment(request, "members/list.html", "members/_list.html", context, status=status)


@require_safe
@signed_in
def member_detail(request: HttpRequest, team: str, person: UUID) -> HttpResponse:
    membership = get_admin_for(request, team)
    user = _get_person_for(membership, person)
    found = membership.team.memberships.select_related("user").filter(user=user).first()
    if found is None:
        messages.info(request, f"{user} is not in the team any more.")
        return redirect_to(request, reverse("member_list", args=[team]))
    return _detail_page(request, found)


def _detail_page(request: HttpRequest, found: Membership, *, problem: str = "", status: int = 200) -> HttpResponse:
    user, team = found.user, found.team
    context = {
        "person": found,
        "form": RoleForm(initial={"role": found.role, "seen": found.role}),
        "problem": problem,
        "is_self": user == request.user,
        "groups_let_in": groups.may_let_in_again(found),
        "provider": settings.OIDC_NAME,
        "waiting_leads": members.count_waiting_leads(team=team, user=user),
        "open_invitations": Invitation.objects.unanswered().filter(team=team, invited_by=user).count(),
    }
    return render(request, "members/detail.html", context, status=status)


def _get_person_for(membership: Membership, person: UUID) -> User:
    """Somebody who is in the team, or was and went while the reader looked; others do not exist here."""
    user = User.objects.filter(public_id=person).first()
    if user is None:
        raise Http404("no such person")
    team = membership.team
    log = AuditEntry.objects.filter(team=team, subject_kind="user", subject_id=person)
    if not team.memberships.filter(user=user).exists() and not log.exists():
        raise Http404("no such person")
    return user


@require_POST
@signed_in
@confirmed
def member_role(request: HttpRequest, team: str, person: UUID) -> HttpResponse:
    membership = get_admin_for(request, team)
    user = _get_person_for(membership, person)
    role, seen = request.POST.get("role", ""), request.POST.get("seen", "")
    try:
        changed = members.change_role(team=membership.team, user=user, role=role, seen=seen, actor=actor_of(request))
    except NotPossible as exc:
        return _told(request, membership, user, str(exc))
    who = "You are" if user == request.user else f"{user} is"
    messages.success(request, f"{who} {members.A_ROLE[Role(changed.role)]} now.")
    return redirect_to(request, reverse("member_list", args=[team]))


@require_POST
@signed_in
def member_remove(request: HttpRequest, team: str, person: UUID) -> HttpResponseBase:
    """Take somebody out; for oneself it is leaving."""
    membership = get_admin_for(request, team)
    user = _get_person_for(membership, person)
    if user == request.user:
        return member_leave(request, team)
    found = membership.team.memberships.select_related("user", "team").filter(user=user).first()
    comes_again = found is not None and groups.may_let_in_again(found)
    try:
        members.remove_member(
            team=membership.team, user=user, seen=request.POST.get("seen", ""), actor=actor_of(request)
        )
    except NotPossible as exc:
        return _told(request, membership, user, str(exc))
    messages.success(request, f"{user} is out of the team. What they had open here stopped working.")
    if comes_again:
        messages.warning(
            request,
            f"{user} is in again at the next sign-in with {settings.OIDC_NAME} if a group there still lets them in.",
        )
    if count := members.count_waiting_leads(team=membership.team, user=user):
        leads = "One lead of theirs waits" if count == 1 else f"{count} leads of theirs wait"
        messages.info(request, f"{leads} for somebody to go on. Admins can change, send and reopen them now.")
    return redirect_to(request, reverse("member_list", args=[team]))


@require_POST
@signed_in
@confirmed
def member_hand_over(request: HttpRequest, team: str, person: UUID) -> HttpResponse:
    """Make this person an admin and become a member oneself."""
    membership = get_admin_for(request, team)
    user = _get_person_for(membership, person)
    try:
        members.hand_over(team=membership.team, user=user, seen=request.POST.get("seen", ""), actor=actor_of(request))
    except NotPossible as exc:
        return _told(request, membership, user, str(exc))
    messages.success(request, f"{user} is an admin now, and you are a member.")
    return redirect_to(request, reverse("member_list", args=[team]))


def _told(request: HttpRequest, membership: Membership, user: User, problem: str) -> HttpResponse:
    """What stands now, and why nothing was done."""
    found = membership.team.memberships.select_related("user").filter(user=user).first()
    if found and membership.team.memberships.filter(user=request.user.pk, role=Role.ADMIN).exists():
        return _detail_page(request, found, problem=problem, status=422)
    messages.error(request, problem)
    return redirect_to(request, reverse("member_list", args=[membership.team.slug]))


@require_POST
@signed_in
def member_leave(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_membership_for(request, team)
    try:
        members.leave(team=membership.team, actor=actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
        return redirect_to(request, reverse("member_list", args=[team]))
    messages.success(request, f"You are out of {membership.team}. What you entered stays there.")
    return redirect_to(request, reverse("home"))
