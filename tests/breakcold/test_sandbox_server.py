"""The sandbox as a server: connections, restarts, the ledger file and the command."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from leads.breakcold.sandbox import SandboxServer
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY, running_sandbox

ROOT = Path(__file__).parents[2]
HEADERS = {"X-API-KEY": SANDBOX_KEY}


def talk(sandbox, data):
    """Everything the server says to these bytes until it closes the connection."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) as sock:
        sock.sendall(data)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    return answer


def lead_request(*headers, body=b"{}"):
    lines = ["POST /rest/lead HTTP/1.1", "Host: x", f"X-API-KEY: {SANDBOX_KEY}", "Content-Type: application/json"]
    return "\r\n".join([*lines, "Connection: close", *headers, "", ""]).encode() + body


def emails(sandbox, key=SANDBOX_KEY):
    found = requests.post(sandbox.url + "/leads/list", headers={"X-API-KEY": key}, json={}).json()
    return [lead["email"] for lead in found["leads"]]


@pytest.fixture
def sandbox():
    with running_sandbox() as server:
        yield server


def test_it_keeps_a_connection_for_many_requests(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    connection.connect()
    first = connection.sock
    for path, status in [("/rest/lead", 200), ("/rest/nothing", 404), ("/elsewhere", 404)] * 10:
        connection.request("POST", path, b"{}", HEADERS | {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        assert response.status == status and connection.sock is first
    connection.close()


def test_it_keeps_a_connection_after_a_body_that_is_too_large(sandbox):
    with requests.Session() as session:
        headers = HEADERS | {"Content-Type": "application/json"}
        assert session.post(sandbox.url + "/lead", headers=headers, data=b"x" * 2**21).status_code == 413
        assert session.post(sandbox.url + "/lead", headers=headers, data=b"{}").status_code == 200


def test_it_reads_a_chunked_body(sandbox):
    chunks = b'5\r\n{"ema\r\n8;note=1\r\nil":"c"}\r\n0\r\nTrailer: x\r\n\r\n'
    assert b"200 OK" in talk(sandbox, lead_request("Transfer-Encoding: chunked", body=chunks))
    assert emails(sandbox) == ["c"]


def test_it_answers_requests_sent_in_one_go(sandbox):
    again = lead_request("Content-Length: 2").replace(b"Connection: close", b"Connection: keep-alive")
    assert talk(sandbox, again + lead_request("Content-Length: 2")).count(b"200 OK") == 2


def test_it_says_go_on_to_a_client_that_asks_first(sandbox):
    answer = talk(sandbox, lead_request("Content-Length: 2", "Expect: 100-continue"))
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nbroken\r\n\r\n",
        b"GET / HTTP/1.1\r\nName : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200,
        lead_request("Content-Length: two"),
        lead_request("Content-Length: -2"),
        lead_request("Content-Length: 2", "Content-Length: 2"),
        lead_request("Content-Length: 2", "Transfer-Encoding: chunked"),
        lead_request("Transfer-Encoding: gzip"),
        lead_request("Transfer-Encoding: chunked", body=b"zz\r\n"),
    ],
)
def test_it_refuses_what_is_not_http(sandbox, data):
    assert talk(sandbox, data).startswith(b"HTTP/1.1 400")
    assert sandbox.ledger() == []


def test_it_creates_nothing_from_half_a_body(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port)) as sock:
        sock.sendall(lead_request("Content-Length: 50"))
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(65536).startswith(b"HTTP/1.1 400")
    assert sandbox.ledger() == [] == sandbox.calls()


def test_it_goes_down_and_comes_up_on_the_same_port_with_its_leads(sandbox):
    with requests.Session() as session:
        session.post(sandbox.url + "/lead", headers=HEADERS, json={"email": "kept"})
        port = sandbox.port
        sandbox.down()
        sandbox.down()
        with pytest.raises(requests.ConnectionError):
            session.get(sandbox.url + "/me", headers=HEADERS)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
        sandbox.up()
        sandbox.up()
        assert sandbox.port == port and emails(sandbox) == ["kept"]


def test_it_breaks_off_a_stalled_call_when_it_goes_down(sandbox):
    sandbox.fault("stall", method="GET", path="/rest/me")
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) as sock:
        sock.sendall(f"GET /rest/me HTTP/1.1\r\nX-API-KEY: {SANDBOX_KEY}\r\n\r\n".encode())
        while not sandbox.calls():
            time.sleep(0.01)
        sandbox.down()
        assert sock.recv(1) == b""


def test_it_knows_its_leads_after_a_restart(tmp_path):
    ledger = tmp_path / "new" / "ledger.jsonl"
    with running_sandbox(ledger=ledger) as first:
        made = requests.post(first.url + "/lead", headers=HEADERS, json={"email": "Zoë"}).json()
        requests.post(first.url + "/lead", headers={"X-API-KEY": OTHER_SANDBOX_KEY}, json={"email": "other"})
        kept = first.ledger()
    assert SANDBOX_KEY not in ledger.read_text()
    assert [json.loads(line) for line in ledger.read_text().splitlines()] == kept
    with running_sandbox(ledger=ledger) as second:
        assert second.ledger() == kept
        assert "Account " in requests.get(second.root).text
        assert emails(second) == ["Zoë"] and emails(second, OTHER_SANDBOX_KEY) == ["other"]
        again = requests.post(second.url + "/lead", headers=HEADERS, json={"id": made["id"]}).json()
        assert again["id"] != made["id"]
    assert len(ledger.read_bytes().splitlines()) == 3


def test_it_survives_half_a_line_in_its_ledger(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    with running_sandbox(ledger=ledger) as first:
        requests.post(first.url + "/lead", headers=HEADERS, json={"email": "one"})
    with ledger.open("ab") as file:
        file.write(b'not json\n[]\n{"account": "x"}\n{"account": "abc", "id": "1')
    for email in ("two", "three"):
        with running_sandbox(ledger=ledger) as again:
            requests.post(again.url + "/lead", headers=HEADERS, json={"email": email})
    with running_sandbox(ledger=ledger) as last:
        assert emails(last) == ["three", "two", "one"]


def test_it_refuses_a_port_that_is_taken(sandbox):
    with pytest.raises(OSError):
        SandboxServer(sandbox.port).start()


# Runs the command alone, so that it needs no settings of the portal.
COMMAND = """
import sys
from django.conf import settings
from leads.management.commands.sandbox import Command
settings.configure()
Command().run_from_argv(["manage.py", "sandbox", *sys.argv[1:]])
"""


@pytest.fixture
def command():
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_its_command_prints_one_line_and_stops_cleanly(command, tmp_path, number):
    ledger = tmp_path / "ledger.jsonl"
    process = command("--port", "0", "--ledger", str(ledger))
    line = process.stdout.readline()
    url = line.rsplit("API at ", 1)[1].strip(" )\n")
    assert line.startswith("Breakcold sandbox at http://127.0.0.1:")
    with requests.Session() as session:
        assert session.post(url + "/lead", headers=HEADERS, json={}).status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    assert process.stdout.read() == process.stderr.read() == ""
    assert len(ledger.read_bytes().splitlines()) == 1


def test_its_command_says_when_the_port_is_taken(command, sandbox):
    process = command("--port", str(sandbox.port))
    assert process.wait(timeout=20) == 1
    assert "The sandbox cannot start" in process.stderr.read()
