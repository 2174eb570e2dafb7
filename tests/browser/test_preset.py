"""An admin makes a preset, a rep enters a lead with it, and a duplicate is noticed."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

DETAIL = re.compile(r"/submissions/[0-9a-f-]{36}/$")


def use(page, field, what):
    page.locator(f'[id="row-{field}"] > .row select').select_option(what)


def fill_in(page, field, text):
    page.locator(f'[id="row-{field}"] > details > summary').click()
    page.fill(f'[name="default.{field}"]', text)


def make_preset(page, url, name):
    page.goto(f"{url}/t/demo/settings/presets/new/")
    page.fill("[name=name]", name)
    for field in ("website_url", "linkedin_url", "company_role"):
        use(page, field, "out")
    use(page, "company", "required")
    use(page, "city", "locked")
    fill_in(page, "city", "Cork")


def order(page):
    return json.loads(page.locator("#preset-form [name=order]").get_attribute("value"))


def test_it_brings_a_lead_through_a_preset(journey):
    page = journey.sign_in("admin")
    make_preset(page, journey.portal.url, "Brewery fair")
    assert order(page).index("phone") > order(page).index("email")
    page.click("#up-phone")
    expect(page.locator("#row-phone + #row-email")).to_be_visible()
    expect(page.locator("#up-phone")).to_be_focused()
    page.click("button[name=preview]")
    expect(page.locator("#preview")).to_be_focused()
    expect(page.locator("#preview #field-city")).to_contain_text("Cork")
    assert page.locator("#preview form").count() == 0
    page.click("#preset-form .action-bar .primary")
    page.wait_for_url("**/presets/")
    card = page.locator("article", has_text="Brewery fair")
    expect(card.locator("img")).to_have_js_property("complete", True)
    assert card.locator("img").evaluate("image => image.naturalWidth") > 0

    page.goto(card.locator("a[id^=link-]").get_attribute("href") + "&email=fair%40example.com&city=Rome")
    expect(page.locator("#field-city")).to_contain_text("Cork")
    expect(page.locator("[name=email]")).to_have_value("fair@example.com")
    page.click("[data-send]")
    expect(page.locator("#message-company")).to_contain_text("asks for it")
    page.fill("[name=company]", "Theo’s Brewery")
    page.click("[data-send]")
    page.wait_for_url(DETAIL)
    article = page.locator("article[data-state=created]")
    expect(article).to_be_visible(timeout=30_000)
    [lead] = [row for row in journey.portal.received() if row["id"] == article.get_attribute("data-breakcold-id")]
    assert (lead["body"]["city"], lead["body"]["company"]) == ("Cork", "Theo’s Brewery")

    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.fill("[name=email]", "fair@example.com")
    page.keyboard.press("Tab")
    expect(page.locator("#message-email")).to_contain_text("Entered already?")
    expect(page.locator("[name=email]")).not_to_have_attribute("aria-invalid", "true")
    page.click("[data-send]")
    expect(page.locator("#duplicates")).to_be_focused()
    page.click("#duplicates button")
    page.wait_for_url(DETAIL)
    assert [text for text in journey.console if "422" not in text] == []  # asking for more is no trouble
    assert journey.foreign == []


def test_it_is_made_without_script_on_a_phone(journey_without_script):
    journey = journey_without_script
    page = journey.sign_in("admin")
    make_preset(page, journey.portal.url, "Plain fair")
    page.click("#down-email")
    expect(page.locator("#row-phone + #row-email")).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value("Plain fair")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#preset-form .action-bar .primary")
    page.wait_for_url("**/presets/")
    page.locator("article", has_text="Plain fair").locator("a[id^=link-]").click()
    page.fill("[name=company]", "Plain Brewery")
    page.click("[data-send]")
    page.wait_for_url(DETAIL)
