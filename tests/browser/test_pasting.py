"""A signature is pasted into the form, put back, pasted again and sent."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.pasted.signatures import SIGNATURES

DETAIL = re.compile(r"/submissions/[0-9a-f-]{36}/$")
_, TEXT, VALUES, REST = SIGNATURES["america"]
PASTE = """([selector, text]) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const about = {clipboardData, bubbles: true, cancelable: true};
  document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", about));
}"""


def test_a_signature_becomes_a_lead(journey):
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.fill("[name=website_url]", "typed.example")
    page.evaluate(PASTE, ["[name=first_name]", TEXT])
    expect(page.locator("#paste")).to_contain_text(f"Filled {len(VALUES)} fields from what you pasted")
    for name, value in VALUES.items():
        expect(page.locator(f"[name={name}]")).to_have_value(value)
    expect(page.locator("[name=website_url]")).to_have_value("typed.example")
    expect(page.locator("[name=pasted]")).to_have_value("\n".join(REST))
    expect(page.locator("#draft-state")).to_contain_text("Saved as a draft", timeout=30_000)
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("[name=first_name]")).to_have_value("")
    expect(page.locator("[name=website_url]")).to_have_value("typed.example")
    page.get_by_role("button", name="Fill in").click()
    expect(page.locator("[name=first_name]")).to_have_value(VALUES["first_name"])
    page.keyboard.press("Control+Enter")
    page.wait_for_url(DETAIL)
    expect(page.locator("h1")).to_have_text(f"{VALUES['first_name']} {VALUES['last_name']}")
    assert journey.console == []


def test_one_word_is_pasted_as_ever(journey):
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.evaluate(PASTE, ["[name=first_name]", "Sam"])  # the browser itself does what it always does
    expect(page.locator("#paste details")).not_to_have_attribute("open", "")
    expect(page.locator("#paste")).not_to_contain_text("Filled")


def test_it_fills_in_without_script(journey_without_script):
    page = journey_without_script.sign_in("member")
    page.goto(f"{journey_without_script.portal.url}/t/demo/submissions/new/")
    _, text, values, _ = SIGNATURES["france"]  # somebody else: the other one was entered already
    page.click("#paste summary")
    page.fill("[name=pasted]", text.replace("01 55", "+33 1 55"))
    page.get_by_role("button", name="Fill in").click()
    expect(page.locator("[name=email]")).to_have_value(values["email"])
    page.locator("[name=email]").press("Enter")
    page.wait_for_url(DETAIL)
