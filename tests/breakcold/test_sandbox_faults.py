"""Each scripted fault does what it says on the wire."""

import http.client
import json
import socket
import time

import pytest
import requests

from leads.breakcold.sandbox.faults import make_fault
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY, running_sandbox

BODY = b'{"email": "a@example.com"}'
REQUEST = (
    b"POST /rest/lead HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-KEY: %s\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % (SANDBOX_KEY.encode(), len(BODY))
)


@pytest.fixture
def sandbox():
    with running_sandbox() as server:
        yield server


@pytest.fixture
def line(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) as sock:
        yield sock


def post(sandbox, **options):
    return requests.post(
        sandbox.url + "/lead",
        data=BODY,
        headers={"X-API-KEY": SANDBOX_KEY, "Content-Type": "application/json"},
        allow_redirects=False,
        **options,
    )


def read_all(sock):
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


def read_headers(sock):
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += sock.recv(1)
    return data


def created(sandbox):
    return len(sandbox.ledger())


def wait_until_created(sandbox):
    until = time.monotonic() + 20
    while not created(sandbox) and time.monotonic() < until:
        time.sleep(0.02)
    assert created(sandbox) == 1


@pytest.mark.parametrize("status", [200, 301, 302, 307, 308, 401, 403, 404, 405, 409, 418, 422, 429, 500, 502, 599])
def test_it_answers_any_status_without_creating(sandbox, status):
    sandbox.fault("status", status=status, headers={"Location": "http://127.0.0.1:9/"})
    response = post(sandbox)
    assert response.status_code == status and response.headers["Location"] == "http://127.0.0.1:9/"
    assert response.json()["data"]["httpStatus"] == status
    assert response.headers["X-RateLimit-Remaining"] == "59"
    assert created(sandbox) == 0
    assert post(sandbox).status_code == 200


def test_it_answers_a_status_with_its_own_body_and_headers(sandbox):
    sandbox.fault("status", status=429, body={"retryAfterMs": 5}, headers={"x-ratelimit-remaining": "7"}, created=True)
    response = post(sandbox)
    assert response.json() == {"retryAfterMs": 5} and response.headers["X-RateLimit-Remaining"] == "7"
    assert created(sandbox) == 1


def test_it_answers_a_status_that_has_no_body(sandbox):
    sandbox.fault("status", status=204)
    with requests.Session() as session:
        assert session.get(sandbox.url + "/me", headers={"X-API-KEY": SANDBOX_KEY}).status_code == 200
        assert post(sandbox).content == b""


@pytest.mark.parametrize("body", ["<html>Hello</html>", "", "{", {"id": 5}, {"email": "x"}, [], "null"])
def test_it_answers_success_with_any_body(sandbox, body):
    sandbox.fault("body", body=body, content_type="text/html")
    response = post(sandbox)
    assert response.status_code == 200 and response.headers["Content-Type"] == "text/html"
    assert response.text == (body if isinstance(body, str) else json.dumps(body))
    assert created(sandbox) == 1
    sandbox.fault("body", body=body, created=False, status=201)
    assert post(sandbox).status_code == 201
    assert created(sandbox) == 1


def test_it_refuses_with_the_given_issues(sandbox):
    issues = [{"code": "custom", "path": ["email"], "message": "Not this one"}]
    sandbox.fault("refuse", issues=issues)
    response = post(sandbox)
    assert response.status_code == 400 and response.json()["issues"] == issues
    assert response.json()["data"]["path"] == "lead.create"
    assert created(sandbox) == 0


def test_it_echoes_the_key_into_an_error(sandbox):
    sandbox.fault("echo")
    response = post(sandbox)
    assert response.status_code == 500 and SANDBOX_KEY in response.json()["message"]
    assert SANDBOX_KEY not in json.dumps(sandbox.calls())


