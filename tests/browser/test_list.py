"""The list of leads by keys."""

from __future__ import annotations

from playwright.sync_api import expect


def test_it_is_walked_with_keys_and_opened_with_enter(journey):
    page = journey.sign_in("member")
    for name in ("Older", "Newer"):
        page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
        page.locator("[name=first_name]").fill(name)
        page.locator("[name=email]").fill(f"{name}@example.com")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/submissions/*-*/")
    page.goto(f"{journey.portal.url}/t/demo/submissions/")
    links = page.locator("[data-rows] .cover")
    expect(links.first).to_have_text("Newer")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/submissions/*-*/")
    expect(page.locator("h1")).to_have_text("Newer")
    assert journey.console == []
