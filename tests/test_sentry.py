"""What a Sentry is told of an error, heard by a receiver on this machine: enough to find it, and nothing of anybody."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import brotli

from leadportal.bootstrap import BASE
from tests.breakcold.loopback import KEY, answer, answering, listening
from tests.test_settings import clean_environment

PERSON = ("Canaria", "canaria.vogelsang@canary.example", "+35319998877")

#: A portal whose every page breaks with all it knows in the message, in variables and in the cause.
BREAK = f"""
import logging, sys, types
import django

class Breaking:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
    def process_view(self, request, view, args, kwargs):
        plain, person = {KEY!r}, {PERSON!r}
        try:
            raise KeyError(person)
        except KeyError as exc:
            raise ValueError(f"X-API-KEY: {{plain}} of {{person}}") from exc

sys.modules["breaking"] = types.SimpleNamespace(Breaking=Breaking)
django.setup()
from django.conf import settings
from django.test import Client
settings.MIDDLEWARE = [*settings.MIDDLEWARE, "breaking.Breaking"]
settings.ALLOWED_HOSTS = ["testserver"]
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
client = Client(raise_request_exception=False)
secret = {{"X-API-KEY": {KEY!r}, "Cookie": "a={KEY}"}}
sent = client.post("/healthz?q={PERSON[0]}", {{"email": {PERSON[1]!r}}}, headers=secret)
assert sent.status_code == 500, sent.status_code
log = logging.getLogger("leads.x")
log.error("Lead of %s with %s", {PERSON[1]!r}, {KEY!r}, extra={{"lead": {PERSON[2]!r}}})
log.error(f"written together: {KEY}")
log.warning("no error")
logging.getLogger("some.library").error("put together about " + {PERSON[1]!r})
import sentry_sdk
sentry_sdk.flush(20)
print(sent["X-Request-ID"])
"""


def events(requests: list[bytes]) -> list[dict[str, Any]]:
    found = []
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        packed = re.search(rb"(?i)content-encoding: (\w+)", head)
        text = {b"br": brotli.decompress, b"gzip": gzip.decompress}[packed[1]](body) if packed else body
        lines = text.split(b"\n")
        found += [json.loads(line) for line in lines[2::2] if line]
    return found


def test_it_tells_where_it_broke_and_nothing_of_anybody(tmp_path: Path) -> None:
    with listening(answering(answer(b"{}"))) as receiver:
        address = f"http://public@127.0.0.1:{receiver.port}/42"
        environ = clean_environment(tmp_path, SENTRY_DSN=address, DJANGO_SETTINGS_MODULE="leadportal.settings")
        done = subprocess.run(
            [sys.executable, "-c", BREAK], cwd=BASE, env=environ, capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 0, done.stderr[-800:]
    told = events(receiver.requests)
    assert [event["logger"] for event in told] == ["django.request", "leads.x", "leads.x", "some.library"]
    broke, lead, together, of_library = told
    assert re.fullmatch(r"<?\w+>?:\d+", of_library["message"])
    assert [value["type"] for value in broke["exception"]["values"]] == ["KeyError", "ValueError"]
    frame = broke["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert frame["function"] == "process_view" and frame.keys() == {"filename", "function", "lineno", "in_app"}
    assert broke["tags"]["request_id"] == done.stdout.strip() and broke["message"] == "%s: %s"
    assert lead["message"] == "Lead of %s with %s" and together["message"] == "written together: [secret]"
    assert broke["release"].startswith("lead-portal@") and broke["server_name"] == "localhost"
    allowed = {"event_id", "timestamp", "level", "logger", "message", "tags", "exception", "release", "server_name"}
    added = {"platform", "environment", "contexts", "sdk", "extra", "transaction_info", "breadcrumbs"}
    assert broke.keys() <= allowed | added
    assert not broke.get("breadcrumbs", {}).get("values") and not broke.get("extra")
    heard = json.dumps(told) + b"".join(request.partition(b"\r\n\r\n")[0] for request in receiver.requests).decode()
    assert [word for word in (KEY, *PERSON, KEY[-12:], "healthz", str(tmp_path), str(BASE)) if word in heard] == []


def test_it_says_what_to_install_where_that_is_missing(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'sentry_sdk' else find(name, *more)\n"
        "import manage; from leadportal import bootstrap; bootstrap.enter = lambda a: None; manage.main()"
    )
    environ = clean_environment(tmp_path, SENTRY_DSN="https://key@sentry.example.com/1")
    done = subprocess.run(
        [sys.executable, "-c", code, "check"], cwd=BASE, env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    assert "requirements-sentry.txt" in done.stderr and "SENTRY_DSN" in done.stderr


def test_without_the_setting_it_is_not_even_loaded(tmp_path: Path) -> None:
    code = "import sys, django; django.setup(); print('sentry_sdk' in sys.modules, 'leadportal.sentry' in sys.modules)"
    environ = clean_environment(tmp_path, DJANGO_SETTINGS_MODULE="leadportal.settings")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"] and os.environ.get("SENTRY_DSN") is None
