"""The sandbox's endpoints over HTTP, as a client of Breakcold sees them."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import requests

from leads.breakcold.fields import FIELDS
from leads.breakcold.sandbox.lead import RESPONSE_FIELDS
from leads.breakcold.sandbox.world import make_id
from tests.fakes import OTHER_SANDBOX_KEY, SANDBOX_KEY, running_sandbox

# The request body of the specification, as it stands there: every text is "<string>".
EXAMPLE = dict.fromkeys((field.name for field in FIELDS), "<string>") | {
    "is_company": False,
    "is_contract": False,
    "create_company_if_not_exists": True,
    "lists": ["<string>"],
    "status": ["<string>"],
    "tags": ["<string>"],
    "owners": ["<string>"],
    "contract_currency": "USD",
    "attributes": {},
    "is_draft": False,
    "auto_assign_owner": True,
}
REAL_IDS = {
    "lists": [make_id("list", "Inbound")],
    "status": [make_id("status", "Inbound/New")],
    "tags": [make_id("tag", "Hot")],
    "owners": [make_id("member", "Sandbox owner")],
    "id_list": make_id("list", "Inbound"),
}


@pytest.fixture(scope="module")
def sandbox():
    with running_sandbox(limit=None) as server:
        yield server


def call(sandbox, method, path, key=SANDBOX_KEY, **options):
    headers = {"X-API-KEY": key} if key else {}
    return requests.request(method, sandbox.url + path, headers=headers | options.pop("headers", {}), **options)


def assert_error(response, status, code, path):
    assert response.status_code == status
    body = response.json()
    assert body["code"] == code
    assert body["data"] == {"code": code, "httpStatus": status, "path": path}


def test_it_creates_the_example_of_the_specification_once_its_ids_are_real():
    assert len(EXAMPLE) == 39
    with running_sandbox() as sandbox:
        refused = call(sandbox, "POST", "/lead", json=EXAMPLE)
        assert {found["path"][0] for found in refused.json()["issues"]} == {*REAL_IDS, "contract_value"}
        body = EXAMPLE | REAL_IDS | {"contract_value": "12500"}
        created = call(sandbox, "POST", "/lead", json=body)
        assert created.status_code == 200
        lead = created.json()
        assert tuple(lead) == RESPONSE_FIELDS and len(lead) == 49
        assert str(uuid.UUID(lead["id"])) == lead["id"]
        assert datetime.fromisoformat(lead["created_at"]).tzinfo is not None
        assert lead["contract_value"] == 12500
        assert lead["company"] == lead["email"] == lead["linkedin_url"] == "<string>"
        assert [entry["body"] for entry in sandbox.ledger()] == [body]


def test_it_creates_an_empty_lead_with_the_defaults_of_the_specification(sandbox):
    lead = call(sandbox, "POST", "/lead", json={}).json()
    assert lead["is_company"] is lead["is_contract"] is lead["is_draft"] is lead["is_deleted"] is False
    assert lead["contract_value"] is lead["email"] is lead["company_enrich"] is None


def test_it_answers_a_refused_lead_with_all_issues(sandbox):
    before = len(sandbox.ledger())
    response = call(sandbox, "POST", "/lead", json={"email": 5, "mail": "a@example.com"})
    assert_error(response, 400, "BAD_REQUEST", "lead.create")
    assert [found["path"] for found in response.json()["issues"]] == [["email"], ["mail"]]
    assert len(sandbox.ledger()) == before


def test_it_answers_a_body_that_is_no_json_object(sandbox):
    response = call(sandbox, "POST", "/lead", data=b"{", headers={"Content-Type": "application/json"})
    assert_error(response, 400, "BAD_REQUEST", "lead.create")
    assert [found["path"] for found in response.json()["issues"]] == [[]]


def test_it_uses_an_own_id_once_and_only_when_it_is_a_uuid(sandbox):
    own = str(uuid.uuid4())
    assert call(sandbox, "POST", "/lead", json={"id": own}).json()["id"] == own
    assert call(sandbox, "POST", "/lead", json={"id": own}).json()["id"] != own
    assert uuid.UUID(call(sandbox, "POST", "/lead", json={"id": "crm-17"}).json()["id"])


def test_it_relates_a_lead_to_one_of_the_same_account_only(sandbox):
    first = call(sandbox, "POST", "/lead", json={}).json()["id"]
    body = {"attributes": {make_id("attribute", "Introduced by"): first}}
    assert call(sandbox, "POST", "/lead", json=body).status_code == 200
    assert call(sandbox, "POST", "/lead", json=body, key=OTHER_SANDBOX_KEY).status_code == 400


@pytest.mark.parametrize(
    "key", ["", "breakcold-usr-live-000000000000", "breakcold-usr-sandbox", "breakcold-usr-sandbox" + "x" * 180]
)
def test_it_refuses_keys_it_does_not_know(sandbox, key):
    assert_error(call(sandbox, "POST", "/lead", key, json={}), 401, "UNAUTHORIZED", "lead.create")
    assert_error(call(sandbox, "GET", "/me", key), 401, "UNAUTHORIZED", "me.get")


def test_it_refuses_a_revoked_key_until_it_is_restored(sandbox):
    key = SANDBOX_KEY + "-revoked"
    assert call(sandbox, "GET", "/me", key).status_code == 200
    sandbox.revoke(key)
    assert call(sandbox, "GET", "/me", key).status_code == 401
    assert call(sandbox, "GET", "/me").status_code == 200
    sandbox.restore(key)
    assert call(sandbox, "GET", "/me", key).status_code == 200


def test_it_wants_json_of_at_most_one_mebibyte(sandbox):
    plain = call(sandbox, "POST", "/lead", data="{}", headers={"Content-Type": "text/plain"})
    assert_error(plain, 415, "UNSUPPORTED_MEDIA_TYPE", "lead.create")
    assert_error(call(sandbox, "POST", "/lead", data=b"{}"), 415, "UNSUPPORTED_MEDIA_TYPE", "lead.create")
    full = b'{"icebreaker": "%s"}' % (b"x" * (1024 * 1024 - 18))
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    assert len(full) == 1024 * 1024
    assert call(sandbox, "POST", "/lead", data=full, headers=json_type).status_code == 200
    over = call(sandbox, "POST", "/lead", data=full + b" ", headers=json_type)
    assert_error(over, 413, "PAYLOAD_TOO_LARGE", "lead.create")


def test_it_tells_unknown_paths_and_wrong_verbs_apart(sandbox):
    assert_error(call(sandbox, "GET", "/nothing"), 404, "NOT_FOUND", "/rest/nothing")
    assert_error(call(sandbox, "POST", "/lead/", json={}), 404, "NOT_FOUND", "/rest/lead/")
    assert_error(call(sandbox, "GET", "/lead"), 405, "METHOD_NOT_SUPPORTED", "lead.create")
    assert_error(call(sandbox, "DELETE", "/tags"), 405, "METHOD_NOT_SUPPORTED", "tags.list")
    assert call(sandbox, "HEAD", "/lead").status_code == 405
    assert requests.get(sandbox.root + "/elsewhere").status_code == 404


def test_it_says_whose_the_key_is(sandbox):
    me = call(sandbox, "GET", "/me").json()
    assert set(me) == {"id", "email", "name"}


@pytest.mark.parametrize(
    ("path", "count", "names"),
    [
        ("/lists", 3, {"id", "name"}),
        ("/status?all=true", 8, {"id", "name", "order", "color", "success_rate", "id_space", "type", "id_list"}),
        ("/tags", 14, {"id", "name", "color"}),
        ("/attributes", 14, {"id", "name", "slug", "type", "isMultiSelect", "select_options"}),
    ],
)
def test_it_offers_the_demo_world(sandbox, path, count, names):
    rows = call(sandbox, "GET", path).json()
    assert len({row["id"] for row in rows}) == count
    assert all(set(row) == names for row in rows)
    assert rows == call(sandbox, "GET", path, OTHER_SANDBOX_KEY).json()


def test_it_ties_every_status_to_a_list(sandbox):
    lists = {row["id"] for row in call(sandbox, "GET", "/lists").json()}
    statuses = call(sandbox, "GET", "/status?all=true").json()
    assert {row["id_list"] for row in statuses} == lists
    inbound = REAL_IDS["id_list"]
    some = call(sandbox, "GET", f"/status?id_list={inbound}").json()
    assert some == [row for row in statuses if row["id_list"] == inbound]
    assert call(sandbox, "GET", "/status").status_code == 400


def test_it_names_members_in_each_way_breakcold_is_known_to(sandbox):
    rows = call(sandbox, "GET", "/members").json()
    assert [name for row in rows for name in row if name in ("full_name", "name", "handle")] == [
        "full_name", "name", "handle"
    ]  # fmt: skip


def test_it_lets_one_account_offer_something_else():
    with running_sandbox() as sandbox:
        sandbox.set_rows(SANDBOX_KEY, "tags", [{"id": "one", "name": "One", "color": "#000"}])
        assert [row["id"] for row in call(sandbox, "GET", "/tags").json()] == ["one"]
        assert len(call(sandbox, "GET", "/tags", OTHER_SANDBOX_KEY).json()) == 14
        assert call(sandbox, "POST", "/lead", json={"tags": ["one"]}).status_code == 200
        assert call(sandbox, "POST", "/lead", json={"tags": REAL_IDS["tags"]}).status_code == 400
        with pytest.raises(ValueError):
            sandbox.set_rows(SANDBOX_KEY, "colours", [])


def test_it_lists_leads_newest_first_page_by_page():
    with running_sandbox() as sandbox:
        made = [call(sandbox, "POST", "/lead", json={"email": str(n)}).json() for n in range(5)]
        call(sandbox, "POST", "/lead", OTHER_SANDBOX_KEY, json={})
        pages = [
            call(sandbox, "POST", "/leads/list", json={"pagination": {"page": n, "page_size": 2}}).json()
            for n in (1, 2, 3, 4)
        ]
        assert [lead for page in pages for lead in page["leads"]] == made[::-1]
        assert [len(page["leads"]) for page in pages] == [2, 2, 1, 0]
        assert pages[1]["pagination"] == {"page": 2, "page_size": 2} and pages[1]["total"] == 5
        assert len(call(sandbox, "POST", "/leads/list", json={}).json()["leads"]) == 5


@pytest.mark.parametrize("pagination", [[], {"page": 0}, {"page": "1"}, {"page": True}, {"page_size": 101}])
def test_it_refuses_a_page_that_cannot_be(sandbox, pagination):
    assert call(sandbox, "POST", "/leads/list", json={"pagination": pagination}).status_code == 400


def test_it_gives_every_lead_of_eight_threads_an_id_of_its_own(tmp_path):
    def post(sandbox):
        with requests.Session() as session:
            session.headers["X-API-KEY"] = SANDBOX_KEY
            return [session.post(sandbox.url + "/lead", json={"email": "a"}).json()["id"] for _ in range(50)]

    with running_sandbox(limit=None, ledger=tmp_path / "ledger") as sandbox, ThreadPoolExecutor(8) as threads:
        ids = [made for batch in threads.map(post, [sandbox] * 8) for made in batch]
        assert len(set(ids)) == 400
        assert sorted(ids) == sorted(entry["id"] for entry in sandbox.ledger())
        assert len((tmp_path / "ledger").read_bytes().splitlines()) == 400
