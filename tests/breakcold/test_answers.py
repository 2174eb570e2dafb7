"""Reading what a stranger says: any bytes, any headers, and never an exception."""

import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leads.breakcold.answers import error_for, excerpt_of, lead_id_in, parse, read_rate_limit
from leads.breakcold.errors import BreakcoldError, RateLimit

bounded = settings(derandomize=True, max_examples=200, deadline=None, database=None)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)
shapes = st.fixed_dictionaries(
    {},
    optional={
        "message": json_values,
        "code": json_values,
        "retryAfterMs": json_values,
        "issues": st.one_of(
            json_values,
            st.lists(st.fixed_dictionaries({}, optional={"path": json_values, "message": json_values}), max_size=3),
        ),
    },
)


def assert_storable(value):
    """PostgreSQL takes it: valid UTF-8, no NUL, only finite numbers."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()


@given(raw=st.binary(max_size=200))
@example(raw=b"[" * 100_000)
@example(raw=b'{"a":' * 100_000)
@example(raw=b"9" * 10_000)
@example(raw=b"1e99999")
@example(raw=b"\xff\xfe{\0}\0")
@example(raw=b'"\\ud83c\\udf7a \\udf7a\\ud83c"')
@bounded
def test_it_reads_any_bytes(raw):
    assert_storable(parse(raw))
    assert_storable(excerpt_of(parse(raw)))


@given(value=json_values)
@bounded
def test_it_reads_any_json(value):
    """NaN and infinity, written bare, are no JSON; the rest arrives."""
    raw = json.dumps(value).encode()
    read = parse(raw)
    assert_storable(read)
    if not any(word in raw for word in (b"NaN", b"Infinity", b"\\u0000", b"\\ud")):
        assert read == value


@given(value=json_values)
@bounded
def test_it_scrubs_every_text(value):
    read = parse(json.dumps(value).encode(), lambda text: "")
    assert set("".join(texts_in(read))) == set()


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from texts_in(item)


@given(status=st.integers(100, 999), value=st.one_of(shapes, json_values))
@bounded
def test_it_makes_an_error_of_any_answer(status, value):
    value = parse(json.dumps(value).encode())
    error = error_for(status, value, RateLimit(), excerpt_of(value))
    assert isinstance(error, BreakcoldError) and error.status == status
    assert 0 < len(error.reason) <= 500 and len(error.excerpt) <= 500 and len(error.issues) <= 100
    assert all(len(issue.field) <= 200 and len(issue.message) <= 500 for issue in error.issues)


@given(values=st.lists(st.text(max_size=40), min_size=4, max_size=4), value=shapes)
@example(values=["1_000", "٣", "0x10", "Thu, 01 Jan 1970 00:00:00 -0000"], value={})
@example(values=["", "", "", "Fri, 31 Dec 0000 23:59:59 GMT"], value={"retryAfterMs": 10**400})
@example(values=["", "", "", "Thu, 01 Jan 2026 00:00:00 +9999"], value={"retryAfterMs": True})
@bounded
def test_it_reads_any_headers(values, value):
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")
    said = read_rate_limit(dict(zip(names, values, strict=True)), value)
    assert all(type(count) in (int, type(None)) for count in (said.limit, said.remaining))
    for seconds in (said.reset_seconds, said.retry_after_seconds):
        assert seconds is None or math.isfinite(seconds)


@given(
    day=st.sampled_from(["Mon", "Xyz", ""]),
    numbers=st.lists(st.integers(-1, 100_000), min_size=5, max_size=5),
    zone=st.sampled_from(["GMT", "-0000", "+9999", "-99999999", "EST", ""]),
)
@bounded
def test_it_reads_any_date(day, numbers, zone):
    date, year, hour, minute, second = numbers
    text = f"{day}, {date % 40} Jan {year} {hour % 30}:{minute % 70}:{second % 70} {zone}"
    seconds = read_rate_limit({"Retry-After": text}, None).retry_after_seconds
    assert seconds is None or math.isfinite(seconds)


@given(body=json_values)
@bounded
def test_it_finds_an_id_only_where_there_is_one(body):
    assert lead_id_in(body) is None
    assert lead_id_in({"id": "lead-1", "other": body}) == "lead-1"


@pytest.mark.parametrize("value", ["", "a" * 600, {"a": "ü\ud800\0"}, [1], 7, "\ud800\0"])
def test_it_makes_an_excerpt_that_can_be_stored(value):
    text = excerpt_of(value)
    assert len(text) <= 500
    assert "\0" not in text
    text.encode()
