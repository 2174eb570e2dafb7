"""An admin without a mail server invites; a new person opens the link in a browser of their own and enters a lead."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from .test_main_job import DETAIL

PASSWORD = "correct horse battery"


def test_it_brings_a_new_person_from_a_copied_link_to_their_first_lead(journey, browser):
    journey.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = journey.sign_in("admin")
    page.click("nav >> text=Settings")
    page.click("#settings-nav >> text=People")
    page.fill("[name=email]", "Dora.Daly@example.com")
    page.click("button:has-text('Make the invitation')")
    expect(page.locator("#new-link")).to_contain_text("This portal sends no mail")
    expect(page.locator("#new-link")).to_be_focused()
    page.click("[data-copy]")
    expect(page.locator("[data-copy]")).to_have_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(re.escape(journey.portal.url) + r"/invitations/lpi_[\w-]{43}/", link)
    page.reload()
    expect(page.locator("#invitations")).to_contain_text("dora.daly@example.com")
    assert "lpi_" not in page.content()

    context = browser.new_context(viewport={"width": 390, "height": 844})
    told = []
    try:
        new = context.new_page()
        new.set_default_timeout(20_000)
        new.on("request", lambda request: told.append(request.headers.get("referer", "")))
        new.goto(link)
        expect(new.locator("h1")).to_have_text("Join Demo team")
        new.fill("[name=name]", "Dora Daly")
        new.fill("[name=password1]", PASSWORD)
        new.fill("[name=password2]", PASSWORD)
        new.click("main button[type=submit]")
        new.wait_for_url("**/t/demo/submissions/")
        expect(new.locator("#notices")).to_contain_text("You are in Demo team, as a member")
        new.click("text=New lead")
        new.fill("[name=email]", "first@example.com")
        new.click("[data-send]")
        new.wait_for_url(DETAIL)
        expect(new.locator("article[data-state=created]")).to_be_visible(timeout=30_000)
        assert [address for address in told if "lpi_" in address] == []
        new.goto(link)
        assert urlsplit(new.url).path == "/t/demo/"
    finally:
        context.close()

    page.reload()
    row = page.locator("tr[data-role=member]", has_text="Dora Daly")
    expect(row).to_contain_text("dora.daly@example.com")
    row.locator("a").click()
    page.click("summary:has-text('Take out')")
    page.click("button:has-text('Take them out')")
    expect(page.locator("#notices")).to_contain_text("Dora Daly is out of the team")
    assert journey.console == []


def test_it_works_without_script(journey_without_script, browser):
    journey = journey_without_script
    page = journey.sign_in("admin")
    page.goto(f"{journey.portal.url}/t/demo/settings/members/")
    page.fill("[name=email]", "erin@example.com")
    page.click("button:has-text('Make the invitation')")
    link = page.locator("#invitation-link").inner_text()
    expect(page.locator("[data-copy]")).to_be_hidden()
    context = browser.new_context(java_script_enabled=False)
    try:
        new = context.new_page()
        new.goto(link)
        new.fill("[name=name]", "Erin")
        new.fill("[name=password1]", PASSWORD)
        new.fill("[name=password2]", "another one altogether")
        new.click("main button[type=submit]")
        expect(new.locator("#message-password2")).to_contain_text("not the same password")
        new.fill("[name=password1]", PASSWORD)
        new.fill("[name=password2]", PASSWORD)
        new.click("main button[type=submit]")
        new.wait_for_url("**/t/demo/submissions/")
    finally:
        context.close()
