"""Every answer Breakcold, or something in its place, can give over a real socket, and what it is then called."""

import gzip
import json
import zlib

import pytest

from leads.breakcold.errors import (
    BreakcoldError,
    Created,
    Issue,
    KeyRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimit,
    RateLimited,
    Refused,
)
from tests.breakcold.loopback import CREATED, KEY, LEAD, LEAD_ID, Trap, answer, answering, client_for, listening
from tests.fakes import SANDBOX_KEY, running_sandbox

MIB = 1024 * 1024
REFUSAL = {
    "message": "Input validation failed",
    "code": "BAD_REQUEST",
    "data": {"code": "BAD_REQUEST", "httpStatus": 400, "path": "lead.create"},
    "issues": [
        {"code": "invalid_string", "path": ["email"], "message": "Invalid email"},
        {"code": "custom", "path": ["attributes", "attribute-1"], "message": "Not a number"},
        {"code": "custom", "path": ["tags", 0], "message": "No such tag"},
        {"code": "custom", "path": ["unheard_of"], "message": "Strange"},
        {"code": "custom", "path": [], "message": "On the whole"},
    ],
}
SHAPED = json.dumps({"message": "NO", "code": "NO"}).encode()


@pytest.fixture
def sandbox():
    with running_sandbox() as server:
        yield server


@pytest.fixture
def client(sandbox):
    with client_for(sandbox.url, key=SANDBOX_KEY) as client:
        yield client


def outcome(said, call=lambda client: client.create_lead(LEAD)):
    """What one call makes of ``said``: a value or an error."""
    with listening(answering(said)) as server, client_for(server.url) as client:
        try:
            return call(client)
        except BreakcoldError as error:
            return error


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


# The statuses that say no, or nothing.


@pytest.mark.parametrize("status", [400, 409, 422])
def test_it_reads_a_refusal(sandbox, client, status):
    sandbox.fault("status", status=status, body=REFUSAL)
    with pytest.raises(Refused) as caught:
        client.create_lead(LEAD)
    error = caught.value
    assert str(error) == error.reason == "Input validation failed" and error.status == status
    assert error.issues == (
        Issue("email", "Invalid email"),
        Issue("attributes.attribute-1", "Not a number"),
        Issue("tags", "No such tag"),
        Issue("", "Strange"),
        Issue("", "On the whole"),
    )
    assert error.rate_limit.remaining == 59
    assert sandbox.ledger() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"message": "No.", "code": "BAD"}, "No."),
        ({"code": "BAD"}, "BAD"),
        ({"message": "", "code": "BAD"}, "BAD"),
        ({"message": ["a"], "code": "BAD"}, "BAD"),
        ({"message": "", "code": 5}, "Breakcold refused the lead."),
        ({"message": " \n", "code": ""}, "Breakcold refused the lead."),
        ({"message": "x" * 10_000}, "x" * 500),
    ],
)
def test_it_finds_the_sentence_of_a_refusal(body, reason):
    error = outcome(answer(json.dumps(body).encode(), 400))
    assert type(error) is Refused and error.reason == str(error) == reason and error.issues == ()


@pytest.mark.parametrize(
    ("issues", "expected"),
    [
        (None, ()),
        ("email", ()),
        ({"email": "bad"}, ()),
        ([None, 1, "x", []], ()),
        ([{}], (Issue("", ""),)),
        ([{"path": "email", "message": "a string path"}], (Issue("", "a string path"),)),
        ([{"path": [None, {}], "message": None}], (Issue("", ""),)),
        ([{"path": ["email"], "message": {"a": 1}}], (Issue("email", ""),)),
        ([{"path": ["email"], "message": "y" * 9_000}], (Issue("email", "y" * 500),)),
        ([{"path": ["attributes", "z" * 9_000], "message": ""}], (Issue(("attributes." + "z" * 9_000)[:200], ""),)),
        ([{"path": ["email"], "message": "m"}] * 10_000, (Issue("email", "m"),) * 100),
    ],
)
def test_it_reads_issues_of_any_shape(issues, expected):
    error = outcome(answer(json.dumps({"message": "No", "issues": issues}).encode(), 400))
    assert type(error) is Refused and error.issues == expected


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad Request</html>", b"[]", b'"no"', b"{}", b'{"error": "x"}', SHAPED[:-1]]
)
def test_it_is_not_sure_of_a_refusal_in_another_shape(status, body):
    error = outcome(answer(body, status))
    assert type(error) is OutcomeUnknown and error.status == status


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [SHAPED, b"<html>", b""])
def test_it_hears_that_the_key_is_not_accepted(status, body):
    error = outcome(answer(body, status))
    assert type(error) is KeyRejected and error.status == status


