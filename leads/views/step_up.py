"""What is asked once more, of somebody whose sign-in is a while ago, before something that matters: the key, a role, a
token, an export. Nothing that was typed is lost by it.
"""

from __future__ import annotations

import time
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from . import fragments
from .access import View, hand_back, signed_in


def is_recent(request: HttpRequest) -> bool:
    """Whether the reader showed within the last minutes who they are: by signing in, or when asked again."""
    records = get_authentication_records(request, request.user)
    latest = max((float(record["at"]) for record in records), default=0.0)
    return time.time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def confirmed(view: View) -> View:
    """The view; what is posted to it only by somebody who showed lately that it is them.

    Stands under ``signed_in``. Reading is not held up: what changes something is a POST.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or is_recent(request):
            return view(request, *args, **kwargs)
        return ask(request)

    return guarded


def ask(request: HttpRequest) -> HttpResponse:
    """The answer to something posted too long after signing in: confirm in another tab, then send it again."""
    if fragments.is_htmx(request):
        return fragments.into_notices(request, "account/_confirm_first.html", status=403)
    return hand_back(request, why="confirm")


@require_safe
@signed_in
def confirm(request: HttpRequest) -> HttpResponse:
    """Asks for the password, a code or a passkey, and then says that the other tab can go on."""
    if not is_recent(request):
        methods = get_adapter(request).get_reauthentication_methods(request.user)
        if methods:
            here = reverse("confirm")
            return HttpResponseRedirect(f"{methods[0]['url']}?next={here}")
    return render(request, "step_up/confirm.html", {"is_done": is_recent(request), "name": settings.OIDC_NAME})
