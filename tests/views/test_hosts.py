"""Whatever host a request names, nothing the portal says leads there."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from leads.views.access import safe_path

from .test_account import AWAY

EVIL = [
    "evil.example", "testserver.evil.example", "evil.example:80", "testserver@evil.example",
    "testserver:80@evil.example", "testserver,evil.example", "evil.example#testserver", "testserver/evil.example",
    "evil.example\\testserver", "[::ffff:1.2.3.4]", "[::1", "0", "127.1", "testserver..", "test server", "", ".",
    "..testserver", "testserver:x", "t\u0435stserver", "xn--tstserver-2hg", "testserver%00.evil.example",
]  # fmt: skip


@pytest.mark.django_db
def test_it_answers_no_host_that_is_not_its_own_and_believes_no_header_about_it(settings, bob, mailoutbox) -> None:
    """Twenty hosts, each as Host and as what a front could say; a mail names the portal by its own address."""
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PORTAL_URL = "https://portal.example.com"
    client = Client(raise_request_exception=False)
    for host in EVIL:
        for path in ("/accounts/login/", "/accounts/password/reset/", "/rest/me", "/healthz"):
            response = client.get(path, headers={"Host": host})
            assert response.status_code == 400 and "evil" not in response.content.decode(), (host, path)
        assert client.post("/accounts/password/reset/", {"email": bob.email}, headers={"Host": host}).status_code == 400
    assert mailoutbox == []
    for number, host in enumerate(EVIL):
        said = {
            "X-Forwarded-Host": host,
            "Forwarded": f"host={host}",
            "X-Original-Host": host,
            "X-Forwarded-Server": host,
        }
        page = client.get("/t/brewers/submissions/", headers=said)
        assert (page.status_code, urlsplit(page["Location"]).netloc) == (302, ""), host
        if number % 7 == 0:  # a mail for a new password is sent a few times a minute
            client.post("/accounts/password/reset/", {"email": bob.email}, headers=said)
    assert len(mailoutbox) >= 3
    for mail in mailoutbox:
        links = re.findall(r"https?://\S+", mail.body)
        assert links and {urlsplit(link).netloc for link in links} == {"portal.example.com"}


#: What makes a path of another host, for some browser.
STARTS = [
    "//", "/\\", "\\/", "\\\\", "/\t/", "/\n/", "/\r/", "\t//", " //", "\x01//", "///", "/ /", "https:", "https:/",
    "https:///", "http:\\\\", "//\t", "/\\\\", "hTTps://", "//user@",
]  # fmt: skip
ENDS = ("", "/", "/t/brewers/", "?next=/")
WAYS_OUT = sorted({*AWAY, *(f"{start}evil.example{end}" for start in STARTS for end in ENDS)})


def where_a_browser_goes(path: str) -> str:
    """As the standard of addresses has it: signs at the ends and line ends anywhere go, a backslash is a slash."""
    cleaned = re.sub(r"[\t\r\n]", "", path.strip("".join(map(chr, range(0x21))))).replace("\\", "/")
    return urljoin("https://portal.example.com/here/", cleaned)


def test_it_takes_no_way_out_for_a_path_of_its_own() -> None:
    assert len(WAYS_OUT) >= 80
    for way in WAYS_OUT:
        taken = safe_path(way)
        assert not taken or urlsplit(where_a_browser_goes(taken))[:2] == ("https", "portal.example.com"), ascii(way)
        assert "evil.example" not in taken or taken.startswith("/"), ascii(way)
    assert safe_path("/t/brewers/submissions/?q=a//b") == "/t/brewers/submissions/?q=a//b"
