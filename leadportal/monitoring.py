"""The part of the settings that says how the portal is watched: its logs, and who may read its numbers."""

from importlib.util import find_spec
from typing import Any

from leadportal import environment as env

PORTAL_METRICS_TOKEN = env.read("str", "PORTAL_METRICS_TOKEN", "")
env.refuse_unless(
    not PORTAL_METRICS_TOKEN or len(PORTAL_METRICS_TOKEN) >= env.MIN_SECRET_CHARACTERS,
    "PORTAL_METRICS_TOKEN is too short: it needs at least 32 random characters.",
)
PORTAL_LOG_FORMAT = env.read("str", "PORTAL_LOG_FORMAT", "") or "line"
env.refuse_unless(PORTAL_LOG_FORMAT in ("line", "json"), "PORTAL_LOG_FORMAT must be 'line' or 'json'.")

SENTRY_DSN = env.sentry_dsn("SENTRY_DSN")
env.refuse_unless(
    not SENTRY_DSN or find_spec("sentry_sdk"),
    "SENTRY_DSN is set, but what speaks to a Sentry is not installed: run "
    "'.venv/bin/pip install --require-hashes -r requirements-sentry.txt'.",
)

#: To standard error, without secrets.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "leadportal.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s%(reference)s: %(message)s",
        },
        "json": {"()": "leadportal.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": PORTAL_LOG_FORMAT},
        "nowhere": {"class": "logging.NullHandler"},  # with no handler at all Python would write to standard error
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},  # anybody could fill a log
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        "rq": {"level": "WARNING"},
    },
}

if SENTRY_DSN:
    LOGGING["handlers"]["sentry"] = {"()": "leadportal.sentry.SentryHandler"}
    for _logger in (LOGGING["root"], LOGGING["loggers"]["django"]):
        _logger["handlers"].append("sentry")
