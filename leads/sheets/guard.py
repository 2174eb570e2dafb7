"""Text that a spreadsheet program would run as a formula is kept from it by an apostrophe, which reading takes away.

An apostrophe that was there before gets one more, so that every text comes back as it was.
"""

from __future__ import annotations

import re

#: What a formula, or a cell that slips into one, begins with; spreadsheet programs take the full-width forms too.
DANGEROUS = "=+-@\t\r\n＝＋－＠"
_RUNS = re.compile(f"'*[{re.escape(DANGEROUS)}]")
_GUARDED = re.compile(f"'+[{re.escape(DANGEROUS)}]")


def guarded(text: str) -> str:
    return f"'{text}" if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def kept(text: str) -> str:
    """For a cell that is text by its type and needs no guard: what reading would take away is put there twice."""
    return f"'{text}" if _GUARDED.match(text) else text
