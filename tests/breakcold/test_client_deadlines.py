"""Out of time. Only that it ends is asserted, and what it is called."""

import pytest

from leads.breakcold import client as client_module
from leads.breakcold.errors import NotSent, OutcomeUnknown
from tests.breakcold.kit import SHORT, error_of
from tests.breakcold.loopback import CREATED, LEAD, client_for, listening, read_request
from tests.fakes import SANDBOX_KEY

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


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
