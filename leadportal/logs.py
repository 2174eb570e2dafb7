"""Log lines as a person reads them, or as JSON; each with the id of the request it belongs to, none with a secret."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from textwrap import indent
from typing import Any

from django.conf import settings

from .redaction import RedactingFormatter, redact

#: The id that is also in ``X-Request-ID``, in audit entries, and on the error page as its reference.
request_id: ContextVar[str] = ContextVar("request_id", default="")

MIN_SECRET = 8  # a shorter value would be found in ordinary words


class LineFormatter(RedactingFormatter):
    """One line, and a traceback below it, set in: nothing that came from outside can look like a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return indent(super().formatException(ei), "  ", lambda line: True)

    def format(self, record: logging.LogRecord) -> str:
        make_fit(record)
        current = request_of(record)
        record.reference = f" [{current}]" if current else ""
        return clean(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        make_fit(record)
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": clean(record.getMessage()),
            "process": record.process,
        }
        if current := request_of(record):
            said["request_id"] = current
        if record.exc_info:
            said["traceback"] = clean(self.formatException(record.exc_info))
        return one_line(json.dumps(said, ensure_ascii=False))


def request_of(record: logging.LogRecord) -> str:
    """What is logged about an answer comes after the request is over, but names it."""
    return request_id.get() or str(getattr(getattr(record, "request", None), "request_id", ""))


def make_fit(record: logging.LogRecord) -> None:
    """Where arguments do not fit, ``logging`` would print them as they are, secrets and all."""
    try:
        record.getMessage()
    except Exception:
        record.msg, record.args = f"{record.msg} [its arguments do not fit]", None


def one_line(text: str) -> str:
    """``text`` with every sign that moves the rest of it, to another line or another order, written out."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def clean(text: str) -> str:
    """Without anything that looks like a secret, and without the values of our own."""
    for value in _own_secrets():
        text = text.replace(value, "[secret]")
    return redact(text)


@cache
def _own_secrets() -> list[str]:
    values = [
        settings.SECRET_KEY,
        settings.PORTAL_AUDIT_KEY,
        *settings.PORTAL_ENCRYPTION_KEYS,
        settings.PORTAL_METRICS_TOKEN,
        settings.OIDC_CLIENT_SECRET,
        settings.SENTRY_DSN,
        settings.DATABASES["default"].get("PASSWORD", ""),
        getattr(settings, "EMAIL_HOST_PASSWORD", ""),
        settings.REDIS.get("PASSWORD") or "",
    ]
    return sorted({str(value) for value in values if len(str(value)) >= MIN_SECRET}, key=len, reverse=True)
