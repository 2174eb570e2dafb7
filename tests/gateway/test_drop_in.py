"""The promise: a script that talks to Breakcold talks to the portal when its address and its key are changed.

A whole portal with its own worker and sandbox, and clients nobody made for it: curl, ``requests``, Node's ``fetch``.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from leads.gateway.waiting import MAX_WAITING
from leads.management.commands.web import THREADS
from tests.portal import ROOT, Portal, environment, free_port_pair, own_database, running_portal

pytestmark = pytest.mark.slow
SANDBOX_KEY = "breakcold-usr-sandbox-a-script-of-ours"
SPECIFICATION = json.loads((ROOT / "tests" / "data" / "specification.json").read_text())
NODE = """
const [url, key, body] = process.argv.slice(1);
const answer = await fetch(`${url}/lead`, {
  method: "POST", headers: { "Content-Type": "application/json", "X-API-KEY": key }, body,
});
console.log(answer.status, (await answer.json()).id);
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with own_database(), running_portal(tmp_path_factory.mktemp("portal")) as portal:
        portal.tell_sandbox("limits", limit=None)
        yield portal


@pytest.fixture(scope="module")
def token(portal: Portal) -> str:
    plain = portal.manage("createtoken", "demo", "--name", "A script", "--requests", "60000").stdout.strip()
    _wait_for_pickers(portal, plain)
    return plain


def _wait_for_pickers(portal: Portal, token: str) -> None:
    """On a busy machine the first reading of the options may fail; it is tried again a little later."""
    give_up, found = time.monotonic() + 90, None
    while not (isinstance(found, list) and found):
        assert time.monotonic() < give_up, found
        found = requests.get(f"{portal.url}/rest/lists", headers={"X-API-KEY": token}, timeout=30).json()
        time.sleep(0.1)


def the_script(base_url: str, key: str) -> list[Any]:
    """What somebody wrote against Breakcold: checks the key, fills a picker, enters a lead."""
    session = requests.Session()
    session.headers["X-API-KEY"] = key
    assert session.get(f"{base_url}/me", timeout=30).json()["id"]
    lists = session.get(f"{base_url}/lists", headers={"Prefer": "wait=30"}, timeout=60).json()  # the first of a portal
    inbound = next(row["id"] for row in lists if row["name"] == "Inbound")
    lead = {"first_name": "Sam", "last_name": "Sample", "email": "sam@example.com", "phone": "+35312345678",
            "is_company": False, "lists": [inbound], "contract_value": "12500", "city": None}  # fmt: skip
    answer = session.post(f"{base_url}/lead", json=lead, timeout=60)
    refused = session.post(f"{base_url}/lead", json={"email": 7, "nonsense": 1}, timeout=30)
    body = answer.json()
    return [
        answer.status_code,
        sorted(body),
        {name: body[name] for name in body if name not in ("id", "created_at", "updated_at")},
        refused.status_code,
        refused.json()["code"],
        [(row["code"], row["path"]) for row in refused.json()["issues"]],
    ]


def test_the_same_script_gets_the_same_from_both(portal: Portal, token: str) -> None:
    with_sandbox = the_script(portal.sandbox_url, SANDBOX_KEY)
    with_portal = the_script(f"{portal.url}/rest", token)
    assert with_portal == with_sandbox
    assert with_portal[0] == 200
    assert set(with_portal[1]) == {row["name"] for row in SPECIFICATION["response"]}


def test_curl_plays_the_specification_s_own_example(portal: Portal, token: str) -> None:
    """Word for word but address, key and what cannot be a value: "<string>" stays only where any text is one."""
    example = {row["name"]: row["example"] for row in SPECIFICATION["body"]}
    told: dict[str, Any] = {}
    for row in SPECIFICATION["body"]:
        value = example[row["name"]]
        told[row["name"]] = value
    told |= {"email": "spec@example.com", "phone": "+35312345678", "contract_value": "1", "attributes": {}}
    told |= {name: [] for name in ("lists", "status", "tags", "owners")}
    told |= {name: "https://example.com" for name in told if name.endswith("_url")}
    del told["id_list"]
    command = ["curl", "--silent", "--request", "POST", "--url", f"{portal.url}/rest/lead",
               "--header", "Content-Type: application/json", "--header", f"X-API-KEY: {token}",
               "--data", json.dumps(told)]  # fmt: skip
    answer = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert answer["email"] == "spec@example.com", answer
    sent = next(row["body"] for row in portal.received() if row["id"] == answer["id"])
    assert sent["company"] == "<string>" and sent["contract_currency"] == "USD"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node on this machine")
