"""The key goes into one header and nowhere else, however careless the other side is."""

import base64
import html
import json
import logging
import threading
import traceback
from urllib.parse import quote, quote_plus

import pytest
import requests

from leads.breakcold.client import Secret
from leads.breakcold.errors import BreakcoldError, Created
from leads.breakcold.secret import SCRUBBED, Scrubber
from tests.breakcold.loopback import KEY, LEAD, LEAD_ID, Trap, answer, answering, client_for, listening
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY, running_sandbox

AWKWARD = "breakcold-usr-\"0\\1&<2>/3+4=5%6?7'~"
#: Ways a server may repeat a header.
FORMS = {
    "plain": str,
    "lower case": str.lower,
    "upper case": str.upper,
    "json": lambda key: json.dumps(key)[1:-1],
    "html": html.escape,
    "address": lambda key: quote(key, safe=""),
    "address, small": lambda key: quote(key, safe="").lower(),
    "form": quote_plus,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64, bare": lambda key: base64.b64encode(key.encode()).decode().rstrip("="),
    "base64, url": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
}
every_form = pytest.mark.parametrize("form", FORMS)
every_key = pytest.mark.parametrize("key", [KEY, AWKWARD, "/+" * 20], ids=["usual", "awkward", "slashes"])


def traces_of(key):
    """What must be found nowhere, in any case."""
    return {form(key).casefold() for form in FORMS.values()} | {repr(key.encode())[2:-1].casefold()}


def assert_hidden(key, *texts):
    for text in texts:
        for trace in traces_of(key):
            assert trace not in text.casefold()


def call(client):
    """One call, from a frame that holds nothing secret itself."""
    try:
        return client.create_lead(LEAD)
    except BreakcoldError as error:
        return error


def everything_of(outcome):
    """All a program could print, log or store."""
    if isinstance(outcome, Created):
        return [repr(outcome), json.dumps(outcome.body), json.dumps(outcome.body, ensure_ascii=False)]
    shown = traceback.TracebackException.from_exception(outcome, capture_locals=True)
    return [
        *(str(outcome), repr(outcome), outcome.reason, outcome.excerpt, repr(vars(outcome)), repr(outcome.args)),
        *("".join(shown.format()), "".join(traceback.format_exception(outcome))),
    ]


def outcome_of(key, said):
    with listening(answering(said)) as server, client_for(server.url, key=key) as client:
        outcome = call(client)
        assert key.encode() in server.requests[0]  # it was sent: there is something to hide
    return outcome


def test_it_does_not_show_itself():
    key = Secret(KEY)
    shown = [repr(key), repr({"X-API-KEY": key}), f"{key!r}", repr([key]), repr((key,))]
    assert_hidden(KEY, *shown)
    assert key == KEY and f"{key}" == KEY and key.encode() == KEY.encode()


@every_key
def test_it_does_not_show_the_key_in_the_client(key):
    client = client_for("http://127.0.0.1:9/rest", key=key)
    assert repr(client) == str(client) == "<BreakcoldClient http://127.0.0.1:9/rest>"
    assert_hidden(key, repr(vars(client)), repr(client._session.headers), repr(dict(client._session.headers)))


@every_key
@every_form
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 500])
def test_it_hides_the_key_in_a_page_that_repeats_it(key, form, status):
    page = f"<p>You sent: x-api-key: {FORMS[form](key)}</p>".encode()
    outcome = outcome_of(key, answer(page, status))
    assert_hidden(key, *everything_of(outcome))
    assert outcome.excerpt == f"<p>You sent: x-api-key: {SCRUBBED}{'=' * outcome.excerpt.count('=')}</p>"


@every_key
@every_form
@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_it_hides_the_key_in_json_that_repeats_it(key, form, status, ascii_only):
    said = FORMS[form](key)
    body = {
        "id": LEAD_ID,
        "message": f"No: {said}",
        "code": said,
        said: [said, {"headers": {"x-api-key": said}}],
        "issues": [{"path": ["attributes", said], "message": said}, {"path": [said], "message": f"x{said}x"}],
    }
    outcome = outcome_of(key, answer(json.dumps(body, ensure_ascii=ascii_only).encode(), status))
    assert isinstance(outcome, Created) is (status == 200)
    assert_hidden(key, *everything_of(outcome))


@every_key
@pytest.mark.parametrize("status", [200, 400, 500])
def test_it_hides_the_key_behind_any_escapes(key, status):
    escaped = "".join(f"\\u{ord(char):04x}" for char in key)
    slashed = json.dumps(key)[1:-1].replace("/", "\\/").replace("&", "\\u0026").replace("<", "\\u003C")
    body = f'{{"id": "1", "message": "{escaped}", "other": ["{slashed}"], "{escaped}": 1}}'
    outcome = outcome_of(key, answer(body.encode(), status))
    assert_hidden(key, *everything_of(outcome))
    assert escaped not in "".join(everything_of(outcome))


def test_it_does_not_take_the_key_for_an_id():
    outcome = outcome_of(KEY, answer(json.dumps({"id": KEY}).encode()))
    assert isinstance(outcome, BreakcoldError)
    assert_hidden(KEY, *everything_of(outcome))