def test_it_delays_an_answer_after_creating(sandbox):
    sandbox.fault("delay", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        post(sandbox, timeout=0.3)
    wait_until_created(sandbox)
    sandbox.fault("delay", seconds=0.2)
    before = time.monotonic()
    assert post(sandbox).status_code == 200
    assert time.monotonic() - before >= 0.2


def test_it_delays_an_answer_without_creating(sandbox):
    sandbox.fault("delay", seconds=0.05, created=False)
    assert post(sandbox).status_code == 503
    assert created(sandbox) == 0


def test_it_creates_late_even_when_the_client_has_given_up(sandbox):
    sandbox.fault("delay", seconds=0.4, created="late")
    with pytest.raises(requests.ReadTimeout):
        post(sandbox, timeout=0.1)
    wait_until_created(sandbox)


def test_it_does_not_create_before_its_late_time_nor_once_it_has_stopped(tmp_path):
    with running_sandbox(ledger=tmp_path / "ledger") as sandbox:
        sandbox.fault("delay", seconds=60, created="late")
        with pytest.raises(requests.ReadTimeout):
            post(sandbox, timeout=0.2)
        assert created(sandbox) == 0
    assert created(sandbox) == 0 and (tmp_path / "ledger").read_bytes() == b""


@pytest.mark.parametrize("action", ["stall", "create_then_stall"])
def test_it_stalls_without_a_byte(sandbox, line, action):
    sandbox.fault(action)
    line.sendall(REQUEST + BODY)
    line.settimeout(0.3)
    with pytest.raises(TimeoutError):
        line.recv(1)
    if action == "create_then_stall":
        wait_until_created(sandbox)
    else:
        assert created(sandbox) == 0


def test_it_ends_a_stall_after_its_time(sandbox, line):
    sandbox.fault("stall", seconds=0.1)
    line.sendall(REQUEST + BODY)
    assert line.recv(1) == b""


@pytest.mark.parametrize(("action", "leads"), [("cut", 0), ("create_then_cut", 1)])
def test_it_resets_the_connection_after_the_body(sandbox, line, action, leads):
    sandbox.fault(action)
    line.sendall(REQUEST)
    line.settimeout(0.2)
    with pytest.raises(TimeoutError):  # it waits for the body first
        line.recv(1)
    line.settimeout(10)
    line.sendall(BODY)
    with pytest.raises(ConnectionResetError):
        line.recv(1)
    assert created(sandbox) == leads
    assert post(sandbox).status_code == 200


def test_it_resets_the_connection_before_the_body(sandbox, line):
    sandbox.fault("cut_before_body")
    line.sendall(REQUEST[: REQUEST.index(b"\n") + 1])
    with pytest.raises(ConnectionResetError):
        line.recv(1)
    assert created(sandbox) == 0
    assert post(sandbox).status_code == 200


@pytest.mark.parametrize("after", [0, 20, 200])
def test_it_truncates_the_answer(sandbox, line, after):
    sandbox.fault("truncate", after=after)
    line.sendall(REQUEST + BODY)
    head, _, rest = read_all(line).partition(b"\r\n\r\n")
    assert b"HTTP/1.1 200 OK" in head and len(rest) == after
    assert int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]) > 1000
    assert created(sandbox) == 1
    sandbox.fault("truncate", after=after)
    with pytest.raises((http.client.IncompleteRead, requests.exceptions.ChunkedEncodingError)):
        post(sandbox)


@pytest.mark.parametrize("part", ["headers", "body"])
def test_it_drips_the_answer_byte_by_byte(sandbox, line, part):
    sandbox.fault("drip", part=part, interval=0.2)
    line.sendall(REQUEST + BODY)
    if part == "body":
        assert read_headers(line).startswith(b"HTTP/1.1 200 OK")
    pieces = line.recv(65536) + line.recv(65536)
    assert 2 <= len(pieces) < 30  # of more than a thousand
    assert pieces.startswith(b"HT" if part == "headers" else b'{"')
    assert created(sandbox) == 1


def test_it_finishes_a_drip_with_the_whole_answer(sandbox):
    sandbox.fault("drip", interval=0)
    assert post(sandbox).json()["email"] == "a@example.com"


def test_it_never_ends_a_chunked_body(sandbox):
    sandbox.fault("endless", interval=0)
    with post(sandbox, stream=True) as response:
        assert response.headers["Transfer-Encoding"] == "chunked"
        received = 0
        for piece in response.iter_content(65536):
            received += len(piece)
            if received > 2 * 1024 * 1024:
                break
    assert received > 2 * 1024 * 1024 and created(sandbox) == 1


def test_it_answers_with_a_huge_body(sandbox):
    sandbox.fault("huge", mib=3)
    response = post(sandbox)
    assert len(response.content) > 3 * 1024 * 1024
    assert response.json()["id"] == sandbox.ledger()[0]["id"]


def test_it_plays_faults_in_order_and_as_often_as_told(sandbox):
    sandbox.fault("status", status=500, times=2)
    sandbox.fault("status", status=502, times=None)
    assert [post(sandbox).status_code for _ in range(5)] == [500, 500, 502, 502, 502]
    sandbox.clear()
    assert post(sandbox).status_code == 200 and sandbox.faults() == []


def test_it_plays_a_fault_for_the_matching_call_only(sandbox):
    sandbox.fault("status", status=500, method="GET", path="/rest/tags")
    sandbox.fault("status", status=502, key=OTHER_SANDBOX_KEY)
    assert post(sandbox).status_code == 200
    headers = {"X-API-KEY": OTHER_SANDBOX_KEY}
    assert requests.get(sandbox.url + "/tags", headers=headers).status_code == 500
    assert requests.post(sandbox.url + "/lead", headers=headers, json={}).status_code == 502
    sandbox.fault("cut_before_body", method=None, path=None)
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url + "/lists", headers=headers)


def test_it_notes_faulty_calls_by_what_the_client_was_told(sandbox):
    sandbox.fault("create_then_cut")
    sandbox.fault("status", status=500)
    with pytest.raises(requests.ConnectionError):
        post(sandbox)
    post(sandbox)
    assert [(row["fault"], row["status"]) for row in sandbox.calls()] == [("create_then_cut", None), ("status", 500)]


@pytest.mark.parametrize(
    "options",
    [
        {"action": "explode"},
        {"action": "cut", "status": 500},
        {"action": "status", "status": 700},
        {"action": "status", "path": "/lead"},
        {"action": "status", "times": -1},
        {"action": "status", "headers": {"A": "b\r\nC: d"}},
        {"action": "status", "created": "late"},
        {"action": "delay", "seconds": -1},
        {"action": "delay", "created": "soon"},
        {"action": "drip", "part": "tail"},
        {"action": "huge", "mib": 1000},
        {"action": "cut_before_body", "account": "abc"},
    ],
)
def test_it_refuses_a_fault_it_cannot_play(options):
    with pytest.raises(ValueError):
        make_fault(**options)
