"""Answers that break off, and what is no answer. What matters is one question: can the lead exist?"""

import ssl
import time

import pytest

from leads.breakcold.errors import Created, KeyRejected, Misconfigured, NotSent, OutcomeUnknown, RateLimited
from tests.breakcold.kit import SHORT, error_of
from tests.breakcold.loopback import (
    CREATED,
    LEAD,
    LEAD_ID,
    answer,
    answering,
    client_for,
    listening,
    read_request,
    self_signed,
)
from tests.fakes import SANDBOX_KEY

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


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
