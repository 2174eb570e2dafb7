"""Invitations: an admin makes a link, whoever it is for opens it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from leads.audit import Actor, ActorKind
from leads.forms.members import InvitationForm, JoinForm
from leads.models import Invitation, Membership, User
from leads.models.submissions import Door
from leads.models.teams import Role
from leads.services import invitation_mail, invitations
from leads.services.members import A_ROLE
from leads.services.teams import NotPossible

from .access import actor_of, get_admin_for, signed_in
from .fragments import redirect_to
from .members import list_page
from .step_up import confirmed

Issue = Callable[[], tuple[Invitation, str]]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@confirmed
def invitation_new(request: HttpRequest, team: str) -> HttpResponse:
    """Make an invitation. Its link stands on the answer and nowhere else, so the answer is the page itself."""
    membership = get_admin_for(request, team)
    if request.method != "POST":  # the answer, loaded again
        return redirect_to(request, reverse("member_list", args=[team]))
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return list_page(request, membership, form=form, status=422)
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    try:
        return _show_link(
            request,
            membership,
            lambda: invitations.invite(team=membership.team, email=email, role=role, actor=actor_of(request)),
        )
    except NotPossible as exc:
        form.add_error("email", str(exc))
        return list_page(request, membership, form=form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@confirmed
def invitation_renew(request: HttpRequest, team: str, invitation: UUID) -> HttpResponse:
    """Make another link in place of one that got lost or ran out."""
    membership = get_admin_for(request, team)
    if request.method != "POST":
        return redirect_to(request, reverse("member_list", args=[team]))
    try:
        return _show_link(
            request,
            membership,
            lambda: invitations.renew(team=membership.team, invitation=invitation, actor=actor_of(request)),
        )
    except NotPossible as exc:
        return list_page(request, membership, problem=str(exc), status=422)


def _show_link(request: HttpRequest, membership: Membership, issue: Issue) -> HttpResponse:
    invitation, plain = issue()
    link = settings.PORTAL_URL + reverse("invitation_open", args=[plain])
    mailed = invitation_mail.send(invitation=invitation, link=link)
    return list_page(request, membership, issued=invitation, link=link, mailed=mailed.value)


@require_POST
@signed_in
def invitation_revoke(request: HttpRequest, team: str, invitation: UUID) -> HttpResponse:
    membership = get_admin_for(request, team)
    try:
        taken = invitations.revoke(team=membership.team, invitation=invitation, actor=actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, f"The invitation for {taken.email} is taken back. Its link no longer works.")
    return redirect_to(request, reverse("member_list", args=[team]))


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_open(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind a link. The middleware keeps its address out of what is told to other pages."""
    try:
        invitation = invitations.find(secret)
        if request.user.is_authenticated:
            return _accept(request, invitation, secret)
        return _join(request, invitation, secret)
    except invitations.Closed as closed:
        if (used := closed.invitation) and used.accepted_by and used.accepted_by == request.user:
            return redirect_to(request, reverse("home"))  # their own link once more, or a double click
        status = 404 if closed.why == "unknown" else 410
        return render(request, "invitations/closed.html", {"why": closed.why}, status=status)


def _accept(request: HttpRequest, invitation: Invitation, secret: str) -> HttpResponse:
    """For somebody who is signed in."""
    user = request.user
    context = {**_about(invitation), "problem": ""}
    if not isinstance(user, User) or user.email.lower() != invitation.email:
        status = 403 if request.method == "POST" else 200
        return render(request, "invitations/other.html", context, status=status)
    is_in = invitation.team.memberships.filter(user=user).exists()
    if request.method == "POST":
        try:
            membership = invitations.accept(secret=secret, actor=actor_of(request))
        except invitations.Closed:
            raise
        except NotPossible as exc:
            return render(request, "invitations/accept.html", {**context, "problem": str(exc)}, status=422)
        return _welcome(request, membership)
    return render(request, "invitations/accept.html", {**context, "is_in": is_in})


def _join(request: HttpRequest, invitation: Invitation, secret: str) -> HttpResponse:
    """For somebody who is not signed in, or has no account yet."""
    context = _about(invitation)
    if invitations.find_account(invitation):
        return render(request, "invitations/sign_in.html", context, status=422 if request.method == "POST" else 200)
    form = JoinForm(request.POST if request.method == "POST" else None, email=invitation.email)
    if request.method != "POST" or not form.is_valid():
        return render(request, "invitations/join.html", {**context, "form": form}, status=422 if form.errors else 200)
    try:
        membership = invitations.join(
            secret=secret,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password1"],
            actor=_newcomer(request),
        )
    except invitations.Closed:
        raise
    except NotPossible:  # an account came into being meanwhile
        return render(request, "invitations/sign_in.html", context, status=422)
    login(request, membership.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    record_authentication(request, membership.user, method="password")  # they chose it just now
    return _welcome(request, membership)


def _newcomer(request: HttpRequest) -> Actor:
    """Somebody who is nobody yet: who they are follows from their invitation."""
    return Actor(
        kind=ActorKind.USER,
        door=Door.FORM,
        ip=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
    )


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    messages.success(request, f"You are in {membership.team}, as {A_ROLE[Role(membership.role)]}.")
    return redirect_to(request, reverse("submission_list", args=[membership.team.slug]))


def _about(invitation: Invitation) -> dict[str, object]:
    return {
        "invitation": invitation,
        "a_role": A_ROLE[Role(invitation.role)],
        "masked": masked(invitation.email),
    }


def masked(address: str) -> str:
    """Enough of an address for its owner to know it: ``d…@e….com``."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain[:1]}….{domain.rpartition('.')[2]}"
