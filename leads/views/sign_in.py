"""Signing in with the company's own account, and linking one to an account of the portal.

The pages are off (404) unless ``OIDC_ISSUER`` is set. What leads to the provider is a plain link on a page, never what
follows from a form, because the content security policy lets no form end on another site. The state, the nonce and the
code verifier wait in the session.
"""

from __future__ import annotations

import logging
import secrets
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import password_set
from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET, require_http_methods

from leads import openid
from leads.audit import Actor, ActorKind
from leads.models.submissions import Door
from leads.services import identities
from leads.services.teams import NotPossible

from .access import View, actor_of, signed_in

logger = logging.getLogger(__name__)
LINK_TOKEN = "openid_link"  # in the session: shows that a link was begun on the page for it

#: Why there is no way in, as status and the page's words. {name} is what the operator calls the provider.
TROUBLES = {
    "away": (502, "{name} does not answer as it should", "Nothing is wrong with your account. Try again in a minute."),
    "untrusted": (403, "The answer could not be trusted", "It was not made for this sign-in, so nobody was signed in."),
    "stale": (400, "This sign-in is no longer open", "It took too long, or was begun in another browser. Begin again."),
    "cancelled": (403, "You were not signed in", "The sign-in was called off. Nothing was changed."),
}


class CompanyProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """The library's provider with our addresses, keeping nothing of what the provider tells about a person."""

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("openid_begin", query=kwargs)

    def get_callback_url(self) -> str:
        return settings.PORTAL_URL + reverse("openid_callback")

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        return {}


def offered(view: View) -> View:
    """The view, where the portal has a provider; else it is not there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.OIDC_ISSUER:
            raise Http404("no provider is configured")
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@offered
def openid_begin(request: HttpRequest) -> HttpResponse:
    """To the provider's sign-in page."""
    if request.user.is_authenticated:
        return redirect(get_next_redirect_url(request) or "home")
    if not ratelimit.consume(request=request, app="allauth.account", action="login", limit_get=True):
        refused: HttpResponse = ratelimit.respond_429(request)
        return refused
    return _send_there(request, AuthProcess.LOGIN, get_next_redirect_url(request))


@require_GET
@offered
@signed_in
def openid_link(request: HttpRequest, token: str) -> HttpResponse:
    """To the provider's sign-in page, to link who signs in there to the reader. The token is on the reader's own page:
    nobody else can begin this for them, with an account of their own at the provider.
    """
    if is_reauthentication_required(request, app=""):
        return redirect("connection_list")  # which asks for the password first
    if not constant_time_compare(token, str(request.session.pop(LINK_TOKEN, ""))):
        return _trouble(request, "stale")
    return _send_there(request, AuthProcess.CONNECT, None)


def _send_there(request: HttpRequest, process: str, next_url: str | None) -> HttpResponse:
    provider = _provider(request)
    pkce, nonce = generate_code_challenge(), secrets.token_urlsafe(32)
    try:
        doors = openid.Provider.discover(_client())
    except (openid.ProviderTrouble, openid.Untrusted) as exc:
        return _failed(request, exc)
    state = provider.stash_redirect_state(
        request, process, next_url, nonce=nonce, verifier=pkce["code_verifier"], user=str(request.user.pk)
    )
    return HttpResponseRedirect(
        doors.sign_in_url(
            callback=provider.get_callback_url(), state=state, nonce=nonce, challenge=pkce["code_challenge"].decode()
        )
    )


@require_GET
@offered
def openid_callback(request: HttpRequest) -> HttpResponse:
    """Where the provider sends people back to."""
    provider, asked = _provider(request), request.GET
    try:
        state = provider.unstash_redirect_state(request, asked.get("state", ""))
    except PermissionDenied:
        return _trouble(request, "stale")
    if asked.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
        return _failed(request, openid.Untrusted("another provider sent the browser back"))
    if "code" not in asked or "error" in asked:
        return _trouble(request, "cancelled" if asked.get("error") == "access_denied" else "away")
    try:
        identity = openid.Provider.discover(_client()).identify(
            code=asked["code"], callback=provider.get_callback_url(), nonce=state["nonce"], verifier=state["verifier"]
        )
    except (openid.ProviderTrouble, openid.Untrusted) as exc:
        return _failed(request, exc)
    if state["process"] == AuthProcess.CONNECT:
        return _link(request, identity, state)
    return _enter(request, identity, state)


