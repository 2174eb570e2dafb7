"""Which addresses a webhook may have, and that its secrets open for its own team alone."""

from __future__ import annotations

import base64
import socket

import pytest

from leads.crypto import CannotOpen
from leads.models import Webhook
from leads.services.teams import NotPossible
from leads.services.webhook_targets import (
    Target,
    checked_address,
    host_of,
    new_secret,
    open_target,
    seal,
)

NAMES = {
    "hooks.example": "8.8.8.8",
    "inner.example": "10.1.2.3",
    "meta.example": "169.254.169.254",
    "here.example": "::1",
}


@pytest.fixture(autouse=True)
def names(monkeypatch):
    def look_up(host, port, *args, **kwargs):
        if host in NAMES:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (NAMES[host], port))]
        if host and host[0] in "0123456789[:":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ({"127.1": "127.0.0.1"}.get(host, host), port))]
        raise socket.gaierror("not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example/services/T0/B0/x",
        "https://hooks.example:8443/a?b=c&d=%20",
        "  https://hooks.example/  ",
        "https://HOOKS.example/",
        "https://1.1.1.1/x",
    ],
)
def test_it_takes_an_address_in_the_open_internet(address):
    assert checked_address(address) == address.strip()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Type the address"),
        ("   ", "Type the address"),
        ("hooks.example/x", "not an address"),
        ("http://hooks.example/x", "https://"),
        ("ftp://hooks.example/x", "https://"),
        ("file:///etc/passwd", "not an address"),
        ("javascript:alert(1)", "not an address"),
        ("https://", "not an address"),
        ("https:///x", "not an address"),
        ("https://user:pass@hooks.example/x", "before the @"),
        ("https://hooks.example@inner.example/x", "before the @"),
        ("https://hooks.example\\@inner.example/x", "plain characters"),
        ("https://hooks.example/a b", "plain characters"),
        ("https://hooks.example/\r\nX: y", "plain characters"),
        ("https://hooks.example/é", "plain characters"),
        ("https://höoks.example/", "plain characters"),
        ("https://hooks.example/#x", "#"),
        ("https://hooks.example:99999/", "not an address"),
        ("https://hooks.example:x/", "not an address"),
        ("https://[::1/", "not an address"),
        ("https://" + "a" * 1000, "plain characters"),
        ("https://nowhere.example/", "No address was found"),
        ("https://inner.example/x", "sends nothing to"),
        ("https://meta.example/latest", "sends nothing to"),
        ("https://here.example/", "sends nothing to"),
        ("https://127.0.0.1/", "sends nothing to"),
        ("https://127.1/", "sends nothing to"),
        ("https://[::1]/", "sends nothing to"),
        ("https://0.0.0.0/", "sends nothing to"),
        ("https://192.168.0.1/", "sends nothing to"),
    ],
)
def test_it_refuses_any_other(address, words):
    with pytest.raises(NotPossible, match=words.replace("(", r"\(")):
        checked_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://inner.example/x",
        "https://127.0.0.1/",
        "http://127.0.0.1:8080/x",
        "http://[::1]/",
        "https://hooks.example/",
    ],
)
def test_it_takes_private_ones_where_the_operator_allows_them(address, settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    assert checked_address(address) == address


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://inner.example/x", "only for this machine"),
        ("http://hooks.example/x", "only for this machine"),
        ("https://meta.example/latest", "sends nothing to"),
        ("https://0.0.0.0/", "sends nothing to"),
    ],
)
def test_it_still_refuses_what_nobody_needs(address, words, settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True
    with pytest.raises(NotPossible, match=words):
        checked_address(address)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://hooks.slack.com/services/T0/B0/secret", "hooks.slack.com"),
        ("https://hooks.example:8443/x?token=secret", "hooks.example:8443"),
        ("https://[::1]:9/secret", "[::1]:9"),
    ],
)
def test_it_shows_the_host_and_no_path(address, host):
    assert host_of(address) == host


def test_it_makes_secrets_as_receivers_know_them():
    secret = new_secret()
    assert secret.startswith("whsec_") and len(base64.b64decode(secret[6:], validate=True)) == 32
    assert new_secret() != secret


@pytest.mark.django_db
def test_it_opens_for_its_own_team_alone(team, other_team):
    target = Target("https://hooks.example/canary", "whsec_canary")
    sealed = seal(target, team)
    assert "canary" not in sealed and "canary" not in repr(target)
    assert open_target(Webhook(team=team, sealed=sealed)) == target
    with pytest.raises(CannotOpen):
        open_target(Webhook(team=other_team, sealed=sealed))
