"""Error pages: what happened, what is safe, what to do next."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from leads.gateway.errors import error_page, is_for_gateway

from . import access, fragments

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_gateway(request):
        return error_page(request, 400)
    return render(request, "400.html", _about(request), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_gateway(request):
        return error_page(request, 403)
    return render(request, "403.html", _about(request), status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    response = render(request, "404.html", _about(request), status=404)
    if fragments.is_htmx(request) and request.method == "GET":
        # A page that asks again by itself, of somebody who is out of the team: it goes, instead of showing old leads.
        response["HX-Refresh"] = "true"
    return response


def unreadable(request: HttpRequest) -> HttpResponse:
    """Of secrets that were sealed with another encryption key, such as after a restore without secrets.env."""
    log.error("A sealed secret cannot be opened: PORTAL_ENCRYPTION_KEYS is not what it was sealed with")
    return render(request, "unreadable.html", _about(request), status=503)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without a request: whatever failed may fail again in what fills the frame of a page."""
    if is_for_gateway(request):
        return error_page(request, 500)
    return HttpResponse(render_to_string("500.html", _about(request)), status=500)


def _about(request: HttpRequest) -> dict[str, str]:
    return {"reference": getattr(request, "request_id", "")}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from this portal whose token is old is handed back to be sent again; anything else is refused.

    Tokens change at sign-in, so a form that was open in another tab meets this; nothing typed in it may be lost.
    """
    if not _is_own_form(request):
        return render(request, "403.html", {**_about(request), "came_from_elsewhere": True}, status=403)
    if fragments.is_htmx(request):
        return fragments.into_notices(request, "account/_token_old.html", status=403)
    return access.hand_back(request, why="old" if request.user.is_authenticated else "signed_out")


def _is_own_form(request: HttpRequest) -> bool:
    """Whether the browser says that the form came from this very site."""
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        parts = urlsplit(source)
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc}" == f"{request.scheme}://{request.get_host()}"
