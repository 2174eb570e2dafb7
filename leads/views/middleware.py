"""What every request gets: an id that is in its log lines and audit entries, and answers nobody else may keep."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from leads.services.invitations import PREFIX as INVITATION

from .errors import bad_request

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """``request.request_id``, sent back as ``X-Request-ID``. Never taken from outside."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = str(uuid4())  # type: ignore[attr-defined]
        response = self.get_response(request)
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
        if 0 < fronts <= len(hops):
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


def _is_utf8(request: HttpRequest) -> bool:
    return (request.encoding or "utf-8").lower() in ("utf-8", "utf8")
