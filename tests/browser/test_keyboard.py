"""Keys alone: from signing in to a lead in Breakcold, through the menus and the help."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.portal import email_of

DETAIL = re.compile(r"/submissions/[0-9a-f-]{36}/$")
MOST_TABS = 60


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until that is what has the focus; where it is must be visible."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none", f"{selector} shows no focus"
            return
    raise AssertionError(f"{selector} was not reached")


def test_a_lead_is_entered_with_keys_alone(journey):
    page = journey.page
    page.goto(journey.portal.url)
    tab_to(page, "[name=login]") if not page.evaluate("document.activeElement.matches('[name=login]')") else None
    page.keyboard.type(email_of("member"))
    tab_to(page, "[name=password]")
    page.keyboard.type(journey.portal.passwords["member"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/demo/")
    page.keyboard.press("n")
    page.wait_for_url("**/new/")
    expect(page.locator("[name=first_name]")).to_be_focused()
    page.keyboard.type("Keys")
    tab_to(page, "[name=email]")
    page.keyboard.type("keys at example")
    tab_to(page, "[name=company]")
    expect(page.locator("#message-email")).to_contain_text("not an email address")
    page.keyboard.type("Example Keys")
    tab_to(page, "#group-deal > summary")
    page.keyboard.press("Space")
    tab_to(page, "[name=contract_name]")
    page.keyboard.type("Autumn order")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#error-summary")).to_be_focused()
    tab_to(page, "#error-summary a")
    page.keyboard.press("Enter")
    expect(page.locator("[name=email]")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("keys@example.com")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(DETAIL)
    expect(page.locator("article[data-state=created]")).to_be_visible(timeout=30_000)
    assert [
        text for text in journey.console if "422" not in text
    ] == []  # the browser tells of the form that was refused


def test_the_help_opens_and_closes_with_keys(journey):
    page = journey.sign_in("reviewer")
    page.goto(f"{journey.portal.url}/t/demo/submissions/")
    page.keyboard.press("?")
    help_box = page.locator("#help")
    expect(help_box).to_be_visible()
    expect(help_box).to_contain_text("Approve")
    page.keyboard.press("Escape")
    expect(help_box).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("[name=q]")).to_be_focused()
    page.keyboard.type("?")  # in a field it is a letter like any other
    expect(page.locator("[name=q]")).to_have_value("?")
    expect(help_box).to_be_hidden()
    page.goto(f"{journey.portal.url}/t/demo/submissions/")  # Tab begins at the top again
    tab_to(page, "#user-menu > summary")
    page.keyboard.press("Enter")
    tab_to(page, "#user-menu [popovertarget=help]")
    page.keyboard.press("Enter")
    expect(help_box).to_be_visible()
    page.keyboard.press("?")
    expect(help_box).to_be_hidden()


def test_the_home_and_the_help_work_without_script(journey_without_script):
    page = journey_without_script.sign_in("member")
    expect(page.locator("h1")).to_have_text("Demo team")
    page.click("#user-menu > summary")
    page.click("#user-menu [popovertarget=help]")
    expect(page.locator("#help")).to_be_visible()
    page.click("#help a:has-text('field')")
    expect(page.locator("h1")).to_have_text("Fields of a lead")
