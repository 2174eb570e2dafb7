"""The team's webhooks: where it wants to be told what happens, and what came of telling. For admins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.audit import Actor
from leads.forms.webhooks import WebhookForm
from leads.models import Membership, Webhook, WebhookDelivery
from leads.models.webhooks import DeliveryStatus
from leads.services import webhooks
from leads.services.teams import NotPossible
from leads.services.webhook_targets import NotAnAddress

from .access import actor_of, get_admin_for, signed_in
from .fragments import page_or_fragment, redirect_to

SHOWN = 50  # of the last deliveries


def _get_webhook(membership: Membership, webhook: UUID) -> Webhook:
    found = Webhook.objects.present().select_related("team", "created_by").filter(team=membership.team)
    found = found.filter(public_id=webhook)
    if not found:
        raise Http404("no such webhook")
    return found[0]


def _url(webhook: Webhook) -> str:
    return reverse("webhook_detail", args=[webhook.team.slug, webhook.public_id])


@require_safe
@signed_in
def webhook_list(request: HttpRequest, team: str) -> HttpResponse:
    membership = get_admin_for(request, team)
    waiting = Count("deliveries", filter=Q(deliveries__status=DeliveryStatus.WAITING))
    rows = Webhook.objects.present().filter(team=membership.team).annotate(waiting=waiting).order_by("name", "pk")
    context = {"webhooks": rows, "may_add": len(rows) < webhooks.MAX_WEBHOOKS, "at_most": webhooks.MAX_WEBHOOKS}
    return page_or_fragment(request, "webhooks/list.html", "webhooks/_table.html", context)


@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def webhook_new(request: HttpRequest, team: str) -> HttpResponse:
    """Add one. Its signing secret stands on the answer and nowhere else, so the answer is its page."""
    membership = get_admin_for(request, team)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form)
    try:
        webhook, secret = webhooks.add_webhook(team=membership.team, **form.values(), actor=actor_of(request))
    except NotPossible as exc:
        _complain(form, exc)
        return _form_page(request, form)
    if secret:
        return _page(request, webhook, secret=secret)
    messages.success(request, f"{webhook.name} is told from now on. Send it a test to see that it arrives.")
    return redirect_to(request, _url(webhook))


def _complain(form: WebhookForm, exc: NotPossible) -> None:
    form.add_error("address" if isinstance(exc, NotAnAddress) else None, str(exc))


def _form_page(request: HttpRequest, form: WebhookForm) -> HttpResponse:
    return render(request, "webhooks/new.html", {"form": form}, status=422 if form.errors else 200)


@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def webhook_detail(request: HttpRequest, team: str, webhook: UUID) -> HttpResponse:
    """One webhook, what it was told, and the form to change it."""
    found = _get_webhook(get_admin_for(request, team), webhook)
    if request.method != "POST":
        return _page(request, found)
    form = WebhookForm(request.POST, webhook=found)
    if form.is_valid():
        try:
            webhooks.change_webhook(webhook=found, **form.values(), actor=actor_of(request))
        except NotPossible as exc:
            _complain(form, exc)
        else:
            messages.success(request, "Kept.")
            return redirect_to(request, _url(found))
    return _page(request, found, form=form, status=422)


def _page(
    request: HttpRequest, webhook: Webhook, *, form: WebhookForm | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    rows = list(_deliveries(webhook)[:SHOWN])
    context = {
        "webhook": webhook,
        "deliveries": rows,
        "is_moving": any(row.status == DeliveryStatus.WAITING for row in rows),
        "form": form or WebhookForm(webhook=webhook),
        "is_changing": form is not None,
        "secret": secret,
    }
    stamp = [(row.pk, row.status, row.attempts, row.due_at) for row in rows] + [webhook.is_on, webhook.last_trouble_at]
    return page_or_fragment(
        request, "webhooks/detail.html", "webhooks/_state.html", context, status=status, stamp=None if secret else stamp
    )


def _deliveries(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(webhook=webhook).select_related("event__submission")


def _test(webhook: Webhook, actor: Actor) -> str:
    webhooks.send_test(webhook=webhook, actor=actor)
    return "A test is on its way. What comes of it stands below in a moment."


def _on(webhook: Webhook, actor: Actor) -> str:
    webhooks.switch_on(webhook=webhook, actor=actor)
    return f"{webhook.name} is told of what happens from now on."


def _off(webhook: Webhook, actor: Actor) -> str:
    webhooks.switch_off(webhook=webhook, actor=actor)
    return f"{webhook.name} is told nothing any more."


def _remove(webhook: Webhook, actor: Actor) -> str:
    webhooks.remove_webhook(webhook=webhook, actor=actor)
    return f"{webhook.name} is removed. The portal has forgotten its address."


Do = Callable[[Webhook, Actor], str]
DEEDS: dict[str, Do] = {"test": _test, "on": _on, "off": _off, "remove": _remove}


@require_POST
@signed_in
def webhook_act(request: HttpRequest, team: str, webhook: UUID, deed: str) -> HttpResponse:
    """Test, switch on, switch off, remove: a click each."""
    found = _get_webhook(get_admin_for(request, team), webhook)
    if deed not in DEEDS:
        raise Http404("no such deed")
    try:
        messages.success(request, DEEDS[deed](found, actor_of(request)))
    except NotPossible as exc:
        messages.error(request, str(exc))
    return redirect_to(request, reverse("webhook_list", args=[team]) if deed == "remove" else _url(found))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def webhook_secret(request: HttpRequest, team: str, webhook: UUID) -> HttpResponse:
    """Make another signing secret; it stands on the answer and nowhere else."""
    found = _get_webhook(get_admin_for(request, team), webhook)
    if request.method != "POST":  # the answer, loaded again
        return redirect_to(request, _url(found))
    try:
        secret = webhooks.renew_secret(webhook=found, actor=actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
        return redirect_to(request, _url(found))
    return _page(request, found, secret=secret)


@require_POST
@signed_in
def webhook_replay(request: HttpRequest, team: str, webhook: UUID, delivery: UUID) -> HttpResponse:
    """Send one event once more."""
    found = _get_webhook(get_admin_for(request, team), webhook)
    row: Any = _deliveries(found).select_related("webhook__team").filter(public_id=delivery).first()
    if row is None:
        raise Http404("no such delivery")
    try:
        webhooks.replay(delivery=row, actor=actor_of(request))
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, "It is on its way once more, under the same id.")
    return redirect_to(request, _url(found))
