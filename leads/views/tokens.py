"""The team's gateway tokens, for its admins. A token's text is in one answer only, the one to whoever made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from leads.forms.tokens import RotateForm, TokenForm
from leads.models import GatewayRequest, GatewayToken, Membership
from leads.services import tokens
from leads.services.teams import NotPossible

from . import step_up
from .access import actor_of, get_admin_for, signed_in
from .fragments import page_or_fragment, redirect_to
from .step_up import confirmed

PER_PAGE = 50


@require_safe
@signed_in
def token_list(request: HttpRequest, team: str) -> HttpResponse:
    return _list_page(request, get_admin_for(request, team))


def _list_page(request: HttpRequest, membership: Membership, *, status: int = 200, **context: Any) -> HttpResponse:
    rows = GatewayToken.objects.filter(team=membership.team).select_related("owner", "preset")
    rows = rows.order_by(F("revoked_at").desc(nulls_first=True), "-created_at", "-pk")
    context["rows"] = [_words(token) for token in rows]
    context.setdefault("form", TokenForm(team=membership.team, user=membership.user))
    return page_or_fragment(request, "tokens/list.html", "tokens/_list.html", context, status=status)


def _words(token: GatewayToken) -> dict[str, Any]:
    """A token, and how it stands: the tone, the icon and the word of its badge."""
    now = timezone.now()
    if token.revoked_at is not None:
        badge = ("quiet", "ban", "Revoked")
    elif token.is_expired(now):
        badge = ("warn", "clock-alert", "Expired")
    elif not _owner_is_here(token):
        badge = ("warn", "user-x", "Its person left")
    elif token.is_overlapping(now):
        badge = ("info", "refresh-ccw", "Being exchanged")
    else:
        badge = ("ok", "circle-check", "Working")
    return {"token": token, "tone": badge[0], "icon": badge[1], "word": badge[2]}


def _owner_is_here(token: GatewayToken) -> bool:
    if token.owner is None:
        return True
    return token.owner.is_active and Membership.objects.filter(team=token.team_id, user=token.owner_id).exists()


@require_POST
@signed_in
@confirmed
@sensitive_variables("plain")
def token_new(request: HttpRequest, team: str) -> HttpResponse:
    """Issue a token and show it: in this answer, and never again."""
    membership = get_admin_for(request, team)
    form = TokenForm(request.POST, team=membership.team, user=membership.user)
    if not form.is_valid():
        return _list_page(request, membership, form=form, status=422)
    try:
        token, plain = tokens.issue_token(team=membership.team, **form.wishes(), actor=actor_of(request))
    except NotPossible as exc:
        form.add_error(None, str(exc))
        return _list_page(request, membership, form=form, status=422)
    return _list_page(request, membership, issued=token, plain=plain)


def get_token_for(membership: Membership, token: UUID) -> GatewayToken:
    """One of the team's tokens, or 404."""
    rows = GatewayToken.objects.filter(team=membership.team).select_related("team", "owner", "preset", "created_by")
    found = rows.filter(public_id=token).first()
    if found is None:
        raise Http404("no such token")
    return found


@require_safe
@signed_in
def token_detail(request: HttpRequest, team: str, token: UUID) -> HttpResponse:
    membership = get_admin_for(request, team)
    return _detail_page(request, get_token_for(membership, token))


def _detail_page(request: HttpRequest, token: GatewayToken, *, status: int = 200, **context: Any) -> HttpResponse:
    rows = GatewayRequest.objects.filter(token=token).select_related("submission").order_by("-pk")
    now = timezone.now()
    context |= {
        **_words(token),
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "works": token.revoked_at is None and not token.is_expired(now),
        "is_overlapping": token.is_overlapping(now),
    }
    context.setdefault("form", RotateForm(initial={"seen": token.prefix}))
    return page_or_fragment(request, "tokens/detail.html", "tokens/_detail.html", context, status=status)


@require_POST
@signed_in
def token_act(request: HttpRequest, team: str, token: UUID, deed: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    if deed not in DEEDS:
        raise Http404("no such deed")
    if deed == "rotate" and not step_up.is_recent(request):
        return step_up.ask(request)
    found = get_token_for(membership, token)
    try:
        return DEEDS[deed](request, found)
    except NotPossible as exc:
        return _detail_page(request, get_token_for(membership, token), problem=str(exc), status=422)


@sensitive_variables("plain")
def _rotate(request: HttpRequest, token: GatewayToken) -> HttpResponse:
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, token, form=form, is_rotating=True, status=422)
    plain = tokens.rotate_token(
        token=token, overlap=form.overlap_time(), seen=form.cleaned_data["seen"], actor=actor_of(request)
    )
    token.refresh_from_db()
    return _detail_page(request, token, issued=token, plain=plain)


def _end_overlap(request: HttpRequest, token: GatewayToken) -> HttpResponse:
    tokens.end_overlap(token=token, actor=actor_of(request))
    messages.success(request, "The old token stopped working. The new one goes on.")
    return redirect_to(request, reverse("token_detail", args=[token.team.slug, token.public_id]))


def _revoke(request: HttpRequest, token: GatewayToken) -> HttpResponse:
    tokens.revoke_token(token=token, actor=actor_of(request))
    messages.success(request, f"“{token.name}” is revoked. Nothing can be done with it any more.")
    return redirect_to(request, reverse("token_list", args=[token.team.slug]))


DEEDS: dict[str, Callable[[HttpRequest, GatewayToken], HttpResponse]] = {
    "rotate": _rotate,
    "end-overlap": _end_overlap,
    "revoke": _revoke,
}
