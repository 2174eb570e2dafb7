"""Is it alive, is it ready, and in numbers how it goes."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.db.utils import Error
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import split_domain_port
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from leads.monitoring import metrics as numbers
from leads.monitoring import readiness

FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The web process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Leads can be taken and brought away: database, migrations, a worker. Numbers are for the operator alone."""
    found = readiness.look()
    answer: dict[str, object] = {"status": "ok"}
    if found.reason:
        answer = {"status": "unavailable", "reason": found.reason}
    if _is_operator(request):
        answer |= {"workers": found.workers, "oldest_waiting_seconds": round(found.oldest_waiting_seconds)}
    return JsonResponse(answer, status=503 if found.reason else 200)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: from this machine, or with the token; to others it is not there."""
    if not _is_operator(request):
        raise Http404
    try:
        text = numbers.as_text()
    except Error:
        return HttpResponse("The database does not answer.\n", status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _is_operator(request: HttpRequest) -> bool:
    """Whoever has the token; without one, who asks on this machine itself and not through a front on it."""
    said = request.headers.get("Authorization", "")
    if token := settings.PORTAL_METRICS_TOKEN:
        return hmac.compare_digest(said.encode(), f"Bearer {token}".encode())
    if any(name in request.headers for name in FORWARDED):
        return False
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and _is_loopback(split_domain_port(request.get_host())[0])


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
