"""The same connection again, and when it had better be another."""

import json
import socket
import threading

import pytest

from leads.breakcold.errors import Created, Misconfigured, OutcomeUnknown
from tests.breakcold.kit import error_of
from tests.breakcold.loopback import (
    CREATED,
    LEAD,
    LEAD_ID,
    PATIENCE,
    answer,
    answering,
    client_for,
    listening,
    read_request,
)
from tests.fakes import SANDBOX_KEY

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


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