def _enter(request: HttpRequest, identity: openid.Identity, state: dict[str, Any]) -> HttpResponse:
    provider = _provider(request)
    if not identities.admit(identity=identity, provider=provider.sub_id, actor=_system(request)):
        logger.warning("openid: somebody was not let in: no group of theirs, no invitation, no linked account")
        return render(request, "sign_in/not_let_in.html", {"name": settings.OIDC_NAME}, status=403)
    login = provider.sociallogin_from_response(request, {"id_token": {"sub": identity.subject}})
    login.state.update(state)
    response: HttpResponse = complete_social_login(request, login)
    return response


def _link(request: HttpRequest, identity: openid.Identity, state: dict[str, Any]) -> HttpResponse:
    if not request.user.is_authenticated or state["user"] != str(request.user.pk):
        return _trouble(request, "stale")
    try:
        identities.link(subject=identity.subject, provider=_provider(request).sub_id, actor=actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, f"You can sign in with {settings.OIDC_NAME} from now on.")
    return redirect("connection_list", permanent=False)


@require_http_methods(["GET", "HEAD", "POST"])
@offered
@signed_in
@reauthentication_required  # type: ignore[untyped-decorator]
def connection_list(request: HttpRequest) -> HttpResponse:
    """Whether the reader can sign in with the company's account: link it, or take the link away. Shown to whoever has
    just confirmed that it is them.
    """
    return _unlink(request) if request.method == "POST" else _show_connections(request)


def _show_connections(request: HttpRequest) -> HttpResponse:
    token = request.session.setdefault(LINK_TOKEN, secrets.token_urlsafe(16))
    provider = _provider(request).sub_id
    context = {
        "name": settings.OIDC_NAME,
        "linked": identities.find_link(user_id=request.user.pk, provider=provider),
        "token": token,
    }
    return render(request, "sign_in/connection_list.html", context)


def _unlink(request: HttpRequest) -> HttpResponse:
    try:
        identities.unlink(provider=_provider(request).sub_id, actor=actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, f"You no longer sign in with {settings.OIDC_NAME}.")
    response = redirect("connection_list", permanent=False)
    response.status_code = 303
    return response


def choose_password(request: HttpRequest) -> HttpResponse:
    """A first password, but not for somebody who came through the provider: it would outlive their place there."""
    if request.user.is_authenticated and identities.came_by_provider(request.user.pk):
        return render(request, "sign_in/no_password.html", {"name": settings.OIDC_NAME})
    response: HttpResponse = password_set(request)
    return response


def _provider(request: HttpRequest) -> CompanyProvider:
    provider: CompanyProvider = get_adapter(request).get_provider(request, CompanyProvider.id)
    return provider


def _client() -> openid.Client:
    return openid.Client(
        issuer=settings.OIDC_ISSUER,
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        groups_claim=settings.OIDC_GROUPS_CLAIM,
        ca_bundle=settings.OIDC_CA_BUNDLE,
    )


def _system(request: HttpRequest) -> Actor:
    """The groups decide, not the person who signs in."""
    return Actor(
        kind=ActorKind.SYSTEM,
        door=Door.FORM,
        ip=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
    )


def _failed(request: HttpRequest, exc: openid.ProviderTrouble | openid.Untrusted) -> HttpResponse:
    logger.warning("openid: sign-in failed: %s (reference %s)", exc, getattr(request, "request_id", ""))
    return _trouble(request, "untrusted" if isinstance(exc, openid.Untrusted) else "away")


def _trouble(request: HttpRequest, what: str) -> HttpResponse:
    status, title, text = TROUBLES[what]
    context = {
        "title": title.format(name=settings.OIDC_NAME),
        "text": text,
        "reference": getattr(request, "request_id", ""),
    }
    return render(request, "sign_in/trouble.html", context, status=status)
