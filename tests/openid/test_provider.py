"""What a provider says of itself, and the faults of one: whatever it answers, it ends in one of two errors, in time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leads import outbound
from leads.openid import Client, Provider, ProviderTrouble, Untrusted, wire

from .loopback import CLIENT_ID, CLIENT_SECRET, OpenIDProvider, make_certificate, running_provider, say
from .test_tokens import sign_in

DESCRIPTION = "/.well-known/openid-configuration"
STEPS = [DESCRIPTION, "/token", "/keys", "/userinfo"]


def hang(handler: Any) -> None:
    """Says nothing until the portal goes away."""
    handler.connection.settimeout(20)
    while handler.connection.recv(1024):
        pass


def drip(handler: Any) -> None:
    """A header line at a time, each in time, for ever."""
    handler.send_response(200)
    stopped = threading.Event()
    try:
        while not stopped.wait(0.05):
            handler.wfile.write(b"X-More: 1\r\n")
    except OSError:
        stopped.set()


def too_much(handler: Any) -> None:
    say(handler, b'{"issuer": "' + b"x" * outbound.MAX_ANSWER_BYTES + b'"}')


def cut_off(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"issuer": ')


def gone(handler: Any) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def raw(text: bytes, status: int = 200, **headers: str) -> Callable[[Any], None]:
    return lambda handler: say(handler, text, status, **headers)


FAULTS: dict[str, Callable[[Any], None]] = {
    "no answer": hang,
    "an answer that never ends": drip,
    "an answer that is too long": too_much,
    "half an answer": cut_off,
    "a closed door": gone,
    "garbage": raw(b"\x00\xff<html>"),
    "nothing": raw(b""),
    "a list": raw(b"[]"),
    "a number of a million digits": raw(b'{"a": ' + b"1" * 100_000 + b"}"),
    "deep nesting": raw(b"[" * 100_000),
    "an error": raw(b'{"error": "server_error"}', 500),
    "a redirect": raw(b"{}", 302, Location="http://127.0.0.1:1/elsewhere"),
    "a page without rights": raw(b"{}", 401),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", FAULTS)
def test_it_ends_in_a_sentence_of_ours(
    step: str, fault: str, provider: OpenIDProvider, us: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "CALL_SECONDS", 0.4)
    provider.faults[step] = FAULTS[fault]
    with pytest.raises(ProviderTrouble) as caught:
        sign_in(provider, us)
    assert str(caught.value).startswith("the provider") and CLIENT_SECRET not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_it_ends_when_nobody_is_there(us: Client) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = Client(f"http://127.0.0.1:{taken.getsockname()[1]}", CLIENT_ID, CLIENT_SECRET, "groups")
        with pytest.raises(ProviderTrouble, match="could not be reached"):
            Provider.discover(away)


def test_it_speaks_to_no_host_whose_certificate_it_cannot_check(provider: OpenIDProvider) -> None:
    plain_behind_https = Client(provider.issuer.replace("http:", "https:"), CLIENT_ID, CLIENT_SECRET, "groups")
    with pytest.raises(ProviderTrouble):
        Provider.discover(plain_behind_https)
    assert provider.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_it_believes_a_certificate_of_the_authority_it_was_given(host: str, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, host)
    with running_provider(certificate) as provider:
        provider.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        us = Client(provider.issuer, CLIENT_ID, CLIENT_SECRET, "groups")
        with pytest.raises(ProviderTrouble):
            Provider.discover(us)
        ours = replace(us, ca_bundle=str(certificate))
        if host == "127.0.0.1":
            assert Provider.discover(ours).takes_secret_in_form
        else:
            with pytest.raises(ProviderTrouble):
                Provider.discover(ours)


@pytest.mark.parametrize("issuer", ["https://login.example.com", "", None, 7])
def test_it_refuses_a_description_of_another_issuer(issuer: Any, provider: OpenIDProvider, us: Client) -> None:
    provider.description["issuer"] = issuer
    with pytest.raises(Untrusted):
        Provider.discover(us)


BAD_DOORS = [
    None, "", 7, [], "/token", "token", "http://login.example.com/token", "ftp://127.0.0.1/token",
    "file:///etc/passwd", "https://user@login.example.com/", "https://user:pass@login.example.com/",
    "https://login.example.com/a b", "https://login.example.com/\r\nX: y", "https://login.example.com:port/",
    "https:///token", "https://login.example.com/#x", "javascript:alert(1)", "https://[::1", "http://169.254.169.254/",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD_DOORS, ids=repr)
@pytest.mark.parametrize("door", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_it_goes_through_no_door_that_is_none(url: Any, door: str, provider: OpenIDProvider, us: Client) -> None:
    provider.description[door] = url
    with pytest.raises(ProviderTrouble, match=door):
        Provider.discover(us)


def test_it_goes_from_https_to_no_plain_door_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    doors = dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), "http://127.0.0.1/x")
    monkeypatch.setattr(wire, "fetch", lambda *args, **kwargs: {"issuer": "https://login.example.com", **doors})
    with pytest.raises(ProviderTrouble):
        Provider.discover(Client("https://login.example.com", CLIENT_ID, CLIENT_SECRET, "groups"))


@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post"], ["private_key_jwt"], 7])
def test_it_shows_its_secret_the_way_the_provider_wants(methods: Any, provider: OpenIDProvider, us: Client) -> None:
    """The provider undoes what the secret's own signs need in a header."""
    provider.description["token_endpoint_auth_methods_supported"] = methods
    assert sign_in(provider, us).subject == "person-1"
    shown = dict(provider.seen)["/token"]
    assert shown.startswith("Basic ") is (methods != ["client_secret_post"])


