"""How sign-in behaves here."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.account.views import LoginView
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from leads.audit import Actor, ActorKind
from leads.models import User
from leads.models.submissions import Door
from leads.services import identities, people

from . import device, mail, step_up
from .access import safe_path

#: An address is who somebody is in the audit log, so it stays. The others are ways in nobody asked for.
CLOSED = (
    "email/",
    "confirm-email/",
    "confirm-email/<str:key>/",
    "login/code/confirm/",
    "2fa/recovery-codes/download/",
)


def closed(request: HttpRequest, key: str = "") -> HttpResponse:
    raise Http404("this page of the sign-in library is not part of the portal")


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People come in by invitation, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether sign-in may lead to ``url``: a path of this portal and nothing else."""
        return bool(safe_path(url))

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Not to somebody who came through the provider: a password would outlive their place there."""
        if not identities.came_by_provider(user.pk):
            super().send_password_reset_mail(user, email, context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under the portal's own address, whatever host the request named."""
        url: str = super().get_reset_password_from_key_url(key)
        return settings.PORTAL_URL + urlsplit(url).path

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        site = {"name": "Lead portal", "domain": settings.PORTAL_URL}
        words = {"request": self.request, "email": email, "current_site": site, **context}
        mail.send_soon(self.render_mail(template_prefix, email, words))

    def is_reauthentication_required(self, *, app: str, **about: Any) -> bool:
        """Changing a second factor wants a sign-in, or a confirmation, of the last minutes; the rest a confirmation."""
        if app == "allauth.mfa":
            return not step_up.is_recent(self.request or context.request)
        return bool(super().is_reauthentication_required(app=app, **about))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {"mfa_reauthenticate": "Use a code", "mfa_reauthenticate:webauthn": "Use a passkey"}
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [{**method, "description": words.get(method["id"], method["description"])} for method in methods]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Whether this try at a password may be looked at."""
        is_known = bool(device.known_to(request, str(credentials.get("email"))))
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed",
            config=settings.ACCOUNT_RATE_LIMITS if is_known else settings.STRANGER_RATE_LIMITS,
            key=self._get_login_attempts_cache_key(request, **credentials),
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What tries at a password are counted by: the address, whether anybody has it or not, and by each browser that
        the account knows apart. So tries from elsewhere use up nothing of the owner's.
        """
        email = str(credentials.get("email") or "").strip().lower()
        return f"{email}\0{device.known_to(request, email)}"

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        """Whoever the provider vouched for is asked for again within the day."""
        if "sociallogin" in (about["signal_kwargs"] or {}):
            request.session.set_expiry(timezone.now() + timedelta(seconds=settings.OIDC_SESSION_SECONDS))
        response: HttpResponse = super().post_login(request, user, **about)
        device.remember(response, user)
        return response


class SignInView(LoginView):  # type: ignore[misc]
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A browser that the account knows is not held up by how much else comes from its address."""
        is_known = request.method == "POST" and bool(device.known_to(request, request.POST.get("login", "")))
        dispatch = super(LoginView, self).dispatch if is_known else super().dispatch
        response: HttpResponse = dispatch(request, *args, **kwargs)
        return response


sign_in = sensitive_post_parameters("password")(never_cache(SignInView.as_view()))


@receiver(password_reset)
def note_proved_address(request: HttpRequest, user: User, **about: Any) -> None:
    """Whoever set a new password had the link from a mail to the address."""
    actor = _self(request, user)
    identities.prove_address(actor=actor)
    people.note_password(actor=actor)
    request.device_of = user  # type: ignore[attr-defined]


@receiver(password_changed)
@receiver(password_set)
def note_password(request: HttpRequest, user: User, **about: Any) -> None:
    people.note_password(actor=_self(request, user))


def _self(request: HttpRequest, user: User) -> Actor:
    ip, reference = request.META.get("REMOTE_ADDR", ""), getattr(request, "request_id", "")
    return Actor(kind=ActorKind.USER, door=Door.FORM, user=user, ip=ip, request_id=reference)


class PortalSocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """One provider, named by the operator's settings. Who it lets in is decided by ``services/identities.py``."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The configured provider, never one from the database. Accounts are linked to its issuer: under another one
        the same subject is somebody else.
        """
        if not settings.OIDC_ISSUER:
            return []
        issuer = hashlib.sha256(settings.OIDC_ISSUER.encode()).hexdigest()
        app = SocialApp(
            provider="openid_connect",
            provider_id=f"openid-{issuer[:16]}",
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
        )
        is_asked_for = provider in (None, app.provider, app.provider_id) and client_id in (None, app.client_id)
        return [app] if is_asked_for else []
