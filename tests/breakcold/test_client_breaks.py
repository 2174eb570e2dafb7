"""Calls that break off, hang, or never begin. What matters is one question: can the lead exist?"""

import json
import socket
import ssl
import threading
import time

import pytest

from leads.breakcold import client as client_module
from leads.breakcold.errors import (
    BreakcoldError,
    Created,
    KeyRejected,
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    RateLimited,
)
from tests.breakcold.loopback import (
    CREATED,
    KEY,
    LEAD,
    LEAD_ID,
    PATIENCE,
    Trap,
    answer,
    answering,
    client_for,
    listening,
    read_request,
    self_signed,
)
from tests.fakes import SANDBOX_KEY, running_sandbox

SHORT = 0.4  # seconds: a deadline that is certain to pass


@pytest.fixture
def sandbox():
    with running_sandbox() as server:
        yield server


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), thread


def error_of(client, call=lambda client: client.create_lead(LEAD)):
    """The error one call ends in. It has to end: in a thread of its own, so that one that hangs fails the test."""
    caught: list = []

    def run():
        try:
            caught.append(call(client))
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the call outlived its deadline"
    assert isinstance(caught[0], BreakcoldError), caught[0]
    return caught[0]


# Truncated.


@pytest.mark.parametrize("length", [-1, None], ids=["length", "close"])
@pytest.mark.parametrize("status", [200, 400])
def test_it_believes_no_answer_before_the_last_byte_of_its_json(length, status):
    """Cut at every byte, headers included. Whatever is missing, it is never a yes, nor a final no."""
    body = CREATED if status == 200 else b'{"message": "No", "code": "NO"}'
    whole = answer(body, status, "X-RateLimit-Remaining: 59", length=length)
    cuts = iter(range(len(whole)))

    def cut(listener, connection):
        if read_request(connection):
            connection.sendall(whole[: next(cuts)])

    with listening(cut) as server, client_for(server.url) as client:
        for _ in range(len(whole)):
            with pytest.raises(OutcomeUnknown):
                client.create_lead(LEAD)
        assert server.connections == len(whole)


def test_it_believes_an_answer_with_its_last_byte():
    with listening(answering(answer(CREATED, length=None))) as server, client_for(server.url) as client:
        assert client.create_lead(LEAD).id == LEAD_ID


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(CREATED), CREATED)


def test_it_reads_chunks_and_believes_none_that_are_cut_short():
    with listening(answering(CHUNKED)) as server, client_for(server.url) as client:
        assert client.create_lead(LEAD).id == LEAD_ID
    for end in range(0, CHUNKED.index(CREATED) + len(CREATED), 7):
        with listening(answering(CHUNKED[:end])) as server, client_for(server.url) as client:
            assert type(error_of(client)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, OutcomeUnknown), (201, OutcomeUnknown), (400, OutcomeUnknown), (409, OutcomeUnknown), (422, OutcomeUnknown),
     (500, OutcomeUnknown), (502, OutcomeUnknown), (401, KeyRejected), (403, KeyRejected), (429, RateLimited),
     (302, Misconfigured), (404, Misconfigured), (405, Misconfigured)],
)  # fmt: skip
def test_it_goes_by_the_status_where_that_needs_no_body(status, expected):
    """401 in a status line creates nothing, however its page ends; 400 may be anything without Breakcold's words."""
    said = answer(b'{"message": "N', status, "X-RateLimit-Remaining: 7", length=500)
    with listening(answering(said)) as server, client_for(server.url) as client:
        error = error_of(client)
    assert type(error) is expected
    assert error.status == status and error.rate_limit.remaining == 7 and error.issues == ()
    assert "IncompleteRead" in error.excerpt
    if expected is OutcomeUnknown:
        assert error.reason == "The connection broke before Breakcold answered."


@pytest.mark.parametrize("after", [0, 1, 20])
def test_it_is_not_sure_of_an_answer_the_sandbox_truncates(sandbox, after):
    sandbox.fault("truncate", after=after)
    with client_for(sandbox.url, key=SANDBOX_KEY) as client, pytest.raises(OutcomeUnknown):
        client.create_lead(LEAD)
    assert len(sandbox.ledger()) == 1


# Cut off.


@pytest.mark.parametrize(("action", "created"), [("cut", 0), ("create_then_cut", 1)])
def test_it_is_not_sure_when_the_connection_is_cut_after_the_body(sandbox, action, created):
    sandbox.fault(action)
    with client_for(sandbox.url, key=SANDBOX_KEY) as client:
        error = error_of(client)
    assert type(error) is OutcomeUnknown and error.status is None
    assert len(sandbox.ledger()) == created


def test_it_creates_nothing_when_the_connection_is_cut_before_the_body_was_read(sandbox):
    """The body may be on its way already when the cut is seen, so both readings are honest; a lead is not."""
    sandbox.fault("cut_before_body")
    with client_for(sandbox.url, key=SANDBOX_KEY) as client:
        assert type(error_of(client)) in (NotSent, OutcomeUnknown)
    assert sandbox.ledger() == []


