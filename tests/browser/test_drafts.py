"""Nothing typed is lost: a crash, a session that ended, a restart of the portal, the back button."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.portal import Portal

DETAIL = re.compile(r"/submissions/[0-9a-f-]{36}/$")
SAVED = 30_000  # ms: it saves after three seconds of rest


def begin(page: Page, portal: Portal, name: str) -> None:
    page.goto(f"{portal.url}/t/demo/submissions/new/")
    page.locator("[name=first_name]").fill(name)
    page.locator("[name=email]").fill("half an addr")


def go_on(page: Page, portal: Portal, name: str) -> None:
    page.goto(f"{portal.url}/t/demo/")
    page.get_by_role("link", name=f"Go on with {name}").click()
    expect(page.locator("[name=email]")).to_have_value("half an addr")


def test_what_was_typed_is_there_after_a_crash(journey, browser):
    page = journey.sign_in("member")
    begin(page, journey.portal, "Crash")
    expect(page.locator("#draft-state")).to_contain_text("Saved as a draft", timeout=SAVED)
    expect(page.locator("[name=email]")).to_be_focused()
    expect(page.locator("[name=email]")).to_have_value("half an addr")
    kept = journey.context.storage_state()
    journey.context.close()  # at once, as a crash does: no page hears of it
    context = browser.new_context(storage_state=kept)
    page = context.new_page()
    go_on(page, journey.portal, "Crash")
    page.locator("[name=email]").fill("crash@example.com")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(DETAIL)
    page.goto(f"{journey.portal.url}/t/demo/submissions/")
    expect(page.locator("#drafts")).to_have_count(0)
    context.close()
    assert journey.console == []


def test_after_a_session_that_ended_the_form_goes_on_in_place(journey):
    """Signed in again in another tab, the form that stayed open saves and sends as if nothing had happened."""
    page = journey.sign_in("member")
    begin(page, journey.portal, "Session")
    journey.context.clear_cookies(name="portal-session")
    expect(page.locator("#notices .notice")).to_be_visible(timeout=SAVED)  # the draft could not be saved
    expect(page.locator("[name=email]")).to_have_value("half an addr")
    other = journey.context.new_page()
    other.goto(journey.portal.url)
    journey.sign_in("member", other)
    page.bring_to_front()
    page.locator("[name=email]").fill("session@example.com")
    expect(page.locator("#draft-state")).to_contain_text("Saved as a draft", timeout=SAVED)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(DETAIL)


def test_a_portal_that_is_away_loses_nothing_and_saves_again_when_it_is_back(journey):
    """As the browser sees a restart: no answer for a while, then answers again."""
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.route("**/t/demo/**", lambda route: route.abort("connectionrefused"))
    page.locator("[name=first_name]").fill("Restart")
    expect(page.locator("#draft-state")).to_contain_text("Not saved just now", timeout=SAVED)
    page.locator("[name=email]").fill("restart@example.com")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices")).to_contain_text("Nothing you typed is lost")
    expect(page.locator("[name=first_name]")).to_have_value("Restart")
    page.unroute("**/t/demo/**")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(DETAIL)
    expect(page.locator("h1")).to_have_text("Restart")


def test_the_back_button_brings_back_what_was_typed(journey):
    page = journey.sign_in("member")
    begin(page, journey.portal, "Back")
    expect(page.locator("#draft-state")).to_contain_text("Saved as a draft", timeout=SAVED)
    page.goto(f"{journey.portal.url}/t/demo/submissions/")
    page.go_back()
    form = page.locator("[name=email]")
    if form.input_value() != "half an addr":  # a browser that keeps no page; the draft is there all the same
        go_on(page, journey.portal, "Back")
    expect(form).to_have_value("half an addr")
    page.locator("[name=email]").fill("back@example.com")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(DETAIL)


def let_all_leave(page: Page, portal: Portal) -> None:
    """So that what is set up for the next lead is not used up by one from before."""
    for _ in range(120):
        page.goto(f"{portal.url}/t/demo/submissions/?state=queued")
        if page.locator("#submissions tbody tr").count() == 0:
            return
        page.wait_for_timeout(500)
    raise AssertionError("leads from before do not leave")


def test_changes_of_a_lead_are_there_after_a_crash(journey):
    page = journey.sign_in("member")
    let_all_leave(page, journey.portal)
    refused = {"issues": [{"code": "x", "path": ["email"], "message": "No"}]}
    journey.portal.tell_sandbox("faults", action="refuse", method="POST", path="/rest/lead", **refused)
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.locator("[name=first_name]").fill("Changed")
    page.locator("[name=email]").fill("changed@example.com")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article[data-state=failed]", timeout=60_000)
    page.get_by_role("button", name="Correct it").click()
    page.wait_for_url("**/edit/")
    address = page.url
    page.locator("[name=email]").fill("half an addr")
    expect(page.locator("#draft-state")).to_contain_text("saved, and not sent", timeout=SAVED)
    page.goto(f"{journey.portal.url}/t/demo/")
    page.goto(address)
    expect(page.locator("[name=email]")).to_have_value("half an addr")
    page.get_by_role("button", name="Throw my changes away").click()
    expect(page.locator("[name=email]")).to_have_value("changed@example.com")
