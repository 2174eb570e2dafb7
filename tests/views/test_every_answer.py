"""Every address where something breaks, and addresses at which others keep what nobody should see."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.fakes import SANDBOX_KEY

from .test_forged import addresses, check_locked, full  # noqa: F401  (a fixture)

INSIDE = "secret-of-the-view"


class BreakingMiddleware:
    """Has every view fail with what no page may show."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        raise RuntimeError(f"{INSIDE} X-API-KEY: {SANDBOX_KEY}")


def test_every_address_fails_with_a_reference_and_says_nothing_else(full, alice, browse, settings):  # noqa: F811
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.BreakingMiddleware"]
    client = browse(alice).client
    failed = 0
    for url in addresses(full):
        for method in ("get", "post"):
            response = getattr(client, method)(url)
            if response.status_code == 404:  # no view at all
                continue
            text = response.content.decode()
            assert response.status_code == 500, url
            assert response["X-Request-ID"] in text, url
            assert not [word for word in (INSIDE, SANDBOX_KEY, "Traceback", ".py", "RuntimeError") if word in text], url
            check_locked(response, url)
            failed += 1
    assert failed > 250


#: What scanners ask every server for first.
LEFT_OPEN = [
    ".git/HEAD", ".git/config", ".env", ".env.bak", "secrets.env", "var/secrets.env", "var/portal.sqlite3",
    "portal.sqlite3", "db.sqlite3", "backup.zip", "portal.backup", "manage.py", "leadportal/settings.py",
    "requirements.txt", "pyproject.toml", ".ci/run", ".pre-commit-config.yaml", "Dockerfile", "deploy/compose.yaml",
    "docs/", "__debug__/", "debug/", "console", "server-status", "phpinfo.php", "wp-login.php", "actuator/env",
    "swagger/", "api/docs", "graphql", ".well-known/security.txt", ".svn/entries", ".DS_Store", "id_rsa", "mail/",
    "static/", "static/leads/", "static/leads/app.css~", "static/staticfiles.json", "static/../manage.py",
    "static/%2e%2e/manage.py", "static/..%2f..%2fetc/passwd", "static//etc/passwd", "media/", "uploads/", "rest/",
    "rest/leads/1", "_sandbox/ledger", "metrics/", "admin/doc/", "accounts/", "favicon.ico.bak", "robots.txt.old",
]  # fmt: skip


@pytest.mark.django_db
def test_nothing_lies_about_that_nobody_should_see() -> None:
    client = Client(raise_request_exception=False)
    for path in LEFT_OPEN:
        response = client.get(f"/{path}")
        moved = response.status_code in (301, 302) and response["Location"].startswith(("/", "http://testserver/"))
        assert response.status_code in (401, 404) or moved, path
        assert not b"".join(response).count(b"import "), path
