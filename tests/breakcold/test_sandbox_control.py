"""The switches under /_sandbox/ and the page at /."""

import json
import re

import pytest
import requests

from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY, running_sandbox


@pytest.fixture
def sandbox():
    with running_sandbox() as server:
        yield server


def control(sandbox, method, path, **options):
    return requests.request(method, f"{sandbox.root}/_sandbox/{path}", **options)


def post_lead(sandbox, key=SANDBOX_KEY, **values):
    return requests.post(sandbox.url + "/lead", headers={"X-API-KEY": key}, json=values)


def test_it_adds_shows_and_clears_faults(sandbox):
    fault = {"match": {"method": "POST", "path": "/rest/lead"}, "times": 2, "action": "status", "status": 502}
    waiting = control(sandbox, "POST", "faults", json=fault).json()
    assert [(row["action"], row["times"]) for row in waiting] == [("status", 2)]
    assert post_lead(sandbox).status_code == 502
    assert control(sandbox, "GET", "faults").json()[0]["times"] == 1
    assert control(sandbox, "DELETE", "faults").json() == []
    assert post_lead(sandbox).status_code == 200


def test_it_takes_no_match_as_creating_a_lead_and_an_empty_one_as_anything(sandbox):
    control(sandbox, "POST", "faults", json={"action": "echo"})
    assert requests.get(sandbox.url + "/me", headers={"X-API-KEY": SANDBOX_KEY}).status_code == 200
    assert post_lead(sandbox).status_code == 500
    control(sandbox, "POST", "faults", json={"action": "echo", "match": {}})
    assert requests.get(sandbox.url + "/me", headers={"X-API-KEY": SANDBOX_KEY}).status_code == 500


def test_it_matches_a_fault_by_key(sandbox):
    control(sandbox, "POST", "faults", json={"action": "echo", "match": {"key": OTHER_SANDBOX_KEY}})
    assert post_lead(sandbox).status_code == 200
    assert post_lead(sandbox, OTHER_SANDBOX_KEY).status_code == 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"action": "explode"}),
        ("faults", {"action": "cut", "what": 1}),
        ("faults", {"action": "cut", "match": {"host": "x"}}),
        ("faults", {"action": "status", "headers": 5}),
        ("limits", {"limits": 5}),
        ("limits", {"limit": -5}),
        ("keys/revoke", {}),
        ("keys/revoke", {"key": 5}),
        ("keys/restore", {"key": "breakcold-usr-live-0000000000"}),
    ],
)
def test_it_refuses_switches_it_does_not_have(sandbox, path, body):
    assert control(sandbox, "POST", path, json=body).status_code == 400


def test_it_changes_limits_and_keys(sandbox):
    control(sandbox, "POST", "limits", json={"limit": 1, "window": 30, "retry_after": True})
    assert [post_lead(sandbox).status_code, post_lead(sandbox).status_code] == [200, 429]
    control(sandbox, "POST", "limits", json={"key": SANDBOX_KEY, "limit": None})
    assert [post_lead(sandbox).status_code, post_lead(sandbox).status_code] == [200, 200]
    control(sandbox, "POST", "keys/revoke", json={"key": SANDBOX_KEY})
    assert post_lead(sandbox).status_code == 401
    control(sandbox, "POST", "keys/restore", json={"key": SANDBOX_KEY})
    assert post_lead(sandbox).status_code == 200


def test_it_shows_what_was_created_and_called(sandbox):
    lead = post_lead(sandbox, email="a@example.com").json()
    requests.get(sandbox.url + "/me", headers={"X-API-KEY": "short"})
    (entry,) = control(sandbox, "GET", "ledger").json()
    assert set(entry) == {"account", "id", "body", "time"}
    assert entry["id"] == lead["id"] and entry["body"] == {"email": "a@example.com"}
    calls = control(sandbox, "GET", "calls").json()
    assert [(row["method"], row["path"], row["status"]) for row in calls] == [
        ("POST", "/rest/lead", 200), ("GET", "/rest/me", 401)
    ]  # fmt: skip
    assert [row["key"] for row in calls] == [SANDBOX_KEY[-4:], ""]
    assert calls[0]["account"] == entry["account"] and calls[0]["headers"]["user-agent"].startswith("python-requests")