@pytest.mark.parametrize("trouble", [BrokenPipeError, ConnectionResetError, TimeoutError, ssl.SSLError])
def test_it_knows_that_nothing_was_sent_when_the_headers_did_not_leave(monkeypatch, trouble):
    def fail(connection, *args, **kwargs):
        raise trouble("while the headers were written")

    monkeypatch.setattr("http.client.HTTPConnection.endheaders", fail)
    with listening(answering(answer(CREATED))) as server, client_for(server.url) as client:
        assert type(error_of(client)) is NotSent
    assert server.requests == []


def test_it_knows_that_nothing_was_sent_when_the_time_ends_after_the_headers(monkeypatch):
    """Headers alone create nothing: no body follows them once it is too late."""
    import http.client

    leave = http.client.HTTPConnection.endheaders

    def slowly(connection, *args, **kwargs):
        leave(connection, *args, **kwargs)
        time.sleep(SHORT)

    monkeypatch.setattr("http.client.HTTPConnection.endheaders", slowly)
    seen: list[bytes] = []

    def listen(listener, connection):
        while piece := connection.recv(65536):
            seen.append(piece)

    with listening(listen) as server, client_for(server.url, timeout_seconds=SHORT / 2) as client:
        assert type(error_of(client)) is NotSent
    assert b"".join(seen).endswith(b"\r\n\r\n")


# Never begun.


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


def test_it_speaks_tls_with_a_server_it_trusts(tmp_path, monkeypatch):
    """Cut off after the body, and by the deadline, as without TLS."""
    context = self_signed(tmp_path)

    def say(listener, connection):
        answering(answer(CREATED), b"HTTP/1.1 200 OK\r\n", keep=True)(listener, connection)

    def stall(listener, connection):
        listener.requests.append(read_request(connection))
        connection.recv(1)

    for talk, expected in ((say, Created), (answering(b""), OutcomeUnknown), (stall, OutcomeUnknown)):
        with listening(talk, wrap=context) as server, client_for(server.url, timeout_seconds=2.0) as client:
            client._session.verify = str(tmp_path / "server.pem")
            outcome = client.create_lead(LEAD) if expected is Created else error_of(client)
        assert type(outcome) is expected
        assert server.requests[0].endswith(b"}")


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


# Out of time. Only that it ends is asserted, and what it is called.


@pytest.mark.parametrize("part", ["headers", "body"])
def test_it_ends_when_an_answer_drips(sandbox, part):
    """Byte by byte, so that no single read is ever late."""
    sandbox.fault("drip", part=part, interval=0.05)
    with client_for(sandbox.url, key=SANDBOX_KEY, timeout_seconds=SHORT) as client:
        error = error_of(client)
    assert type(error) is OutcomeUnknown
    assert len(sandbox.ledger()) == 1


def test_it_ends_when_an_answer_without_an_end_drips():
    """The cut looks like the end of the answer then; half an answer it stays."""

    def drip(listener, connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + CREATED[:-1])
        while not listener.over.wait(0.02):
            connection.sendall(b" ")

    with listening(drip) as server, client_for(server.url, timeout_seconds=SHORT) as client:
        assert type(error_of(client)) is OutcomeUnknown


def test_it_ends_when_a_server_only_ever_says_continue():
    def go_on(listener, connection):
        read_request(connection)
        while not listener.over.wait(0.01):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with listening(go_on) as server, client_for(server.url, timeout_seconds=SHORT) as client:
        assert type(error_of(client)) is OutcomeUnknown


@pytest.mark.parametrize(("action", "created"), [("stall", 0), ("create_then_stall", 1)])
def test_it_ends_when_the_server_says_nothing(sandbox, action, created):
    sandbox.fault(action)
    with client_for(sandbox.url, key=SANDBOX_KEY, timeout_seconds=SHORT) as client:
        error = error_of(client)
    assert type(error) is OutcomeUnknown and error.reason == "Breakcold did not answer in time."
    assert len(sandbox.ledger()) == created


def test_it_ends_when_the_server_does_not_read():
    big = {"attributes": {"a": "x" * 30_000_000}}

    def wait(listener, connection):
        listener.over.wait()

    with listening(wait) as server, client_for(server.url, timeout_seconds=SHORT) as client:
        error = error_of(client, lambda client: client.create_lead(big))
    assert type(error) is OutcomeUnknown and error.reason == "Breakcold did not answer in time."


def test_it_ends_when_the_handshake_drips():
    hello = b"\x16\x03\x03\x40\x00"

    def drip(listener, connection):
        connection.sendall(hello)
        while not listener.over.wait(0.02):
            connection.sendall(b"\0")

    with listening(drip) as server, client_for(server.url.replace("http", "https"), timeout_seconds=SHORT) as client:
        assert type(error_of(client)) is NotSent