def test_it_hears_that_a_key_was_revoked(sandbox, client):
    sandbox.revoke(SANDBOX_KEY)
    for call in (lambda: client.create_lead(LEAD), lambda: client.get("/me")):
        with pytest.raises(KeyRejected):
            call()


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("body", [SHAPED, b"<html>", b""])
def test_it_hears_that_there_is_no_such_address(status, body):
    error = outcome(answer(body, status))
    assert type(error) is Misconfigured and error.status == status


STRANGE = [402, 406, 408, 410, 413, 415, 418, 423, 425, 426, 428, 431, 451, 499]


@pytest.mark.parametrize("status", [*STRANGE, 500, 501, 502, 503, 504, 507, 520, 522, 524, 599, 600, 999])
@pytest.mark.parametrize("body", [SHAPED, CREATED], ids=["refusal", "lead"])
def test_it_is_not_sure_of_any_other_status(status, body):
    error = outcome(answer(body, status))
    assert type(error) is OutcomeUnknown and error.status == status and str(status) in str(error)


@pytest.mark.parametrize("created", [False, True])
@pytest.mark.parametrize("status", [500, 503])
def test_it_is_not_sure_of_a_server_error_of_the_sandbox(sandbox, client, status, created):
    sandbox.fault("status", status=status, created=created)
    with pytest.raises(OutcomeUnknown):
        client.create_lead(LEAD)
    assert len(sandbox.ledger()) == created


# Redirects: no other host, and not even the same one, ever sees the key a second time.

REDIRECTS = [300, 301, 302, 303, 304, 305, 306, 307, 308, 399]
TARGETS = [
    "http://127.0.0.1:{trap}/rest/lead",
    "//127.0.0.1:{trap}/rest/lead",
    "http://127.0.0.1@127.0.0.1:{trap}/rest/lead",
    "http://user:password@127.0.0.1:{trap}/",
    "http:\\\\127.0.0.1:{trap}/",
    "HTTP://LOCALHOST:{trap}/",
    "https://127.0.0.1:{trap}/rest/lead",
    "http://127.0.0.1:{own}/rest/other",
    "/rest/other",
    "other",
    "?again",
    "#",
    "",
    "ftp://127.0.0.1:{trap}/",
    "http://[",
    "http://127.0.0.1:99999999/",
    "\xe4\xff",
    "x" * 10_000,
]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[:30])
def test_it_follows_no_redirect(target):
    def say(listener, connection):
        place = target.format(trap=trap.port, own=listener.port)
        answering(answer(SHAPED, left.pop(0), f"Location: {place}"))(listener, connection)  # one a connection

    left = list(REDIRECTS)
    with Trap() as trap, listening(say) as server, client_for(server.url) as client:
        for status in REDIRECTS:
            with pytest.raises(Misconfigured) as caught:
                client.create_lead(LEAD)
            assert caught.value.status == status
        assert trap.is_untouched
    assert len(server.requests) == len(REDIRECTS)


@pytest.mark.parametrize("status", [301, 307])
def test_it_follows_no_redirect_when_it_reads(status):
    with Trap() as trap, listening(answering(answer(b"", status, f"Location: {trap.url}/"))) as server:
        with client_for(server.url) as client, pytest.raises(Misconfigured):
            client.get("/me")
        assert trap.is_untouched


def test_it_does_not_swallow_what_comes_with_a_redirect(sandbox):
    """``requests`` would read all of it, in the hope of following."""
    with listening(pour_for_ever) as server, client_for(server.url) as client, pytest.raises(Misconfigured):
        client.create_lead(LEAD)
    assert server.poured < 64 * MIB


def pour_for_ever(listener, connection):
    listener.poured = 0
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n")
    while not listener.over.is_set():
        listener.poured += connection.send(b"x" * 65536)


# Too much, or packed.


@pytest.mark.parametrize("padding", [MIB, 2 * MIB, 20 * MIB])
@pytest.mark.parametrize("length", [-1, None], ids=["length", "close"])
def test_it_does_not_read_more_than_a_mebibyte(padding, length):
    error = outcome(answer(b'{"id": "1", "padding": "%s"}' % (b"x" * padding), length=length))
    assert type(error) is OutcomeUnknown and error.status == 200


def test_it_reads_an_answer_of_just_a_mebibyte():
    frame = len(b'{"id": "1", "padding": ""}')
    assert outcome(answer(b'{"id": "1", "padding": "%s"}' % (b"x" * (MIB - frame)))).id == "1"
    assert type(outcome(answer(b'{"id": "1", "padding": "%s"}' % (b"x" * (MIB - frame + 1))))) is OutcomeUnknown


@pytest.mark.parametrize("status", [401, 429, 404])
def test_it_needs_no_body_where_the_status_says_it_all(status):
    assert type(outcome(answer(b"x" * 2 * MIB, status))) in (KeyRejected, RateLimited, Misconfigured)


