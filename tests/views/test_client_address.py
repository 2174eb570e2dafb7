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


ODD = [
    "", " ", ",", ",,", ";", "null", "unknown", "_hidden", "-1", "256.1.1.1", "1.2.3", "1.2.3.4.5", "0x7f.1", "127.1",
    "2130706433", "1.2.3.4/8", "1.2.3.4:80", "[::1]", "[::1]:80", "::1%lo", "fe80::1%eth0", "1.2.3.4 5.6.7.8",
    "1.2.3.4;5.6.7.8", "localhost", "evil.example", "1.2.3.4\x00", "\u0661.2.3.4", "\uff11.2.3.4", "1.2.3.4\r\nX: y",
    "\"1.2.3.4\"", "for=1.2.3.4", "1,2,3,4", "::ffff:999.1.1.1", ":::", "x" * 5_000, "1.2.3.4" * 500, "' OR 1=1",
    "<b>", "%00", "$(id)", "${jndi:x}", "../..", "1.2.3.4\t5", "+1.2.3.4", "01.02.03.04", "1.2.3.4.", ".1.2.3.4",
    "1..2.3.4", "a::b::c", "::g",
]  # fmt: skip


def test_it_takes_nothing_odd_for_an_address_and_no_entry_but_that_of_its_own_front(settings) -> None:
    assert len(ODD) >= 50
    for text in ODD:
        assert seen(settings, 1, text) == "127.0.0.1", ascii(text)
        assert seen(settings, 0, f"{text}, 203.0.113.9") == "127.0.0.1", ascii(text)
        assert seen(settings, 1, f"{text}, 203.0.113.9") == "203.0.113.9", ascii(text)
    for name in ("Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Cluster-Client-IP"):
        settings.PORTAL_TRUSTED_PROXIES = 1
        request = RequestFactory().get("/", headers={name: "203.0.113.9"})
        ClientAddressMiddleware(lambda request: HttpResponse())(request)
        assert request.META["REMOTE_ADDR"] == "127.0.0.1", name
