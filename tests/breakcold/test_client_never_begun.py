"""Calls that never begin: nothing was sent, and the client knows it."""

import socket
import time

import pytest

from leads.breakcold.errors import Misconfigured, NotSent
from tests.breakcold.kit import SHORT, error_of
from tests.breakcold.loopback import (
    CREATED,
    KEY,
    LEAD,
    Trap,
    answer,
    answering,
    client_for,
    listening,
    self_signed,
)
from tests.fakes import SANDBOX_KEY

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def test_it_knows_that_nothing_was_sent_when_nobody_listens():
    with Trap() as trap:
        pass
    with client_for(trap.url) as client:
        error = error_of(client)
    assert type(error) is NotSent and str(error) == "Breakcold could not be reached."
    assert "refused" in error.excerpt and (error.status, error.rate_limit, error.issues) == (None, None, ())


def test_it_knows_that_nothing_was_sent_when_the_sandbox_is_down(sandbox):
    sandbox.down()
    with client_for(sandbox.url, key=SANDBOX_KEY) as client:
        assert type(error_of(client)) is NotSent
        sandbox.up()
        assert client.create_lead(LEAD).id


def test_it_knows_that_nothing_was_sent_when_the_name_is_unknown(monkeypatch):
    def look_up(host, *args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with client_for("https://breakcold.invalid/rest") as client:
        error = error_of(client)
    assert type(error) is NotSent and "NameResolutionError" in error.excerpt


def test_it_sends_nothing_when_the_name_server_used_up_the_time(monkeypatch):
    look_up = socket.getaddrinfo

    def slowly(*args, **kwargs):
        time.sleep(SHORT)
        return look_up(*args, **kwargs)

    with listening(answering(answer(CREATED))) as server:
        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        with client_for(server.url, timeout_seconds=SHORT / 2) as client:
            error = error_of(client)
        monkeypatch.undo()
    assert type(error) is NotSent and error.reason == "Breakcold could not be reached in time."
    assert server.requests == []


@pytest.mark.parametrize("talk", ["plain", "silent", "closing"])
def test_it_sends_nothing_to_a_port_that_does_not_speak_tls(talk):
    heard: list[bytes] = []

    def say(listener, connection):
        heard.append(connection.recv(65536))
        if talk == "plain":
            connection.sendall(answer(CREATED))
        while talk == "silent" and (piece := connection.recv(65536)):
            heard.append(piece)

    with listening(say) as server, client_for(server.url.replace("http", "https"), timeout_seconds=SHORT) as client:
        assert type(error_of(client)) is NotSent
    assert KEY.encode() not in b"".join(heard)


def test_it_sends_nothing_to_a_server_nobody_vouches_for(tmp_path, monkeypatch):
    """Nor does the environment vouch for one."""
    context = self_signed(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "server.pem"))
    with listening(answering(answer(CREATED)), wrap=context) as server, client_for(server.url) as client:
        error = error_of(client)
    assert type(error) is NotSent and "CERTIFICATE_VERIFY_FAILED" in error.excerpt
    assert server.requests == []


# The address and the key.


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/rest",
        "127.0.0.1",
        "ftp://127.0.0.1/rest",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///rest",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://*.example.com",
        "http://.example.com",
        "http://" + "x" * 64 + ".invalid",
        "http://a..invalid",
        "http://\u2603..invalid",
        "http://a b/rest",
        "http://\ud800.invalid",
    ],
)
def test_it_says_that_an_address_cannot_be_used(url, monkeypatch):
    def look_up(host, *args, **kwargs):
        raise AssertionError(f"looked up {host!r}")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with client_for(url) as client:
        error = error_of(client)
    assert type(error) is Misconfigured, error.excerpt


@pytest.mark.parametrize(
    "key",
    [
        "",
        " ",
        " key",
        "key ",
        "a key",
        "key\n",
        "key\r\nX-Evil: 1",
        "\tkey",
        "k\0y",
        "schlüssel",
        "ключ",
        "🔑",
        "\ud800",
    ],
)
def test_it_says_that_a_key_cannot_be_used_and_sends_nothing(key):
    with Trap() as trap, client_for(trap.url, key=key) as client:
        assert type(error_of(client)) is Misconfigured
        assert trap.is_untouched
