"""Behind fronts of ours, limits and the audit log go by who asks; and nobody can pretend to be somebody else."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from leads.views.middleware import ClientAddressMiddleware


def seen(settings, fronts: int, header: str | None) -> str:
    settings.PORTAL_TRUSTED_PROXIES = fronts
    headers = {} if header is None else {"X-Forwarded-For": header}
    request = RequestFactory().get("/", headers=headers)
    ClientAddressMiddleware(lambda request: HttpResponse(request.META["REMOTE_ADDR"]))(request)
    return request.META["REMOTE_ADDR"]


@pytest.mark.parametrize(
    ("fronts", "header", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, None, "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 192.0.2.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "unknown", "127.0.0.1"),
        (1, "203.0.113.9:4711", "127.0.0.1"),
        (1, " , ,", "127.0.0.1"),
    ],
)
def test_it_believes_only_what_its_own_fronts_say(settings, fronts, header, address) -> None:
    assert seen(settings, fronts, header) == address
