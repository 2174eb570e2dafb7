"""Whatever the libraries raise, and wherever, one of our errors comes out: the right one, and nothing of theirs."""

import http.client
import inspect
import json
import socket
import ssl
import zlib

import pytest
import requests
import urllib3

from leads.breakcold import client as client_module
from leads.breakcold import errors
from leads.breakcold.errors import BreakcoldError, KeyRejected, Misconfigured, NotSent, OutcomeUnknown
from tests.breakcold.loopback import CREATED, LEAD, LEAD_ID, answer, answering, client_for, listening

MODULES = (requests.exceptions, urllib3.exceptions, http.client, ssl, socket)
BUILT_IN = (
    *(OSError, ConnectionError, ConnectionRefusedError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError),
    *(
        TimeoutError,
        InterruptedError,
        PermissionError,
        BlockingIOError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
    ),
    *(RuntimeError, RecursionError, MemoryError, AssertionError, EOFError, OverflowError, StopIteration, Warning),
    zlib.error,
)
ARGUMENTS = {
    urllib3.exceptions.IncompleteRead: (1, 2),
    urllib3.exceptions.InvalidChunkLength: (urllib3.HTTPResponse(b""), b"zz"),
    requests.exceptions.JSONDecodeError: ("no JSON", "document", 0),
    json.JSONDecodeError: ("no JSON", "document", 0),
}


def exception_classes():
    found = [value for module in MODULES for value in vars(module).values() if inspect.isclass(value)]
    found = [value for value in found if issubclass(value, Exception)]
    return sorted({*found, *BUILT_IN}, key=lambda one: f"{one.__module__}.{one.__qualname__}")


CLASSES = exception_classes()
every_class = pytest.mark.parametrize("raised", CLASSES, ids=lambda one: f"{one.__module__}.{one.__qualname__}")


def make(raised):
    """An instance, whatever its constructor asks for."""
    if raised in ARGUMENTS:
        return raised(*ARGUMENTS[raised])
    try:
        wanted = inspect.signature(raised).parameters.values()
    except ValueError:  # written in C
        return raised("said by a library")
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return raised(*("said" for one in wanted if one.kind in kinds and one.default is inspect.Parameter.empty))


@pytest.fixture(scope="module")
def server():
    with listening(answering(answer(CREATED), keep=True)) as server:
        yield server


@pytest.fixture
def client(server):
    with client_for(server.url) as client:
        yield client


def caught_from(client):
    with pytest.raises(BreakcoldError) as caught:
        client.create_lead(LEAD)
    return caught.value


def assert_clean(error):
    """Nothing of the library's comes with it: its frames hold the key."""
    assert error.__cause__ is None and error.__context__ is None
    assert str(error) == error.reason and error.reason.endswith(".")
    assert error.issues == () and 0 < len(error.excerpt) <= 500


def test_it_has_found_the_exceptions_of_the_libraries():
    assert {
        requests.exceptions.ChunkedEncodingError,
        urllib3.exceptions.MaxRetryError,
        ssl.SSLCertVerificationError,
    } < {*CLASSES}
    assert {http.client.RemoteDisconnected, socket.gaierror, urllib3.exceptions.InsecureRequestWarning} < {*CLASSES}
    assert len(CLASSES) > 100


@every_class
def test_it_knows_that_nothing_was_sent(client, server, monkeypatch, raised):
    def send(adapter, request, **kwargs):
        raise make(raised)

    monkeypatch.setattr(client_module._WatchedAdapter, "send", send)
    before = len(server.requests)
    error = caught_from(client)
    assert type(error) is (Misconfigured if issubclass(raised, client_module.UNUSABLE) else NotSent)
    assert_clean(error)
    assert raised.__name__ in error.excerpt
    assert len(server.requests) == before


@every_class
def test_it_knows_that_nothing_was_sent_when_the_connection_fails(client, monkeypatch, raised):
    def connect(connection):
        raise make(raised)

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "connect", connect)
    error = caught_from(client)
    assert type(error) in (NotSent, Misconfigured)
    assert_clean(error)


@every_class
def test_it_is_not_sure_once_the_body_was_sent(client, server, monkeypatch, raised):
    send = client_module._WatchedAdapter.send

    def send_and_fail(adapter, request, **kwargs):
        send(adapter, request, **kwargs).close()
        raise make(raised)

    monkeypatch.setattr(client_module._WatchedAdapter, "send", send_and_fail)
    before = len(server.requests)
    error = caught_from(client)
    assert type(error) is OutcomeUnknown and error.status is None
    assert_clean(error)
    assert raised.__name__ in error.excerpt
    assert len(server.requests) == before + 1


@pytest.mark.parametrize("raised", [one for one in CLASSES if one is not urllib3.exceptions.EmptyPoolError])
def test_it_is_not_sure_when_the_answer_fails(client, monkeypatch, raised):
    """All but the one by which urllib3 tells itself that it has no connection to close."""

    def getresponse(connection):
        raise make(raised)

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "getresponse", getresponse)
    error = caught_from(client)
    assert type(error) is OutcomeUnknown
    assert_clean(error)


@every_class
@pytest.mark.parametrize(("status", "expected"), [(200, OutcomeUnknown), (400, OutcomeUnknown), (401, KeyRejected)])
def test_it_goes_by_the_status_when_the_body_of_an_answer_fails(client, monkeypatch, raised, status, expected):
    def iter_content(response, size):
        response.status_code = status
        yield b'{"id": '
        raise make(raised)

    monkeypatch.setattr(requests.Response, "iter_content", iter_content)
    error = caught_from(client)
    assert type(error) is expected and error.status == status
    assert_clean(error)


def test_it_works_on_after_any_failure(client, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(urllib3.connection.HTTPConnection, "getresponse", lambda connection: 1 / 0)
        assert type(caught_from(client)) is OutcomeUnknown
    assert client.create_lead(LEAD).id == LEAD_ID


def test_it_survives_an_exception_that_cannot_be_printed(client, monkeypatch):
    class Unprintable(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    def send(adapter, request, **kwargs):
        raise Unprintable

    monkeypatch.setattr(client_module._WatchedAdapter, "send", send)
    error = caught_from(client)
    assert type(error) is NotSent
    assert_clean(error)


def test_it_sends_nothing_when_no_thread_can_be_started(client, server, monkeypatch):
    """Without its watchdog a call could hang for ever."""

    def start(thread):
        raise RuntimeError("can't start new thread")

    before = len(server.requests)
    with monkeypatch.context() as patch:
        patch.setattr("threading.Thread.start", start)
        error = caught_from(client)
    assert type(error) is NotSent
    assert len(server.requests) == before


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_it_lets_an_interruption_through(client, monkeypatch, raised):
    def getresponse(connection):
        raise raised

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "getresponse", getresponse)
    with pytest.raises(raised):
        client.create_lead(LEAD)


def test_it_draws_the_whole_tree():
    """The picture at the top of the module names every error, and no other."""
    classes = {name for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, BreakcoldError)}
    drawn = {line.split("- ")[1].split()[0] for line in errors.__doc__.splitlines() if "- " in line}
    assert classes == drawn | {"BreakcoldError"}
