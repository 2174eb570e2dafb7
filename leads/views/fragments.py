"""The whole htmx toolkit: page or fragment, redirect, and where a fragment goes."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a part. For the back button it asks for the whole page."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.history_restore_request


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any], *, status: int = 200, stamp: object = None
) -> HttpResponse:
    """The whole page, or to htmx only the fragment in it. The page includes the fragment, so both are the same.

    A fragment that asks again by itself sends the ``stamp`` of what it shows as ``seen``. While that still holds it is
    told so (204) and left alone, with whatever the reader has open or focused in it.
    """
    if stamp is not None:
        context = {**context, "stamp": stamp_of(stamp)}
        if is_htmx(request) and request.GET.get("seen") == context["stamp"]:
            return HttpResponse(status=204)
    response = render(request, fragment if is_htmx(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def stamp_of(shown: object) -> str:
    """A short text that changes when what is shown changes."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def redirect_to(request: HttpRequest, url: str) -> HttpResponse:
    """Go to another page, with or without htmx."""
    if is_htmx(request):
        return HttpResponseClientRedirect(url)
    response = HttpResponseRedirect(url)
    response.status_code = 303  # a GET, whatever this was
    return response


def into_notices(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int
) -> HttpResponse:
    """A fragment that goes to the page's notices instead of where the request wanted it; nothing else is changed."""
    response = render(request, template, context or {}, status=status)
    return reswap(retarget(response, "#notices"), "innerHTML")
