"""After somebody signed out, whoever uses the computer next finds nothing of a lead in the browser's folder.

What stands in an address stays in the browser's history, so what was searched for does: docs/security-scans.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserType

from . import chromium

FIRST, LAST, COMPANY = "Canaria", "Vogelsangsdottir", "Quetzalbrewery"
EMAIL, NOTE = "canaria@quetzal.example", "Zanzibar-Icebreaker"
TRACES = (LAST, COMPANY, "quetzal.example", NOTE)


def found_in(folder: Path) -> list[str]:
    """Each trace of the lead in a file below the folder, however its text is kept."""
    spellings = [(trace, form) for trace in TRACES for form in (trace.encode(), trace.encode("utf-16-le"))]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [
        f"{trace} in {path.relative_to(folder)}"
        for path in files
        for content in [path.read_bytes().lower()]
        for trace, form in spellings
        if form.lower() in content
    ]


@pytest.mark.slow
def test_no_word_of_a_lead_stays_in_the_browser_s_folder(portal, browser, tmp_path):
    kind: BrowserType = browser.browser_type
    with kind.launch_persistent_context(tmp_path / "profile", **chromium.options()) as context:
        page = context.pages[0]
        chromium.sign_in(page, portal, "member")
        page.goto(f"{portal.url}/t/demo/submissions/new/")
        for name, text in (("first_name", FIRST), ("last_name", LAST), ("company", COMPANY), ("email", EMAIL)):
            page.fill(f"[name={name}]", text)
        page.click("summary:has-text('Icebreakers')")
        page.fill("[name=icebreaker]", NOTE)
        page.click("[data-send]")
        page.wait_for_selector("article[id^=submission-]")
        page.goto(f"{portal.url}/t/demo/submissions/")
        page.click(f"a.cover:has-text('{LAST}')")
        page.wait_for_selector("article[id^=submission-]")
        page.goto(f"{portal.url}/t/demo/submissions/new/")
        page.fill("[name=last_name]", LAST)  # typed, and left
        page.goto(f"{portal.url}/t/demo/")
        page.click("#user-menu summary")
        page.click("text=Sign out")
        page.wait_for_url("**/accounts/login/**")
    assert (tmp_path / "profile").exists() and found_in(tmp_path / "profile") == []
