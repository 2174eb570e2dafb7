"""The main job, end to end: sign in, type a lead, send it, watch it arrive, find it in the audit log."""

from __future__ import annotations

import re

from playwright.sync_api import expect

DETAIL = re.compile(r"/submissions/[0-9a-f-]{36}/$")


def wait_for_breakcold(page) -> None:
    """Without script a reader reloads."""
    for _ in range(40):
        if page.locator("article[data-state=created]").count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("it did not arrive")


def test_it_brings_a_typed_lead_to_breakcold_and_into_the_audit_log(journey):
    page = journey.sign_in("member")
    page.keyboard.press("n")
    page.wait_for_url("**/new/")
    page.keyboard.type("Máire")  # the first field is where one types
    page.keyboard.press("Tab")
    page.keyboard.type("Ní Bhriain")
    page.fill("[name=email]", "maire@example.com")
    page.fill("[name=company]", "Grúdlann Theo")
    page.click("#group-place > summary")
    page.click("#picker-tags > summary")
    page.fill("[data-picker-filter] >> visible=true", "cold")
    page.locator("#picker-tags li:visible input").first.check()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(DETAIL)
    article = page.locator("article[data-state=created]")
    expect(article).to_be_visible(timeout=30_000)
    lead_id = article.get_attribute("data-breakcold-id")
    expect(article).to_contain_text("In Breakcold")
    [lead] = [row for row in journey.portal.received() if row["id"] == lead_id]
    body = lead["body"]
    assert (body["first_name"], body["email"], len(body["tags"])) == ("Máire", "maire@example.com", 1)

    reference = page.locator(".ref").first.inner_text()
    page.click("nav >> text=Audit log")
    page.fill("[name=about]", reference)
    page.click("button:has-text('Filter')")
    actions = [row.get_attribute("data-action") for row in page.locator("tr[data-action]").all()]
    assert actions == ["submission.created", "submission.claimed", "submission.queued"]
    page.click("text=Check the chain")
    expect(page.locator(".banner[data-tone=ok]")).to_contain_text("The chain is whole")
    assert journey.console == []
    assert journey.foreign == []


def test_it_checks_a_field_when_it_is_left_and_loses_nothing(journey):
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.fill("[name=email]", "not an email")
    page.keyboard.press("Tab")
    expect(page.locator("#message-email")).to_contain_text("not an email address")
    expect(page.locator("[name=email]")).to_have_attribute("aria-invalid", "true")
    page.fill("[name=first_name]", "Typed")
    page.click("[data-send]")
    expect(page.locator("#error-summary")).to_be_focused()
    page.click("#error-summary a")
    expect(page.locator("[name=email]")).to_be_focused()
    expect(page.locator("[name=first_name]")).to_have_value("Typed")
    expect(page.locator("[name=is_draft][type=checkbox]")).not_to_be_checked()


def test_it_keeps_what_was_typed_when_the_session_ends(journey):
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.fill("[name=email]", "kept@example.com")
    journey.context.clear_cookies(name="portal-session")
    page.click("[data-send]")
    expect(page.locator("#notices")).to_contain_text("You were signed out")
    with journey.context.expect_page() as opened:
        page.click("#notices a")
    journey.sign_in("member", opened.value)
    expect(page.locator("[name=email]")).to_have_value("kept@example.com")
    page.click("[data-send]")
    page.wait_for_url(DETAIL)


def test_it_makes_one_lead_of_a_double_click(journey):
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.fill("[name=email]", "double@example.com")
    page.dblclick("[data-send]")
    page.wait_for_url(DETAIL)
    page.goto(f"{journey.portal.url}/t/demo/submissions/?q=double%40example.com")
    expect(page.locator("tr[data-state]")).to_have_count(1)


def test_it_takes_a_lead_back_before_it_leaves(journey):
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.fill("[name=email]", "undone@example.com")
    page.click("[data-send]")
    page.wait_for_url(DETAIL)
    page.click("button:has-text('Undo')")
    expect(page.locator("article[data-state=cancelled]")).to_be_visible()
    assert not [row for row in journey.portal.received() if row["body"].get("email") == "undone@example.com"]


def test_it_works_without_script(journey_without_script):
    journey = journey_without_script
    page = journey.sign_in("member")
    page.click("text=New lead")
    page.fill("[name=email]", "nope")
    page.click("[data-send]")
    expect(page.locator("#message-email")).to_contain_text("not an email address")
    page.fill("[name=email]", "plain@example.com")
    page.click("[data-send]")
    page.wait_for_url(DETAIL)
    wait_for_breakcold(page)


def test_it_loses_nothing_without_script_when_the_session_ends(journey_without_script):
    journey = journey_without_script
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/")
    page.fill("[name=email]", "handed-back@example.com")
    journey.context.clear_cookies(name="portal-session")
    page.click("[data-send]")
    expect(page.locator("h1")).to_contain_text("signed out")
    expect(page.locator("main")).to_contain_text("handed-back@example.com")
    with journey.context.expect_page() as opened:
        page.click("main a[target=_blank]")
    journey.sign_in("member", opened.value)
    page.click("text=Send it now")  # the token is older than the sign-in: handed back once more
    page.click("text=Send it now")
    page.wait_for_url(DETAIL)
