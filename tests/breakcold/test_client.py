"""What the client sends, and what it takes for a lead that was created. Every answer comes over a real socket."""

import json

import pytest

from leads.breakcold.errors import Created, OutcomeUnknown, Refused
from tests.breakcold.kit import outcome
from tests.breakcold.loopback import CREATED, KEY, LEAD, LEAD_ID, Trap, answer, answering, client_for, listening

# What leaves.


def test_it_sends_the_key_the_body_and_nothing_of_the_environment(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login nobody password nothing\n")
    netrc.chmod(0o600)
    with Trap() as proxy, listening(answering(answer(CREATED))) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with client_for(server.url + "/") as client:
            client.create_lead(LEAD)
        assert proxy.is_untouched
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == b"POST /rest/lead HTTP/1.1"
    assert body == b'{"email":"sam@example.com","first_name":"Sam"}'
    assert sorted(line.lower() for line in lines) == sorted(
        [
            b"host: 127.0.0.1:%d" % server.port,
            b"x-api-key: " + KEY.lower().encode(),
            b"user-agent: tests/1",
            b"accept: application/json",
            b"accept-encoding: identity",
            b"connection: keep-alive",
            b"content-type: application/json",
            b"content-length: 46",
        ]
    )


def test_it_reads_with_get_and_sends_no_body():
    with listening(answering(answer(b'[{"id": "list-1"}]'))) as server, client_for(server.url) as client:
        said = client.get("/status?all=true")
    assert said.status == 200 and said.body == [{"id": "list-1"}]
    assert server.requests[0].startswith(b"GET /rest/status?all=true HTTP/1.1\r\n")
    assert server.requests[0].endswith(b"\r\n\r\n") and b"ontent-" not in server.requests[0]


def test_it_lists_leads_by_page():
    with listening(answering(answer(b'{"leads": []}'))) as server, client_for(server.url) as client:
        assert client.list_leads(page=2, page_size=50).body == {"leads": []}
    assert server.requests[0].startswith(b"POST /rest/leads/list HTTP/1.1\r\n")
    assert server.requests[0].endswith(b'{"pagination":{"page":2,"page_size":50}}')


def test_it_keeps_no_cookie():
    cookies = answer(CREATED, 200, "Set-Cookie: session=1; Path=/", "Set-Cookie: account=other")
    with listening(answering(cookies)) as server, client_for(server.url) as client:
        client.create_lead(LEAD)
        client.create_lead(LEAD)
    assert b"ookie" not in server.requests[1]


# Created.


def test_it_creates_a_lead_in_the_sandbox(sandbox, client):
    created = client.create_lead(LEAD)
    assert isinstance(created, Created) and created.status == 200
    assert created.id == sandbox.ledger()[0]["id"] and created.body["id"] == created.id
    assert sandbox.ledger()[0]["body"] == LEAD
    assert created.rate_limit.limit == 60 and created.rate_limit.remaining == 59
    assert 0 < created.rate_limit.reset_seconds <= 60


def test_it_reads_what_the_sandbox_offers(client):
    assert client.get("/me").body["id"]
    assert isinstance(client.get("/lists").body, list)
    assert client.list_leads(page=1, page_size=10).body["leads"] == []


@pytest.mark.parametrize("status", [200, 201, 202, 226])
def test_it_believes_any_2xx_that_names_an_id(status):
    created = outcome(answer(CREATED, status))
    assert (created.id, created.status, created.body) == (LEAD_ID, status, json.loads(CREATED))


@pytest.mark.parametrize(
    "lead_id", ["3c90c3cc-0d44-4b50-8888-8dd25736052a", "1", "x" * 100, "clx:9_a.B==", "~!"], ids=lambda one: one[:12]
)
def test_it_takes_any_plain_word_for_an_id(lead_id):
    assert outcome(answer(json.dumps({"id": lead_id}).encode())).id == lead_id


@pytest.mark.parametrize(
    "body",
    [
        b"<html><title>Please sign in</title></html>",
        b"",
        b" ",
        b"null",
        b"true",
        b'"' + LEAD_ID.encode() + b'"',
        b"7",
        b"[]",
        b'[{"id": "1"}]',
        b"{}",
        b'{"data": {"id": "1"}}',
        b'{"ID": "1"}',
        *(
            b'{"id": %s}' % one.encode()
            for one in ("null", "1", "1.5", "true", "[]", "{}", '["1"]', '""', '" "', '"a b"', '"a\\nb"', '"a\\u0000b"')
        ),
        b'{"id": "%s"}' % (b"x" * 101),
        b'{"id": "\\ud800"}',
        b'{"id": "a\\udfffb"}',
        '{"id": "ä"}'.encode(),
        b'{"id": "a\xff"}',
        '{"id": "\u202e1"}'.encode(),
        b'{"id": "1"',
        b'{"id": "1"}}',
        b'{"id": "1"} {"id": "2"}',
        b"{'id': '1'}",
        b'{"id": "1", "score": NaN}',
        b'{"id": "1", "score": -Infinity}',
        b'{"id": "1", "n": %s}' % (b"9" * 5000),
        b'{"id": "1", "deep": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"id": "1", "deep": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        '{"id": "1"}'.encode("utf-16"),
        b"\x00\x00\x00",
        b")]}'\n" + CREATED,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_it_is_not_sure_of_a_2xx_without_an_id(body):
    error = outcome(answer(body))
    assert type(error) is OutcomeUnknown and error.status == 200
    assert len(error.excerpt) <= 500 and "\0" not in error.excerpt
    error.excerpt.encode()


def test_it_keeps_an_excerpt_of_a_strange_yes():
    assert outcome(answer(b'{"lead": "maybe"}')).excerpt == '{"lead": "maybe"}'
    assert outcome(answer(b"<html>")).excerpt == "<html>"


@pytest.mark.parametrize("status", [204, 205])
def test_it_is_not_sure_of_a_yes_that_has_no_body(status):
    error = outcome(f"HTTP/1.1 {status} Fine\r\n\r\n".encode())
    assert type(error) is OutcomeUnknown and error.status == status


def test_it_reads_an_answer_that_begins_with_a_byte_order_mark():
    assert outcome(answer(b"\xef\xbb\xbf" + CREATED)).id == LEAD_ID


def test_it_makes_an_answer_fit_for_any_database():
    body = outcome(
        answer(
            b'{"id": "1", "a": "x\\u0000y\\ud800z", "\\u0000": ["\\udc00"], "big": 1e999, "small": -1e999, "n": 1.5}'
        )
    ).body
    assert body == {"id": "1", "a": "x\ufffdy\ufffdz", "\ufffd": ["\ufffd"], "big": None, "small": None, "n": 1.5}
    json.dumps(body, allow_nan=False, ensure_ascii=False).encode()


def test_it_keeps_what_is_only_unusual():
    body = {"id": "1", "huge": 10**400, "emoji": "🍺", "pair": "\U0001f37a", "nested": [[[{"a": None}]]]}
    assert outcome(answer(json.dumps(body).encode())).body == body


# What cannot be sent.


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, b"x"], ids=type)
def test_it_refuses_a_lead_that_is_no_json_and_sends_nothing(value):
    with Trap() as trap, client_for(trap.url) as client:
        with pytest.raises(Refused) as caught:
            client.create_lead({"attributes": {"a": value}})
        assert trap.is_untouched
    assert caught.value.status is None


def test_it_refuses_a_lead_that_is_endlessly_deep():
    deep: list = []
    deep.append(deep)
    with Trap() as trap, client_for(trap.url) as client:
        with pytest.raises(Refused):
            client.create_lead({"tags": deep})
        assert trap.is_untouched
