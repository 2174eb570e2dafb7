"""Fetch and authorise in one call: a view cannot hold an object its user may not see.

Somebody else's team, and everything in it, does not exist (404). A team of one's own in which one's role does not
reach is 403.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from leads.audit import Actor, ActorKind
from leads.forms import keys
from leads.models import Membership, Submission, User
from leads.models.submissions import Door
from leads.services import second_factor

from . import fragments

View = Callable[..., HttpResponseBase]

#: Fields that no page ever repeats.
SECRETS = frozenset({keys.FIELD, "password", "password1", "password2", "oldpassword"})
LEFT_OUT = SECRETS | {"csrfmiddlewaretoken"}


class FactorMissing(Exception):
    """The reader must have a second factor in this team and has none."""


def signed_in(view: View) -> View:
    """The view, for people who are signed in; what somebody posted after their session ended is handed back to them.

    Whoever is missing a second factor that the team wants is led to set it up.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            try:
                return view(request, *args, **kwargs)
            except FactorMissing:
                return _lead_to_setup(request)
        if fragments.is_htmx(request):
            return fragments.into_notices(request, "account/_signed_out.html", status=401)
        if request.method == "POST":
            return hand_back(request, why="signed_out")
        return redirect_to_login(request.get_full_path())

    return guarded


def _lead_to_setup(request: HttpRequest) -> HttpResponse:
    if fragments.is_htmx(request):
        return fragments.into_notices(request, "account/_factor_missing.html", status=403)
    if request.method == "POST":
        return hand_back(request, why="factor")
    return redirect(reverse("second_factor_setup", query={"next": request.get_full_path()}))


def safe_path(url: str | None) -> str:
    """``url`` if it is a path of this portal and nothing else; else an empty text."""
    if not url or not url.startswith("/") or url.startswith("//"):
        return ""
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts=None) else ""


def hand_back(request: HttpRequest, *, why: str, status: int = 403) -> HttpResponse:
    """A page that holds everything that was posted, to be sent again once the reader may. No secrets.

    ``why``: "signed_out", "old" (the form's token), "confirm" (that it is them) or "factor" (is missing).
    """
    typed = [(name, value) for name, values in request.POST.lists() for value in values if name not in LEFT_OUT]
    context = {"typed": typed, "why": why, "kept_back": not SECRETS.isdisjoint(request.POST)}
    return render(request, "account/hand_back.html", context, status=status)


def get_membership_for(request: HttpRequest, team: str) -> Membership:
    """The reader's place in the team with this slug, or 404. The page's shell shows that team from here on.

    Raises ``FactorMissing``. Whoever came by the company's provider proved there what their company wants.
    """
    membership = (
        Membership.objects.select_related("team", "user")
        .filter(team__slug=team, user=request.user.pk, user__is_active=True)
        .first()
    )
    if membership is None:
        raise Http404("no such team")
    if second_factor.is_missing(membership) and not came_by_provider(request):
        raise FactorMissing
    request.membership = membership  # type: ignore[attr-defined]
    return membership


def came_by_provider(request: HttpRequest) -> bool:
    """Whether this session began at the company's own sign-in."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "socialaccount" for record in records)


def get_admin_for(request: HttpRequest, team: str) -> Membership:
    """The reader's place in the team as its admin: 404 in somebody else's team, 403 in another role."""
    membership = get_membership_for(request, team)
    require(membership.is_admin)
    return membership


def get_reviewer_for(request: HttpRequest, team: str) -> Membership:
    """The reader's place in the team as one who reviews: 404 in somebody else's team, 403 in another role."""
    membership = get_membership_for(request, team)
    require(membership.can_review)
    return membership


def get_submission_for(membership: Membership, submission: UUID) -> Submission:
    """One of the team's leads, or 404."""
    found = (
        Submission.objects.for_team(membership.team)
        .select_related("team", "created_by", "entered_by", "token", "decided_by")
        .filter(public_id=submission)
        .first()
    )
    if found is None:
        raise Http404("no such lead")
    return found


def may_change(submission: Submission, membership: Membership) -> bool:
    """Whether the reader may change what a lead says and send it: whoever entered it may.

    A lead that a token brought, or whose person is gone or switched off, would be stuck: an admin may go on with it.
    """
    if submission.created_by_id == membership.user_id:
        return True
    people = Membership.objects.filter(team=membership.team_id, user__is_active=True)
    return membership.is_admin and not people.filter(user=submission.created_by_id).exists()


def require(allowed: bool) -> None:
    """403 unless ``allowed``."""
    if not allowed:
        raise PermissionDenied


def actor_of(request: HttpRequest) -> Actor:
    """Who is asking, for the services and the audit log."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return Actor(
        kind=ActorKind.USER,
        door=Door.FORM,
        user=user,
        ip=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
    )
