"""How sign-in behaves here."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_reset
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from leads.audit import Actor, ActorKind
from leads.models import User
from leads.models.submissions import Door
from leads.services import identities

#: An address is who somebody is in the audit log, so it stays. The others are ways in nobody asked for.
CLOSED = ("email/", "confirm-email/", "confirm-email/<str:key>/", "login/code/confirm/")


def closed(request: HttpRequest, key: str = "") -> HttpResponse:
    raise Http404("this page of the sign-in library is not part of the portal")


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People come in by invitation, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether sign-in may lead to ``url``: a path of this portal and nothing else."""
        if not url or not url.startswith("/") or url.startswith("//"):
            return False
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Not to somebody who came through the provider: a password would outlive their place there."""
        if not identities.came_by_provider(user.pk):
            super().send_password_reset_mail(user, email, context)

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        """Whoever the provider vouched for is asked for again within the day."""
        if "sociallogin" in (about["signal_kwargs"] or {}):
            request.session.set_expiry(timezone.now() + timedelta(seconds=settings.OIDC_SESSION_SECONDS))
        response: HttpResponse = super().post_login(request, user, **about)
        return response


@receiver(password_reset)
def note_proved_address(request: HttpRequest, user: User, **about: Any) -> None:
    """Whoever set a new password had the link from a mail to the address."""
    ip, reference = request.META.get("REMOTE_ADDR", ""), getattr(request, "request_id", "")
    identities.prove_address(actor=Actor(kind=ActorKind.USER, door=Door.FORM, user=user, ip=ip, request_id=reference))


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