@every_key
@pytest.mark.parametrize(
    "said",
    [
        "HTTP/1.1 {key}\r\n\r\n",
        "HTTP/{key} 200 OK\r\n\r\n",
        "{key}\r\n\r\n",
        "HTTP/1.1 500 {key}\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 {key}\r\nContent-Length: 5, {key}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{key}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: {key}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{key}",
        "HTTP/1.1 200 OK\r\nContent-Encoding: {key}\r\n\r\n{key}",
        "HTTP/1.1 200 OK\r\nX-API-KEY {key}\r\n{key}\r\nX-After: {key}\r\n\r\n{key}",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/?{key}\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://{key}@[\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 No\r\nX-RateLimit-Limit: {key}\r\nRetry-After: {key}\r\nSet-Cookie: {key}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{key}",
    ],
    ids=lambda said: repr(said[:40]),
)
def test_it_hides_the_key_in_anything_that_is_hardly_http(key, said, caplog):
    caplog.set_level(logging.DEBUG)
    outcome = outcome_of(key, said.replace("{key}", key).encode())
    assert_hidden(key, *everything_of(outcome), caplog.text, *(repr(vars(record)) for record in caplog.records))


def test_it_hides_the_key_at_the_edge_of_the_excerpt():
    for start in range(500 - len(KEY) - 5, 505):
        assert_hidden(KEY[: len(KEY) // 2], outcome_of(KEY, answer(b"x" * start + KEY.encode(), 500)).excerpt)


@every_key
def test_it_hides_the_key_when_nothing_could_be_sent(key):
    with Trap() as trap:
        pass
    for url in (
        trap.url,
        "",
        "ftp://127.0.0.1",
        "http://127.0.0.1:99999",
        "http://[",
        trap.url.replace("http", "https"),
    ):
        with client_for(url, key=key) as client:
            assert_hidden(key, *everything_of(call(client)))


@pytest.mark.parametrize("tail", ["\n", "\r\nX-Evil: 1", " ", "\0", "\u00e9", "\u2603", "\ud800"], ids=repr)
def test_it_hides_a_key_that_no_header_can_carry(tail, caplog):
    """The libraries print the value they refuse."""
    caplog.set_level(logging.DEBUG)
    with Trap() as trap, client_for(trap.url, key=KEY + tail) as client:
        outcome = call(client)
        assert trap.is_untouched
    assert isinstance(outcome, BreakcoldError)
    assert_hidden(KEY, *everything_of(outcome), caplog.text)


@every_key
def test_it_hides_the_key_in_the_exceptions_of_a_bug(key, monkeypatch):
    """Headers printed on the way, as a debugging tool would."""

    def send(adapter, request, **kwargs):
        raise RuntimeError(f"{request.headers} {request.headers['X-API-KEY']} {key.encode()!r}")

    monkeypatch.setattr("leads.breakcold.client._WatchedAdapter.send", send)
    with client_for("http://127.0.0.1:9/rest", key=key) as client:
        assert_hidden(key, *everything_of(call(client)))


def test_it_does_not_log_the_key(caplog):
    """Not even where the libraries say everything they can."""
    caplog.set_level(logging.DEBUG)
    with running_sandbox() as sandbox, client_for(sandbox.url, key=SANDBOX_KEY) as client:
        client.create_lead(LEAD)
        for options in ({"status": 302, "headers": {"Location": "/"}}, {"status": 500}, {"status": 400}):
            sandbox.fault("status", **options)
            call(client)
        sandbox.fault("echo")
        outcome = call(client)
        sandbox.down()
        call(client)
    assert SCRUBBED in outcome.excerpt
    assert caplog.records and "POST /rest/lead" in caplog.text
    assert_hidden(SANDBOX_KEY, caplog.text, *(repr(vars(record)) for record in caplog.records))


def test_it_keeps_two_clients_apart():
    """In two threads at once, each with its own key, connection and deadline."""
    keys = [SANDBOX_KEY, OTHER_SANDBOX_KEY]
    with running_sandbox(limit=None) as sandbox:

        def run(key):
            with client_for(sandbox.url, key=key) as client:
                for number in range(30):
                    client.create_lead({"email": f"{number}@example.com", "city": key})

        threads = [threading.Thread(target=run, args=(key,)) for key in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ledger = sandbox.ledger()
    assert len(ledger) == 60
    accounts = {entry["body"]["city"]: entry["account"] for entry in ledger}
    assert all(accounts[entry["body"]["city"]] == entry["account"] for entry in ledger)
    assert len(set(accounts.values())) == 2


def test_it_scrubs_nothing_but_the_key():
    scrub = Scrubber(Secret(KEY))
    assert scrub("breakcold-usr-") == "breakcold-usr-"
    assert scrub(f"a{KEY}b{KEY}c") == f"a{SCRUBBED}b{SCRUBBED}c"
    assert Scrubber(Secret(""))("anything") == "anything"


def test_it_keeps_the_key_out_of_a_redirected_request():
    """What would have been sent on: ``requests`` takes Authorization away on the way to another host, but no more."""
    with Trap() as trap:
        outcome = outcome_of(KEY, answer(b"", 307, f"Location: http://localhost:{trap.port}/"))
        assert trap.is_untouched
    assert isinstance(outcome, BreakcoldError)
    assert requests.Session().should_strip_auth("http://127.0.0.1/", "http://localhost/")
