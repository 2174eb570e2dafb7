"""Where somebody is signed in, and the way out of all of it."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from leads.models import User
from leads.services import people

from .access import actor_of, signed_in
from .fragments import redirect_to


def stay(request: HttpRequest) -> None:
    """This browser stays signed in, though all sessions from before have just ended. Its session gets a new name."""
    before = request.session.session_key
    if isinstance(request.user, User):
        update_session_auth_hash(request, request.user)
        UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def session_list(request: HttpRequest) -> HttpResponse:
    """The browsers the reader is signed in with; posted to, all others are signed out, or all."""
    user = request.user
    if request.method == "POST" and isinstance(user, User):
        return _end(request, user)
    rows = sorted(UserSession.objects.purge_and_list(user), key=lambda row: row.last_seen_at, reverse=True)
    here = request.session.session_key
    context = {
        "rows": [{"row": row, "browser": _words(row.user_agent), "is_here": row.session_key == here} for row in rows]
    }
    return render(request, "sessions/list.html", context)


def _end(request: HttpRequest, user: User) -> HttpResponse:
    people.sign_out_everywhere(user=user, actor=actor_of(request))
    if request.POST.get("which") == "all":
        logout(request)
        messages.success(request, "You are signed out everywhere.")
        return redirect_to(request, "/accounts/login/")
    stay(request)
    messages.success(request, "You are signed out everywhere else.")
    return redirect_to(request, request.path)


#: What a browser calls itself holds the names of several; the first of these that it holds is its own.
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}
NICE = {"Edg": "Edge", "OPR": "Opera"}


def _words(user_agent: str) -> str:
    browser = next((NICE.get(name, name) for name in BROWSERS if name in user_agent), "Another browser")
    system = next((word for name, word in SYSTEMS.items() if name in user_agent), "")
    return f"{browser} on {system}" if system else browser
