"""Tells a Sentry of errors, where ``SENTRY_DSN`` names one: what kind, where in the code, and the reference. No more.

The library's own collecting stays switched off: it would send requests, variables and messages, and with them people.
What went wrong in words is in the portal's own log, under the same reference. ``sentry-sdk`` is imported here alone.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.atexit import AtexitIntegration

from .logs import clean, request_of

BASE = Path(__file__).resolve().parent.parent
MAX_CAUSES = 10


class SentryHandler(logging.Handler):
    """Each record becomes an event made of a few things that are named here."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        sentry_sdk.init(
            dsn=settings.SENTRY_DSN,
            release=f"lead-portal@{settings.PORTAL_VERSION}",
            server_name=settings.PORTAL_HOST,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[AtexitIntegration(callback=lambda pending, timeout: None)],
            include_local_variables=False,
            send_default_pii=False,
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            before_send=lambda event, hint: _cleaned(event),
        )

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):  # an error about an error ends nothing, and is not printed: it would be unredacted
            sentry_sdk.capture_event(_event(record))


def _event(record: logging.LogRecord) -> Any:
    error = record.exc_info[1] if record.exc_info else None
    return {
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _sentence(record),
        "tags": {"request_id": request_of(record)},
        "exception": {"values": [_told(each) for each in _causes(error)][::-1]},
    }


def _sentence(record: logging.LogRecord) -> str:
    """As it stands in the code, without what is filled in; libraries may have put it together before."""
    is_ours = record.name.partition(".")[0] in ("leads", "leadportal")
    return str(record.msg) if is_ours or record.args else f"{record.module}:{record.lineno}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(MAX_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    return {
        "type": kind.__qualname__,
        "module": kind.__module__,
        "stacktrace": {"frames": list(_frames(error.__traceback__))},
    }


def _frames(trace: TracebackType | None) -> Iterator[dict[str, Any]]:
    for frame, line in traceback.walk_tb(trace):
        path = Path(frame.f_code.co_filename)
        is_ours = path.is_relative_to(BASE) and ".venv" not in path.parts
        name = path.relative_to(BASE).as_posix() if is_ours else "/".join(path.parts[-3:])
        yield {"filename": name, "function": frame.f_code.co_name, "lineno": line, "in_app": is_ours}


def _cleaned(value: Any) -> Any:
    """The last wall: no text leaves with what looks like a secret."""
    if isinstance(value, dict):
        return {key: _cleaned(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    return clean(value) if isinstance(value, str) else value
