"""What every request gets: an id that is in its log lines and audit entries, and answers nobody else may keep."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import BadRequest
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from leadportal.logs import request_id
from leads.crypto import CannotOpen
from leads.services.invitations import PREFIX as INVITATION

from . import device
from .errors import bad_request, unreadable

BEGAN, USED = "session_began", "session_used"  # in the session: when, in seconds
NOTED_EVERY = 60  # seconds
POLL = "X-Portal-Poll"

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """``request.request_id``, sent back as ``X-Request-ID``. Never taken from outside."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = str(uuid4())  # type: ignore[attr-defined]
        said = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(said)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class ClientAddressMiddleware:
    """``REMOTE_ADDR`` is who asks, not the front before the portal: limits and the audit log go by it.

    Only as many entries of ``X-Forwarded-For`` are believed, from its end, as there are fronts of ours.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        fronts = settings.PORTAL_TRUSTED_PROXIES
        if 0 < fronts <= len(hops) and "%" not in hops[-fronts]:  # behind it could stand any text
            with suppress(ValueError):
                request.META["REMOTE_ADDR"] = str(ip_address(hops[-fronts]))
        return self.get_response(request)


class PrivatePagesMiddleware:
    """No cache keeps a page, and none gives a fragment where a page was asked for. All text is UTF-8: other encodings
    spell characters that no page and no database can hold.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request) if _is_utf8(request) else bad_request(request, BadRequest())
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if INVITATION in request.get_full_path():
            # An invitation's link is a secret: no other page is told it. "no-referrer" would also take the Origin
            # from the form on the page, and with it the proof that the form is ours.
            response["Referrer-Policy"] = "strict-origin"
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        return response


class LostKeysMiddleware:
    """A page that needs a secret which no encryption key of the portal opens says so, and what to do."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return unreadable(request) if isinstance(exception, CannotOpen) else None


class SessionLimitsMiddleware:
    """A session ends when nobody used it for a while, and some hours after the sign-in whatever happens in it.

    What pages ask by themselves is not use. A request that ends a session goes on as nobody's.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._check(request)
        response = self.get_response(request)
        if (user := getattr(request, "device_of", None)) is not None:
            device.remember(response, user)
        if getattr(request, "signed_out", False):
            response["Clear-Site-Data"] = '"cache", "storage"'  # the browser may be somebody else's next
        return response

    def _check(self, request: HttpRequest) -> None:
        now, session = time.time(), request.session
        began, used = session.setdefault(BEGAN, now), session.setdefault(USED, now)
        idle = settings.PORTAL_SESSION_IDLE_MINUTES * 60
        if now - began >= settings.PORTAL_SESSION_HOURS * 3600 or now - used >= idle:
            logout(request)
        elif now - used >= NOTED_EVERY and POLL not in request.headers:
            session[USED] = now
            UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, **about: Any) -> None:
    request.signed_out = True  # type: ignore[attr-defined]


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, **about: Any) -> None:
    request.session[BEGAN] = request.session[USED] = time.time()


def _is_utf8(request: HttpRequest) -> bool:
    return (request.encoding or "utf-8").lower() in ("utf-8", "utf8")
