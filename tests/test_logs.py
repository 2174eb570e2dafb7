from __future__ import annotations

import json
import logging
import sys

import pytest
from django.conf import settings
from django.test import Client

from leadportal import logs
from leadportal.logs import JsonFormatter, LineFormatter, request_id

CANARY = "Zq7-canary.4711_x"
LINE = "%(asctime)s %(levelname)s %(name)s%(reference)s: %(message)s"


def record(message: str, *arguments: object, trouble: bool = False) -> logging.LogRecord:
    about = None
    if trouble:
        try:
            raise ValueError(f"X-API-KEY: {CANARY}\nsecond line")
        except ValueError:
            about = sys.exc_info()
    return logging.LogRecord("leads.x", logging.WARNING, "f", 1, message, arguments, about)


def test_it_writes_one_json_object_a_line_with_the_request():
    said = request_id.set("7f3a")
    try:
        line = JsonFormatter().format(record("lead %s\nwent “out”", "L-1", trouble=True))
    finally:
        request_id.reset(said)
    assert "\n" not in line
    held = json.loads(line)
    assert held["message"] == "lead L-1\nwent “out”" and held["level"] == "WARNING" and held["logger"] == "leads.x"
    assert held["request_id"] == "7f3a" and held["time"].endswith("+00:00")
    assert "ValueError" in held["traceback"] and CANARY not in line
    assert "request_id" not in json.loads(JsonFormatter().format(record("x")))


#: Signs that end a line, or turn the order of what follows, in some place where logs are read.
TURNING = [
    "\r\n",
    "\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\x1b[2J",
    "\0",
    "\b",
]


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter(LINE)], ids=["json", "line"])
def test_nobody_writes_a_line_of_their_own(formatter):
    """Whatever stands in a name, an address or an error: no line begins as one of the portal's."""
    forged = "2026-11-27 00:00:00,000 WARNING leads.x: forged"
    for sign in TURNING:
        line = formatter.format(record("lead %s", f"a{sign}{forged}"))
        assert line.isprintable(), ascii(sign)
        try:
            raise ValueError(f"a{sign}{forged}")
        except ValueError:
            text = formatter.format(logging.LogRecord("leads.x", logging.ERROR, "f", 1, "it broke", (), sys.exc_info()))
        assert all(each.startswith("  ") for each in text.split("\n")[1:]), ascii(sign)


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter(LINE)], ids=["json", "line"])
def test_arguments_that_do_not_fit_are_left_out(formatter):
    """They would be printed past every formatter."""
    for each in (record("%d leads", CANARY), record("lead %s of %s", CANARY), record("none", CANARY)):
        text = formatter.format(each)
        assert "do not fit" in text and CANARY not in text


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter(LINE)], ids=["json", "line"])
def test_it_hides_the_values_of_our_own_secrets(formatter):
    logs._own_secrets.cache_clear()  # a test with keys of its own may have been the first to ask
    secrets = [settings.SECRET_KEY, settings.PORTAL_AUDIT_KEY, *settings.PORTAL_ENCRYPTION_KEYS]
    text = formatter.format(record("all: %s", " ".join(secrets)))
    assert not [value for value in secrets if value in text] and "[secret]" in text


def test_a_line_names_the_request_only_where_there_is_one():
    formatter = LineFormatter(LINE)
    assert "leads.x: quiet" in formatter.format(record("quiet"))
    said = request_id.set("7f3a")
    try:
        assert "leads.x [7f3a]: loud" in formatter.format(record("loud"))
    finally:
        request_id.reset(said)


def test_nobody_fills_the_log_by_asking_for_other_hosts(db, capsys, monkeypatch):
    """A logger that passes nothing on and has no handler would write to standard error all the same."""
    logger = logging.getLogger("django.security.DisallowedHost")
    configured = [handler for handler in logger.handlers if type(handler) is logging.NullHandler]  # not those of pytest
    monkeypatch.setattr(logger, "handlers", configured)
    for host in ("evil.example", "", "a b", "x" * 300):
        assert Client().get("/", headers={"host": host}).status_code == 400
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("status", [500, 503])
def test_what_a_failing_page_logs_bears_the_reference_the_page_shows(db, monkeypatch, status):
    def fail():
        raise RuntimeError("no")

    lines = []
    if status == 500:
        monkeypatch.setattr("leads.views.health.readiness.look", fail)
    handler = logging.StreamHandler()
    handler.emit = lambda each: lines.append(LineFormatter(LINE).format(each))  # type: ignore[method-assign]
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        response = Client(raise_request_exception=False).get("/readyz")
    finally:
        logger.removeHandler(handler)
    assert response.status_code == status and f"[{response['X-Request-ID']}]" in lines[0]
    assert request_id.get() == ""
