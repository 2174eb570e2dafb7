"""Loaded by pytest before anything else (see addopts): the environment of every test, and nothing from outside it."""

from __future__ import annotations

import os
import tempfile

KEPT = {"DATABASE_URL", "PORTAL_REQUIRE_ALL"}
OURS = (
    "PORTAL_",
    "BREAKCOLD_",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "EMAIL_URL",
    "REDIS_URL",
    "OIDC_",
    "SENTRY_DSN",
)

for name in list(os.environ):
    if name.startswith(OURS) and name not in KEPT:
        del os.environ[name]

os.environ.update(
    {
        "PORTAL_DATA_DIR": tempfile.mkdtemp(prefix="portal-test-"),
        "SECRET_KEY": "only-for-tests-" + "s" * 40,
        "PORTAL_AUDIT_KEY": "only-for-tests-" + "a" * 40,
        "PORTAL_ENCRYPTION_KEYS": "dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtMTI=",
        "BREAKCOLD_TIMEOUT_SECONDS": "5",
    }
)
