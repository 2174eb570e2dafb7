from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import pytest

from leadportal.redaction import RedactingFormatter, redact

CANARY = "Zq7-canary.4711_x"
FORMS: list[Callable[[str], str]] = [
    "X-API-KEY: {}".format,
    "x-api-key:{}".format,
    "{{'X-API-KEY': '{}'}}".format,
    '{{"X-API-KEY": "{}"}}'.format,
    "{{b'X-API-KEY': b'{}'}}".format,
    "('X-API-KEY', '{}')".format,
    "X-API-KEY={}&next=1".format,
    "'HTTP_X_API_KEY': '{}'".format,
    "send: b'POST /rest/lead HTTP/1.1\\r\\nX-API-KEY: {}\\r\\nAccept: */*'".format,
    "curl -H 'X-API-KEY: {}' https://api.breakcold.com".format,
    lambda secret: repr({"headers": {"X-API-KEY": secret, "Accept": "*/*"}}),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form("..."))
def test_it_takes_out_whatever_the_key_header_holds(form: Callable[[str], str]) -> None:
    assert CANARY not in redact(form(CANARY))


@pytest.mark.parametrize("prefix", ["breakcold-usr-", "bc_live_", "lpt_", "lpi_", "whsec_", "BREAKCOLD-USR-"])
@pytest.mark.parametrize("around", ["{}", "key={}", "https://x/?k={}&y=1", "('{}',)", "a:{};b", "b'{}'"])
def test_it_takes_out_what_looks_like_a_key_wherever_it_stands(prefix: str, around: str) -> None:
    line = redact(around.format(prefix + CANARY))
    assert CANARY not in line and "[secret]" in line


@pytest.mark.parametrize(
    "text", ["", "lead L-7K3F9QX2 queued", "the X-API-KEY header is missing", "breakcold answered"]
)
def test_it_leaves_other_text_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_it_keeps_what_stands_around_a_secret() -> None:
    assert redact(f"{{'X-API-KEY': '{CANARY}', 'Accept': '*/*'}}") == "{'X-API-KEY': '[secret]', 'Accept': '*/*'}"


def test_it_redacts_arguments_and_tracebacks() -> None:
    try:
        raise ValueError(f"bad header X-API-KEY: {CANARY}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "key %s", (f"lpt_{CANARY}",), sys.exc_info())
    line = RedactingFormatter("%(message)s").format(record)
    assert "ValueError" in line and CANARY not in line
