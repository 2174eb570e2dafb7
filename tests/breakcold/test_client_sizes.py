"""Answers that are too much, or packed."""

import gzip
import zlib

import pytest

from leads.breakcold.errors import KeyRejected, Misconfigured, OutcomeUnknown, RateLimited
from tests.breakcold.kit import MIB, outcome
from tests.breakcold.loopback import CREATED, LEAD, LEAD_ID, answer


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
