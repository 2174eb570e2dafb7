"""No regular expression of the portal can be kept busy by a text that was made for it."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Iterator

from tests.source import BASE, read_all

LENGTH = 100_000  # characters
#: What a text is made of that is cut in every way, and then does not fit at its end.
PIECES = [
    "a", "1", "a@", "a.", "a@a.", "1 ", " ", "\t", "\n", "\r\n", ".", "-", "1,000", "1.", "'", "=", "'=", "\0", "#",
    "%41", "é", "e\u0301", "http://", "https://a", "www.", "lpt_", "X-API-KEY:", "X-API-KEY: '", "A1", "<row r=",
    "1E+1", "a-", "a_", "/", "a;", "00000000-", "/rest/lead/", "linkedin.com/in/", "sep=", '"', "<!--", "+1 (0) ",
    "2026-01-01T", "\ud83e", "Ã¼", "â€™",
]  # fmt: skip
TEXTS = [piece * (LENGTH // len(piece)) + "\x01 !" for piece in PIECES]
METHODS = ("search", "match", "fullmatch", "sub", "split", "finditer", "findall")


def expressions() -> Iterator[tuple[str, re.Pattern[str], list[str]]]:
    """Every expression that stands in a module under a name, and what its source does with it."""
    for module in read_all():
        if module.is_in("leads.migrations", "leadportal.wsgi"):
            continue
        name = module.name.removesuffix(".__init__")
        loaded = importlib.import_module(name)
        source = (BASE / (module.name.replace(".", "/") + ".py")).read_text()
        for called, value in vars(loaded).items():
            used = [method for method in METHODS if f"{called}.{method}(" in source]
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str) and f"{called} = re.compile" in source:
                yield f"{name}.{called}", value, used or ["fullmatch"]


def test_each_answers_soon_whatever_it_reads() -> None:
    """A hundred thousand characters take it moments; a careless expression would take minutes, or for ever."""
    names = []
    for name, expression, methods in expressions():
        names.append(name)
        for method in methods:
            for text in TEXTS:
                began = time.process_time()
                if method == "sub":
                    expression.sub("", text)
                elif method in ("finditer", "findall"):
                    expression.findall(text)
                else:
                    getattr(expression, method)(text)
                assert time.process_time() - began < 3, (name, method, text[:12])
    assert len(names) > 30 and "leadportal.redaction.SECRETS" in names
