"""Run a management command as an operator would, with something on standard input."""

from __future__ import annotations

import io
import sys
from typing import Any
from unittest import mock

from django.core.management import call_command


def run(*arguments: str, stdin: str | bytes = "", **options: Any) -> str:
    """What the command printed. ``CommandError`` and ``SystemExit`` go through."""
    out = io.StringIO()
    given = stdin if isinstance(stdin, bytes) else stdin.encode()
    with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8")):
        call_command(*arguments, stdout=out, **options)
    return out.getvalue()
