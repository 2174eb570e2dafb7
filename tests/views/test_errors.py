from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.utils import OperationalError
from django.test import Client, override_settings

from leads.services import keys
from tests.factories import make_submission

from .page import parse

ROOT = Path(__file__).resolve().parents[2]
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip


def policy_of(response):
    return dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))


def check_headers(response):
    """What every answer of the portal carries, whatever it says."""
    assert policy_of(response) == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(response["X-Request-ID"]) == 36
    assert "Server" not in response and "X-Powered-By" not in response


@pytest.fixture
def broken(monkeypatch):
    """Every page of a team fails in the middle, and so does what fills the frame of a page."""

    def fail(team):
        raise OperationalError("secret-of-the-database")

    monkeypatch.setattr(keys, "find_live_and_practice", fail)


@pytest.mark.parametrize("name", ["submission_list", "submission_detail"])
def test_it_apologises_with_a_reference_when_the_portal_fails(team, bob, browse, broken, caplog, name):
    lead = make_submission(team, bob)
    browser = browse(bob)
    response = browser.get(name, *([lead.public_id] if name == "submission_detail" else []))
    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/html")
    text = parse(response).one("main").text
    assert response["X-Request-ID"] in text
    assert "secret-of-the-database" not in text and "Traceback" not in text
    assert "secret-of-the-database" in caplog.text


def test_it_answers_every_way_of_failing_with_all_headers_and_no_cache(team, bob, browse, monkeypatch):
    browser = browse(bob)
    client = browser.client
    answers = {
        200: client.get("/t/brewers/submissions/"),
        302: client.get("/"),
        303: browser.enter({"email": "a@example.com"}),
        400: browser.client.generic("POST", "/t/brewers/submissions/new/", b"x", content_type="multipart/form-data"),
        403: Client(enforce_csrf_checks=True).post("/t/brewers/submissions/new/"),
        404: client.get("/t/nobody/submissions/"),
        405: client.put("/t/brewers/submissions/"),
        422: browser.enter({"email": "wrong"}),
    }
    monkeypatch.setattr(keys, "find_live_and_practice", lambda team: 1 / 0)
    answers[500] = client.get("/t/brewers/submissions/")
    for status, response in answers.items():
        assert response.status_code == status
        check_headers(response)
        assert response["X-Frame-Options"] == "DENY"
        assert response["Cache-Control"] == "no-store"
        assert {"HX-Request", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}


@pytest.mark.parametrize(
    "path", ["/nothing/", "/accounts/login/", "/admin/login/", "/healthz", "/readyz", "/t/x/submissions/"]
)
def test_it_sends_the_headers_to_strangers_too(db, path):
    check_headers(Client().get(path))


def test_it_sends_the_headers_with_static_files(db, settings):
    with override_settings(WHITENOISE_USE_FINDERS=True, WHITENOISE_AUTOREFRESH=True):
        response = Client().get("/static/leads/app.css")
    assert (response.status_code, len(response.getvalue()) > 1_000) == (200, True)
    response.close()
    check_headers(response)


def test_it_makes_every_request_id_itself(db):
    client = Client()
    ids = {client.get("/healthz", headers={"X-Request-ID": "evil\r\nX: y"})["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3 and not any("evil" in value for value in ids)


@pytest.mark.parametrize("path", ["/<script>alert(1)</script>/", "/t/'\"><img src=x>/submissions/", "/%3Cscript%3E"])
def test_it_repeats_nothing_of_an_address_that_does_not_exist(db, path):
    response = Client().get(path)
    assert response.status_code == 404
    assert "alert(1)" not in response.content.decode() and "src=x" not in response.content.decode()


IN_HTTPS = """
import json, os, django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
call_command("migrate", verbosity=0)
plain = Client().get("/accounts/login/", headers={"Host": "portal.example.com"})
health = Client().get("/healthz", headers={"Host": "portal.example.com"})
page = Client().get("/accounts/login/", headers={"Host": "portal.example.com"}, secure=True)
print(json.dumps({
    "plain": [plain.status_code, plain.get("Location")], "health": health.status_code, "page": page.status_code,
    "hsts": page["Strict-Transport-Security"],
    "cookies": {name: {key: morsel[key] for key in ("secure", "httponly", "samesite", "path", "domain")}
                for name, morsel in page.cookies.items()},
    "session": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
                settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_DOMAIN],
}))
"""


def test_it_locks_cookies_to_https_where_people_reach_it_by_https(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "PORTAL_DATA_DIR": str(tmp_path),
        "PORTAL_URL": "https://portal.example.com",
        "DJANGO_SETTINGS_MODULE": "leadportal.settings",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [sys.executable, "-c", IN_HTTPS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    seen = json.loads(done.stdout)
    assert seen["plain"] == [301, "https://portal.example.com/accounts/login/"]
    assert (seen["health"], seen["page"]) == (200, 200)
    assert seen["hsts"] == "max-age=31536000; includeSubDomains; preload"
    assert seen["cookies"]["__Host-portal-csrf"]["secure"] is True
    assert seen["cookies"]["__Host-portal-csrf"]["path"] == "/" and not seen["cookies"]["__Host-portal-csrf"]["domain"]
    assert seen["session"] == ["__Host-portal-session", True, True, "Lax", "/", None]