def test_it_shows_a_key_nowhere(sandbox):
    post_lead(sandbox, email="a@example.com")
    control(sandbox, "POST", "keys/revoke", json={"key": SANDBOX_KEY})
    sandbox.fault("cut", key=SANDBOX_KEY)
    texts = [control(sandbox, "GET", path).text for path in ("ledger", "calls", "faults")]
    assert all(SANDBOX_KEY not in text for text in [*texts, requests.get(sandbox.root).text])


def test_it_listens_to_this_machine_only(sandbox):
    strange = {"Host": "attacker.example"}
    assert control(sandbox, "GET", "ledger", headers=strange).status_code == 403
    assert requests.get(sandbox.root, headers=strange).status_code == 404
    form = {"Content-Type": "text/plain"}
    assert control(sandbox, "POST", "faults", data='{"action": "cut"}', headers=form).status_code == 415
    assert control(sandbox, "PUT", "faults").status_code == 405
    assert control(sandbox, "GET", "nothing").status_code == 404


def test_its_page_shows_leads_budgets_and_faults(sandbox):
    assert "No leads yet" in requests.get(sandbox.root).text
    lead = post_lead(sandbox, first_name="Aoife", last_name="O'Brien", company="Example", email="a@example.com").json()
    sandbox.fault("cut", times=3)
    text = requests.get(sandbox.root).text
    for shown in ("Aoife O&#x27;Brien", "Example · a@example.com", lead["id"], "Key ending in 0001", "3 to go"):
        assert shown in text
    assert "59 of 60 calls left" in text and 'http-equiv="refresh"' in text
    assert 'http-equiv="refresh"' not in requests.get(sandbox.root + "/?still").text


def test_its_page_is_safe_whatever_it_received(sandbox):
    post_lead(sandbox, first_name="<script>alert(1)</script>", company='"><img src=x>', email="<b>")
    response = requests.get(sandbox.root)
    assert not re.search(r"<(script|img|b)\b", response.text)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy


def test_its_page_names_leads_that_lack_a_name(sandbox):
    post_lead(sandbox)
    post_lead(sandbox, company="Only Ltd")
    text = requests.get(sandbox.root).text
    assert "No name" in text and text.count("<strong>Only Ltd</strong>") == 1


def test_its_page_shows_the_newest_two_hundred(sandbox):
    sandbox.limit(None)
    with requests.Session() as session:
        session.headers["X-API-KEY"] = SANDBOX_KEY
        for number in range(205):
            session.post(sandbox.url + "/lead", json={"first_name": f"Number {number}."})
    text = requests.get(sandbox.root).text
    assert "The newest 200 of 205 leads" in text and "unlimited" in text
    assert "Number 204." in text and "Number 5." in text and "Number 4." not in text


def test_its_switches_answer_json(sandbox):
    for path in ("faults", "ledger", "calls"):
        assert json.loads(control(sandbox, "GET", path).content) == []


def test_it_changes_what_one_account_offers(sandbox):
    rows = [{"id": "1", "name": "Only one"}]
    assert control(sandbox, "POST", "rows", json={"key": SANDBOX_KEY, "kind": "tags", "rows": rows}).json() == {
        "kind": "tags",
        "count": 1,
    }
    offered = [
        requests.get(sandbox.url + "/tags", headers={"X-API-KEY": key}).json()
        for key in (SANDBOX_KEY, OTHER_SANDBOX_KEY)
    ]
    assert offered[0] == rows and len(offered[1]) == 14
    for wrong in ({"kind": "nonsense"}, {"rows": {}}, {"rows": [1]}, {"key": "x"}):
        given = {"key": SANDBOX_KEY, "kind": "tags", "rows": rows, **wrong}
        assert control(sandbox, "POST", "rows", json=given).status_code == 400
