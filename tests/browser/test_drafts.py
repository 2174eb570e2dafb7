"""A draft saves itself while somebody types, and is there after the browser is gone."""

from __future__ import annotations

from playwright.sync_api import expect


def test_what_was_typed_is_there_after_a_crash(journey):
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.locator("[name=first_name]").fill("Crash")
    page.locator("[name=email]").fill("half an addr")
    expect(page.locator("#draft-state")).to_contain_text("Saved as a draft", timeout=30_000)
    expect(page.locator("[name=email]")).to_be_focused()
    expect(page.locator("[name=email]")).to_have_value("half an addr")
    page.goto(f"{journey.portal.url}/t/demo/")
    page.get_by_role("link", name="Go on with Crash").click()
    expect(page.locator("[name=email]")).to_have_value("half an addr")
    page.locator("[name=email]").fill("crash@example.com")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/submissions/*-*/")
    page.goto(f"{journey.portal.url}/t/demo/submissions/")
    expect(page.locator("#drafts")).to_have_count(0)
    assert journey.console == []