@pytest.mark.parametrize("answer", [{"access_token": None}, {"access_token": "a\nb"}, {"access_token": 7}])
def test_it_needs_an_access_token_to_ask_for_more(answer: dict[str, Any], provider: OpenIDProvider, us: Client) -> None:
    provider.token_answer = answer
    with pytest.raises(ProviderTrouble):
        sign_in(provider, us)


def test_it_asks_for_what_the_token_left_out(provider: OpenIDProvider, us: Client) -> None:
    provider.person |= {"email": "bob@example.com"}
    provider.userinfo = {"groups": ["a"], "email": "eve@example.com", "email_verified": True}
    found = sign_in(provider, us)
    assert (found.email, found.is_email_verified, found.groups) == ("bob@example.com", None, {"a"})


def test_it_asks_for_nothing_when_the_token_says_it_all(provider: OpenIDProvider, us: Client) -> None:
    provider.person |= {"email": "bob@example.com", "groups": []}
    sign_in(provider, us)
    assert "/userinfo" not in dict(provider.seen)


def test_it_needs_no_userinfo(provider: OpenIDProvider, us: Client) -> None:
    provider.description["userinfo_endpoint"] = None
    assert sign_in(provider, us).email == ""


def test_it_refuses_userinfo_about_somebody_else(provider: OpenIDProvider, us: Client) -> None:
    provider.userinfo = {"sub": "person-2", "groups": ["admins"]}
    with pytest.raises(Untrusted, match="somebody else"):
        sign_in(provider, us)


def test_it_keeps_a_query_the_sign_in_page_has(provider: OpenIDProvider, us: Client) -> None:
    provider.description["authorization_endpoint"] = f"{provider.issuer}/authorize?tenant=7"
    url = Provider.discover(us).sign_in_url(callback="http://x.test/", state="s", nonce="n", challenge="c")
    assert url.startswith(f"{provider.issuer}/authorize?tenant=7&response_type=code&")


def test_it_shows_the_secret_in_no_traceback(us: Client) -> None:
    assert CLIENT_SECRET not in repr(us)