def test_fetch_of_node_works(portal: Portal, token: str) -> None:
    body = json.dumps({"email": "node@example.com"})
    command = ["node", "--input-type=module", "-e", NODE, f"{portal.url}/rest", token, body]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert said[0] == "200"
    assert said[1] in {row["id"] for row in portal.received()}


def test_the_http_request_of_n8n_works(portal: Portal, token: str) -> None:
    """What its node sends: axios' headers, an Accept that would rather have anything, a key from its execution."""
    headers = {
        "X-API-KEY": token,
        "User-Agent": "axios/1.12.0",
        "Accept": "application/json,text/html,application/xhtml+xml,application/xml,text/*;q=0.9, */*;q=0.7",
        "Accept-Encoding": "gzip, compress, deflate, br",
        "Content-Type": "application/json",
        "Idempotency-Key": "2311-0",
    }
    body = json.dumps({"email": "n8n@example.com", "first_name": "Sam"})
    answers = [requests.post(f"{portal.url}/rest/lead", body, headers=headers, timeout=60) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["Content-Type"].startswith("application/json")
    assert answers[0].content == answers[1].content
    assert [row["id"] for row in portal.received() if row["body"].get("email") == "n8n@example.com"] == [
        answers[0].json()["id"]
    ]


def raw(portal: Portal, head: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
    """Bytes as they are, to the portal's own port."""
    where = urlsplit(portal.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
        said = b"".join(iter(lambda: line.recv(65536), b""))
    headers, _, content = said.partition(b"\r\n\r\n")
    return int(headers.split()[1]), json.loads(content) if content.strip() else {}


def test_header_and_path_tricks_end_in_json(portal: Portal, token: str) -> None:
    host = "Host: localhost\nConnection: close\n"
    two = f"GET /rest/me HTTP/1.1\n{host}X-API-KEY: {token}\nX-API-KEY: {token}\n"
    assert (raw(portal, two)[0], raw(portal, two)[1]["reason"]) == (401, "two_tokens")
    for path in ("/rest/..;/admin/", "/rest/%2e%2e/admin/", "/rest/../admin/", "/rest/lead%0d%0aX: y", "/rest/%00"):
        status, body = raw(portal, f"GET {path.replace(' ', '%20')} HTTP/1.1\n{host}X-API-KEY: {token}\n")
        assert (status, body["reason"]) == (404, "no_such_address"), path


def test_a_chunked_body_is_read(portal: Portal, token: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"email": "chu'
        yield b'nked@example.com"}'

    headers = {"X-API-KEY": token, "Content-Type": "application/json"}
    answer = requests.post(f"{portal.url}/rest/lead", data=chunks(), headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["email"]) == (200, "chunked@example.com")


def test_a_body_that_is_too_large_is_answered(portal: Portal, token: str) -> None:
    headers = {"X-API-KEY": token, "Content-Type": "application/json"}
    answer = requests.post(f"{portal.url}/rest/lead", data=b"x" * (5 << 20), headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("path", ["/rest/lead", "/rest/nothing"])
def test_a_connection_goes_on_after_a_body_nobody_read(portal: Portal, token: str, path: str) -> None:
    """A script that keeps its connection open hears the refusal, and its next request is answered."""
    where, length = urlsplit(portal.url), 3 << 20
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"X-API-KEY: {token}", "Content-Type: application/json",
             f"Content-Length: {length}", "", ""]  # fmt: skip
    with socket.create_connection((where.hostname, where.port), timeout=30) as line:
        line.sendall("\r\n".join(lines).encode() + b" " * length)
        first = HTTPResponse(line)
        first.begin()
        assert (first.status, json.loads(first.read())["reason"]) in ((413, "too_large"), (404, "no_such_address"))
        line.sendall(f"GET /rest/me HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {token}\r\n\r\n".encode())
        second = HTTPResponse(line)
        second.begin()
        assert (second.status, json.loads(second.read())["name"]) == (200, "A script")


def test_two_hundred_at_once_with_one_key_are_one_lead(portal: Portal, token: str) -> None:
    """And while they wait, pages are still served."""
    headers = {"X-API-KEY": token, "Idempotency-Key": "two-hundred"}
    lead = {"email": "once@example.com"}

    def send(number: int) -> requests.Response:
        return requests.post(f"{portal.url}/rest/lead", json=lead, headers=headers, timeout=120)

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(send, range(200)))
    assert Counter(row["body"]["email"] for row in portal.received())["once@example.com"] == 1
    assert {answer.status_code for answer in answers} <= {200, 202, 409}
    good = [answer for answer in answers if answer.status_code != 409]
    assert good and len({answer.content for answer in good}) == 1
    assert {answer.json()["reason"] for answer in answers if answer.status_code == 409} <= {"idempotency_key_in_use"}
    again = send(0)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (good[0].content, "true")


def test_two_web_servers_at_once_make_one_lead(portal: Portal, token: str) -> None:
    """Each of twenty keys is sent to two processes at the same moment."""
    port = free_port_pair()
    with (portal.folder / "second-web.log").open("wb") as log:
        second = subprocess.Popen(
            [sys.executable, "manage.py", "web", "--port", str(port)],
            cwd=ROOT, env=environment(portal.folder), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        urls = (portal.url, f"http://localhost:{port}")
        wait_until_served(urls[1])

        def send(number: int) -> int:
            headers = {"X-API-KEY": token, "Idempotency-Key": f"twin-{number // 2}"}
            lead = {"email": f"twin{number // 2}@example.com"}
            url = f"{urls[number % 2]}/rest/lead"
            return requests.post(url, json=lead, headers=headers, timeout=120).status_code

        with ThreadPoolExecutor(40) as pool:
            statuses = set(pool.map(send, range(40)))
        assert statuses <= {200, 202, 409} and statuses & {200, 202}
        for number in range(40):  # what was only accepted, or told to come again, has arrived by its second answer
            assert send(number) in (200, 202)
    finally:
        second.terminate()
        second.wait(60)
    counts = Counter(row["body"]["email"] for row in portal.received())
    assert [email for email, count in counts.items() if email.startswith("twin") and count > 1] == []


def wait_until_served(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            requests.get(f"{url}/healthz", timeout=5)
        except (requests.ConnectionError, requests.Timeout):
            assert time.monotonic() < until, "it never answered"
            time.sleep(0.1)
        else:
            return


def test_five_hundred_mismatches_send_nothing(portal: Portal, token: str) -> None:
    headers = {"X-API-KEY": token, "Idempotency-Key": "mismatch"}
    requests.post(f"{portal.url}/rest/lead", json={"email": "first@example.com"}, headers=headers, timeout=60)
    before = len(portal.received())

    def send(number: int) -> int:
        lead = {"email": f"mismatch{number}@example.com"}
        return requests.post(f"{portal.url}/rest/lead", json=lead, headers=headers, timeout=120).status_code

    with ThreadPoolExecutor(16) as pool:
        assert Counter(pool.map(send, range(500))) == {409: 500}
    assert len(portal.received()) == before


def test_those_who_wait_never_use_up_the_server(portal: Portal, token: str) -> None:
    """Breakcold hangs: many wait for it, others are told 202 at once, and pages still come."""
    assert MAX_WAITING * 2 < THREADS
    portal.tell_sandbox("faults", action="delay", seconds=4, times=1)
    headers = {"X-API-KEY": token, "Prefer": "wait=30"}

    def send(number: int) -> int:
        lead = {"email": f"waits{number}@example.com"}
        return requests.post(f"{portal.url}/rest/lead", json=lead, headers=headers, timeout=120).status_code

    with ThreadPoolExecutor(THREADS * 2) as pool:
        waiting = [pool.submit(send, number) for number in range(THREADS * 2)]
        assert requests.get(f"{portal.url}/healthz", timeout=20).status_code == 200
        statuses = Counter(each.result() for each in waiting)
    assert set(statuses) <= {200, 202}


def test_the_log_of_the_portal_names_no_token(portal: Portal, token: str) -> None:
    for path in Path(portal.folder).rglob("*.log"):
        assert not re.search(r"lpt_\w", path.read_text(errors="replace")), path
    everything = b"".join(path.read_bytes() for path in portal.folder.glob("portal.sqlite3*"))
    assert token.encode() not in everything
