"""The one way out, where a stranger named the address. What Breakcold's client makes of it stands in its own tests."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_address

import pytest

from leads.addresses import is_loopback, is_public
from leads.outbound import Call, Failure, Outlet, Reply
from tests.breakcold.loopback import Trap, answer, answering, listening, self_signed

SECONDS = 20.0


def post(url, *, guard=is_loopback, seconds=SECONDS, verify=None, headers=None):
    outlet = Outlet({"User-Agent": "tests/1", **(headers or {})})
    if verify:
        outlet.session.verify = verify
    try:
        return outlet.exchange(Call(seconds, guard=guard), "POST", url, data=b'{"a":1}', seconds=seconds)
    finally:
        outlet.close()


@pytest.fixture
def names(monkeypatch):
    """A name server of the test's own: each name gives its answers in turn, the last for ever; counts the questions."""
    asked: list[str] = []
    book: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def look_up(host, port, *args, **kwargs):
        if host not in book:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        found = book[host].pop(0) if len(book[host]) > 1 else book[host][0]
        return [row for address in found for row in real(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return book, asked


def test_it_posts_and_reads_the_answer():
    with listening(answering(answer(b'{"ok": true}', 202))) as server:
        said = post(server.url)
    assert isinstance(said, Reply)
    assert (said.status, said.raw) == (202, b'{"ok": true}')
    assert b'\r\n\r\n{"a":1}' in server.requests[0]


def test_it_touches_nothing_where_the_guard_says_no():
    with Trap() as trap:
        said = post(trap.url, guard=is_public)
        assert trap.is_untouched
    assert isinstance(said, Failure)
    assert said.is_forbidden and not said.body_began


@pytest.mark.parametrize("host", ["localhost", "[::1]", "0x7f.1", "2130706433", "127.1", "[::ffff:127.0.0.1]"])
def test_it_touches_nothing_however_the_address_is_written(host):
    with Trap() as trap:
        said = post(f"http://{host}:{trap.port}/", guard=is_public)
        assert trap.is_untouched
    assert isinstance(said, Failure) and not said.body_began


def test_it_connects_to_the_very_address_it_looked_at(names):
    """A name that answers otherwise the second time is asked once; the host it was asked for is told by its name."""
    book, asked = names
    book["hooks.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    seen = []
    with listening(answering(answer(b"{}"))) as server:
        said = post(f"http://hooks.example:{server.port}/x", guard=lambda address: seen.append(str(address)) or True)
    assert isinstance(said, Reply) and said.status == 200
    assert asked == ["hooks.example"] and seen == ["127.0.0.1"]
    assert f"Host: hooks.example:{server.port}\r\n".encode() in server.requests[0]


def test_it_looks_again_at_each_connection(names):
    """Whoever moves a name inwards after it was looked at when it was saved gets nothing."""
    book, _ = names
    with Trap() as trap:
        book["rebound.example"] = [["8.8.8.8"], ["127.0.0.1"]]
        assert is_public(ip_address("8.8.8.8"))
        socket.getaddrinfo("rebound.example", 80)  # the look at saving
        said = post(f"http://rebound.example:{trap.port}/", guard=is_public)
        assert trap.is_untouched
    assert isinstance(said, Failure) and said.is_forbidden


def test_it_lets_one_bad_address_spoil_them_all(names):
    book, _ = names
    with Trap() as trap:
        book["mixed.example"] = [["8.8.8.8", "127.0.0.1"]]
        said = post(f"http://mixed.example:{trap.port}/", guard=is_public)
        assert trap.is_untouched
    assert isinstance(said, Failure) and said.is_forbidden


def test_it_tries_the_next_address_when_one_is_dead(names):
    book, _ = names
    with listening(answering(answer(b"{}"))) as server:
        book["two.example"] = [["127.0.0.9", "127.0.0.1"]]  # the server listens on the second only
        assert isinstance(post(f"http://two.example:{server.port}/"), Reply)


def test_it_checks_the_certificate_against_the_name(tmp_path, names):
    """Connecting to an address does not make the address the name: TLS is still with the name."""
    book, _ = names
    context = self_signed(tmp_path)  # for 127.0.0.1, and for no name
    book["hooks.example"] = [["127.0.0.1"]]
    trusted = str(tmp_path / "server.pem")
    with listening(answering(answer(b"{}")), wrap=context) as server:
        by_address = post(f"https://127.0.0.1:{server.port}/", verify=trusted)
        by_name = post(f"https://hooks.example:{server.port}/", verify=trusted)
    assert isinstance(by_address, Reply)
    assert isinstance(by_name, Failure) and not by_name.body_began
    assert "hooks.example" in by_name.detail


def test_it_tells_the_server_the_name_in_the_handshake(tmp_path, names):
    book, _ = names
    context = self_signed(tmp_path)
    told = []
    context.sni_callback = lambda connection, name, context: told.append(name)
    book["hooks.example"] = [["127.0.0.1"]]
    with listening(answering(answer(b"{}")), wrap=context) as server:
        post(f"https://hooks.example:{server.port}/")
    assert told == ["hooks.example"]


def test_it_follows_no_redirect():
    with Trap() as trap:
        with listening(answering(answer(b"", 307, f"Location: {trap.url}/"))) as server:
            said = post(server.url)
        assert trap.is_untouched
    assert isinstance(said, Reply) and said.status == 307


def test_it_asks_no_proxy(monkeypatch):
    with Trap() as trap, listening(answering(answer(b"{}"))) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, trap.url)
        assert isinstance(post(server.url), Reply)
        assert trap.is_untouched


def test_it_ends_when_the_receiver_hangs():
    with listening(lambda listener, connection: listener.over.wait()) as server:
        said = post(server.url, seconds=0.2)
    assert isinstance(said, Failure)
    assert said.is_slow and said.body_began


def test_it_ends_when_the_receiver_drips():
    def drip(listener, connection):
        connection.recv(65536)
        while not listener.over.wait(0.02):
            connection.sendall(b"H")

    with listening(drip) as server:
        said = post(server.url, seconds=0.3)
    assert isinstance(said, Failure)
    assert said.is_slow and said.body_began


def test_it_ends_when_the_name_server_hangs(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: over.wait(30) and [])
    said = post("http://slow.example/", seconds=0.1)
    over.set()
    assert isinstance(said, Failure) and not said.body_began


def test_it_does_not_read_more_than_it_needs():
    with listening(answering(answer(b"x" * 3_000_000))) as server:
        said = post(server.url)
    assert isinstance(said, Reply)
    assert (said.status, said.raw) == (200, None)


def test_it_gives_the_status_of_an_answer_that_breaks_off():
    with listening(answering(answer(b"abc", 200, length=100))) as server:
        said = post(server.url)
    assert isinstance(said, Failure) and said.reply is not None
    assert said.reply.status == 200


def test_it_does_not_show_what_the_libraries_said():
    with Trap() as trap:
        said = post(trap.url, guard=is_public, headers={"X-Secret": "canary"})
    assert isinstance(said, Failure)
    assert "detail" not in repr(said)