@pytest.mark.parametrize("action", ["huge", "endless"])
def test_it_gives_up_on_an_answer_of_the_sandbox_that_does_not_end(sandbox, client, action):
    sandbox.fault(action, **({"interval": 0} if action == "endless" else {}))
    with pytest.raises(OutcomeUnknown):
        client.create_lead(LEAD)
    assert client.create_lead(LEAD).id


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
    ],
)
def test_it_reads_a_packed_answer(coding, pack):
    assert outcome(answer(pack(CREATED), 200, f"Content-Encoding: {coding}")).id == LEAD_ID


@pytest.mark.parametrize("status", [200, 400, 302])
def test_it_does_not_unpack_a_bomb(status):
    bomb = gzip.compress(b'{"id": "1", "message": "' + b"0" * (200 * MIB) + b'"}')
    error = outcome(answer(bomb, status, "Content-Encoding: gzip", "Location: /"))
    assert type(error) is (Misconfigured if status == 302 else OutcomeUnknown)


@pytest.mark.parametrize(
    "coding", ["gzip", "deflate", "br", "zstd", "gzip, br, gzip, gzip, gzip, gzip, gzip", "nonsense"]
)
def test_it_is_not_sure_of_an_answer_it_cannot_unpack(coding):
    error = outcome(answer(b"\x1f\x8b" + b"\xff" * 50, 200, f"Content-Encoding: {coding}"))
    assert type(error) is OutcomeUnknown and error.status == 200


# The budget.

HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "expected"),
    [
        ("60", "59", "145", (60, 59, 145.0)),
        (" 60 ", "0", "0.5", (60, 0, 0.5)),
        ("-1", "-5", "-3", (-1, -5, -3.0)),
        ("", "", "", (None, None, None)),
        ("many", "60/60", "soon", (None, None, None)),
        ("NaN", "Infinity", "-inf", (None, None, None)),
        ("1e400", "9" * 5000, "1" * 60_000, (None, None, None)),
        ("1e13", "10000000000000", "-1e12", (None, None, None)),
        ("1e3", "5.9", "1763871600", (1000, 5, 1763871600.0)),
        ("60, 60", "59;w=60", "0x10", (None, None, None)),
    ],
    ids=lambda value: str(value)[:12],
)
@pytest.mark.parametrize("status", [200, 500])
def test_it_reads_the_budget_from_the_headers(limit, remaining, reset, expected, status):
    lines = [f"{name}: {value}" for name, value in zip(HEADERS, (limit, remaining, reset), strict=True)]
    said = outcome(answer(CREATED, status, *lines)).rate_limit
    assert (said.limit, said.remaining, said.reset_seconds) == expected
    assert said.retry_after_seconds is None


@pytest.mark.parametrize("status", [200, 400, 401, 404, 302, 429, 500])
def test_it_reads_an_answer_without_budget_headers(status):
    assert outcome(answer(CREATED, status)).rate_limit == RateLimit()


def test_it_reads_budget_headers_in_any_case():
    said = outcome(answer(CREATED, 200, "x-ratelimit-limit: 5", "X-RATELIMIT-REMAINING: 4")).rate_limit
    assert (said.limit, said.remaining) == (5, 4)


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        ("120", {}, 120.0),
        ("0", {}, 0.0),
        ("1.5", {}, 1.5),
        ("", {"retryAfterMs": 1500}, 1.5),
        ("", {"retryAfterMs": "250"}, 0.25),
        ("1", {"retryAfterMs": 60_000}, 60.0),
        ("60", {"retryAfterMs": 1_000}, 60.0),
        ("soon", {"retryAfterMs": 2_000}, 2.0),
        ("NaN", {"retryAfterMs": None}, None),
        ("9" * 400, {"retryAfterMs": 10**400}, None),
        ("-1e999", {"retryAfterMs": [1]}, None),
        ("Wed, 99 Xyz 20261 99:99:99 GMT", {"retryAfterMs": {}}, None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", {}, None),
        ("", [], None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_it_reads_how_long_to_wait(header, body, expected):
    error = outcome(answer(json.dumps(body).encode(), 429, f"Retry-After: {header}"))
    assert type(error) is RateLimited and error.rate_limit.retry_after_seconds == expected


def test_it_reads_a_date_to_wait_for():
    late = outcome(answer(b"", 429, "Retry-After: Fri, 31 Dec 2199 23:59:59 GMT")).rate_limit
    past = outcome(answer(b"", 429, "Retry-After: Sat, 01 Jan 2000 00:00:00 GMT")).rate_limit
    assert late.retry_after_seconds > 3600 and past.retry_after_seconds < 0


def test_it_stops_at_the_limit_of_the_sandbox(sandbox, client):
    sandbox.limit(2)
    client.create_lead(LEAD)
    client.get("/me")
    with pytest.raises(RateLimited) as caught:
        client.create_lead(LEAD)
    assert caught.value.rate_limit.remaining == 0 and caught.value.rate_limit.reset_seconds > 0
    assert len(sandbox.ledger()) == 1


# The value itself.


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
