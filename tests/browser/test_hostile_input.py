"""Hostile texts in every field, on every page that shows them; ``python -m bench.hostile_input`` tries all of them."""

from __future__ import annotations

import pytest

from .payloads import COUNT, ELEMENTS, PAYLOADS
from .watching import LOOK, Watch, fill, look_at

EVERY = 79  # so that each kind of text is among them


@pytest.mark.slow
def test_no_text_of_a_lead_runs_or_asks_anything(portal, browser):
    assert len(PAYLOADS) == COUNT and all("pwned" in text for text in PAYLOADS)
    made = fill(portal, EVERY)
    watch = Watch(portal, browser, made["password"])
    look_at(watch, made["pages"])
    assert watch.troubles == []
    assert {kind for kind, _ in made["pages"]} >= {"review", "lead", "form", "import", "list", "attention", "audit"}


def test_a_text_that_were_more_than_text_would_be_noticed(portal, browser):
    """Each element the texts are made of, on a page that takes it for markup."""
    watch = Watch(portal, browser)
    for element in ELEMENTS:
        watch.page.goto("about:blank")
        watch.page.set_content(f"<p>{element}</p>", wait_until="commit")
        assert watch.page.evaluate(LOOK) or watch.troubles, element
        watch.troubles.clear()
