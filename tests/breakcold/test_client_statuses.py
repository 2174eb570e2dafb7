"""The statuses that say no, or nothing, and what they are then called; redirects above all."""

import json

import pytest

from leads.breakcold.errors import Issue, KeyRejected, Misconfigured, OutcomeUnknown, Refused
from tests.breakcold.kit import MIB, SHAPED, outcome
from tests.breakcold.loopback import CREATED, LEAD, Trap, answer, answering, client_for, listening
from tests.fakes import SANDBOX_KEY

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