def test_it_waits_for_a_slow_answer_that_comes_in_time(sandbox):
    sandbox.fault("delay", seconds=0.3)
    with client_for(sandbox.url, key=SANDBOX_KEY) as client:
        assert client.create_lead(LEAD).id


def test_it_works_on_after_a_deadline(sandbox):
    sandbox.fault("stall")
    with client_for(sandbox.url, key=SANDBOX_KEY, timeout_seconds=2.0) as client:
        assert type(error_of(client)) is OutcomeUnknown
        assert client.create_lead(LEAD).id == sandbox.ledger()[0]["id"]


def test_it_never_cuts_the_call_after_the_one_that_was_late(sandbox):
    """A late watchdog of a finished call must not touch the connection it left behind."""
    calls: list = []

    class Kept(client_module._Call):
        def __init__(self, seconds):
            super().__init__(seconds)
            calls.append(self)

    with pytest.MonkeyPatch.context() as patch, client_for(sandbox.url, key=SANDBOX_KEY) as client:
        patch.setattr(client_module, "_Call", Kept)
        client.create_lead(LEAD)
        calls[0]._cut()
        client.create_lead(LEAD)
        assert calls[1].socket is calls[0].socket is not None


# The same connection again.


def test_it_uses_a_connection_again():
    with listening(answering(answer(CREATED), keep=True)) as server, client_for(server.url) as client:
        for _ in range(3):
            client.create_lead(LEAD)
        assert server.connections == 1
        assert len(server.requests) == 3


def test_it_opens_another_connection_when_the_server_closed_the_last():
    """Whether it said so or not."""
    for headers in ([], ["Connection: close"], ["Connection: keep-alive"]):
        closed = threading.Semaphore(0)

        def once(listener, connection, headers=headers, closed=closed):
            if request := read_request(connection):
                listener.requests.append(request)
                connection.sendall(answer(CREATED, 200, *headers))
                connection.shutdown(socket.SHUT_RDWR)
            closed.release()

        with listening(once) as server, client_for(server.url) as client:
            for _ in range(3):
                assert client.create_lead(LEAD).id == LEAD_ID
                assert closed.acquire(timeout=PATIENCE)
            assert server.connections == len(server.requests) == 3


def test_it_opens_another_connection_after_the_sandbox_restarts(sandbox):
    with client_for(sandbox.url, key=SANDBOX_KEY) as client:
        client.create_lead(LEAD)
        sandbox.down()
        sandbox.up()
        client.create_lead(LEAD)
    assert len(sandbox.ledger()) == 2


LATE = json.dumps({"id": "of-the-first-lead"}).encode()


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=lambda said: said[9:12].decode(),
)
def test_it_never_takes_a_late_answer_for_the_answer_to_the_next_lead(first):
    """The real answer follows when the second lead is already on its way: that one must not be given its id."""

    def late(listener, connection):
        listener.requests.append(read_request(connection))
        connection.sendall(first)
        if read_request(connection):
            connection.sendall(answer(LATE))

    with listening(late) as server, client_for(server.url, timeout_seconds=2.0) as client:
        assert type(error_of(client)) in (OutcomeUnknown, Misconfigured)
        assert not isinstance(error_of(client), Created)
        assert server.connections == 2


def test_it_skips_continue():
    said = b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + answer(CREATED)
    with listening(answering(said)) as server, client_for(server.url) as client:
        assert client.create_lead(LEAD).id == LEAD_ID


# Things that are not HTTP, or nearly.


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n",
        b"\0" * 100,
        b"{}",
        CREATED,
        b"HTTP/1.1\r\n\r\n" + CREATED,
        b"HTTP/1.1 20 OK\r\n\r\n" + CREATED,
        b"HTTP/1.1 -200 OK\r\n\r\n" + CREATED,
        b"HTTP/1.1 two OK\r\n\r\n" + CREATED,
        b"HTTP/1.1 2000 OK\r\n\r\n" + CREATED,
        b"HTTP/9.9 200 OK\r\n\r\n" + CREATED,
        b"HTTP/1.1 200 " + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n" + CREATED,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n" + CREATED,
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"220 mail.example.com ESMTP\r\n",
    ],
    ids=lambda said: repr(said[:40]),
)
def test_it_is_not_sure_of_what_is_no_answer(said):
    with listening(answering(said)) as server, client_for(server.url) as client:
        error = error_of(client)
    assert type(error) is OutcomeUnknown
    assert len(error.excerpt) <= 500 and "\0" not in error.excerpt


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"", NotSent),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\n", NotSent),
        (answer(b"{", 200), OutcomeUnknown),
    ],
)
def test_it_does_not_blame_the_address_for_a_bad_answer_when_it_reads(said, expected):
    with listening(answering(said)) as server, client_for(server.url) as client:
        assert type(error_of(client, lambda client: client.get("/me"))) is expected
