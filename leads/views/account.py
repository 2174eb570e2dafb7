"""How sign-in behaves here."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

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
