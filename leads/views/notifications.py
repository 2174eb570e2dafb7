"""What reaches a person who is not looking, and how many leads wait for those who are."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from leads.forms.notifications import NotificationForm
from leads.services import notifications

from .access import actor_of, get_membership_for, require, signed_in
from .fragments import is_htmx, page_or_fragment, redirect_to
from .shell import waiting_for_review


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def notification_settings(request: HttpRequest, team: str) -> HttpResponse:
    """Everybody's own: which mails this team sends them."""
    membership = get_membership_for(request, team)
    chosen = notifications.settings_of(membership)
    if request.method == "POST":
        form = NotificationForm(request.POST, membership=membership, chosen=chosen)
        if form.is_valid():
            notifications.choose(membership=membership, **form.values(), actor=actor_of(request))
            messages.success(request, "Kept. It holds from the next mail on.")
            return redirect_to(request, reverse("notification_settings", args=[team]))
    else:
        form = NotificationForm(membership=membership, chosen=chosen)
    context = {"form": form, "sends_mail": settings.PORTAL_SENDS_MAIL}
    status = 422 if form.errors else 200
    return page_or_fragment(request, "notifications/settings.html", "notifications/_form.html", context, status=status)


@require_safe
@signed_in
def review_count(request: HttpRequest, team: str) -> HttpResponse:
    """The number beside "Review", which keeps itself up to date."""
    membership = get_membership_for(request, team)
    require(membership.can_review)
    if not is_htmx(request):
        return redirect("review_queue", team=membership.team.slug)
    count = waiting_for_review(membership)
    if request.GET.get("seen") == str(count):
        return HttpResponse(status=204)
    return render(request, "notifications/_review_count.html", {"review_count": count})
