"""Review by keyboard alone, in a real browser: ten decisions, a lead that goes back and forth, two hundred at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Journey
from tests.portal import Portal

TEAM = "reviewed"


@pytest.fixture(scope="module")
def reviewed(portal: Portal) -> str:
    """A team that reviews, with people of its own."""
    made = portal.manage("createteam", TEAM, "--name", "Reviewed team", "--sandbox", "--review")
    assert made.returncode == 0, made.stderr
    portal.add_member("max", team=TEAM)
    portal.add_member("rita", team=TEAM, role="reviewer")
    return f"{portal.url}/t/{TEAM}"


@pytest.fixture
def reviewer(portal, browser) -> Iterator[Journey]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    journey = Journey(portal, context)
    yield journey
    context.close()


def enter(page, url: str, emails: list[str]) -> None:
    """Over the wire with the member's session: what is tried here is the review."""
    page.goto(f"{url}/submissions/new/")
    for email in emails:
        key = page.evaluate("crypto.randomUUID()")
        token = page.locator("#lead-form [name=csrfmiddlewaretoken]").get_attribute("value")
        answer = page.request.post(
            f"{url}/submissions/new/",
            form={"csrfmiddlewaretoken": token, "one_time_key": key, "email": email},
            headers={"Referer": f"{url}/submissions/new/"},
            max_redirects=0,
        )
        assert answer.status == 303, answer.text()[:500]


def waiting(page) -> int:
    return int(re.match(r"\d+", page.locator("#review-list h2").inner_text())[0])


def test_it_reviews_ten_leads_by_keyboard_alone(journey, reviewer, reviewed):
    enter(journey.sign_in("max"), reviewed, [f"key{number}@example.com" for number in range(10)])
    page = reviewer.sign_in("rita")
    page.goto(f"{reviewed}/review/")
    assert waiting(page) == 10
    for number in range(4):
        page.keyboard.press("a")
        expect(page.locator("#review-list h2")).to_have_text(f"{9 - number} waiting")
    first = page.locator("article").get_attribute("id")
    page.keyboard.press("j")
    expect(page.locator(f"#{first}")).to_have_count(0)
    page.keyboard.press("k")
    expect(page.locator(f"#{first}")).to_be_visible()
    page.keyboard.press("c")
    page.keyboard.type("Which company?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#review-list h2")).to_have_text("5 waiting")
    page.keyboard.press("r")
    page.keyboard.type("We know")  # picks the reason by its first letters
    page.keyboard.press("Tab")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#review-list h2")).to_have_text("4 waiting")
    page.keyboard.press("e")
    page.wait_for_url("**/edit/**")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#review-list h2")).to_have_text("3 waiting")
    for left in ("2 waiting", "1 waiting"):
        page.keyboard.press("a")
        expect(page.locator("#review-list h2")).to_have_text(left)
    page.keyboard.press("a")
    expect(page.locator("main")).to_contain_text("Nothing waits for review")
    assert reviewer.console == [] and reviewer.foreign == []


def test_it_sends_back_resubmits_and_approves(journey, reviewer, reviewed):
    member = journey.sign_in("max")
    enter(member, reviewed, ["back@example.com"])
    page = reviewer.sign_in("rita")
    page.goto(f"{reviewed}/review/")
    page.click("summary:has-text('Ask for changes')")
    page.locator("details[open] textarea[name=reason]").fill("Which city is it?")
    page.locator("details[open] button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("Nothing waits for review")

    member.goto(f"{reviewed}/submissions/")
    expect(member.locator("tbody tr").first).to_contain_text("Changes asked for")
    member.locator("tbody tr a").first.click()
    expect(member.locator("main")).to_contain_text("Which city is it?")
    member.click("text=Change it")
    member.fill("[name=city]", "Cork")
    member.click("[data-send]")
    expect(member.locator("article[data-state=pending_review]")).to_be_visible()

    page.goto(f"{reviewed}/review/")
    expect(page.locator("article")).to_contain_text("Cork")
    page.keyboard.press("a")
    expect(page.locator("main")).to_contain_text("Nothing waits for review")
    member.reload()
    expect(member.locator("article[data-state=created]")).to_be_visible(timeout=30_000)


def test_it_approves_two_hundred_at_once(journey, reviewer, reviewed):
    enter(journey.sign_in("max"), reviewed, [f"bulk{number}@example.com" for number in range(200)])
    page = reviewer.sign_in("rita")
    page.goto(f"{reviewed}/review/?show=many")
    assert waiting(page) == 200
    page.check("[data-check-all]")
    page.click("button:has-text('Approve chosen')")
    expect(page.locator("#notices")).to_contain_text("200 leads", timeout=60_000)
    expect(page.locator("main")).to_contain_text("Nothing waits for review")


def test_it_goes_on_by_keys_beyond_the_first_part_of_the_queue(journey, reviewer, reviewed):
    enter(journey.sign_in("max"), reviewed, [f"far{number}@example.com" for number in range(52)])
    page = reviewer.sign_in("rita")
    page.goto(f"{reviewed}/review/")
    fiftieth = page.locator(".queue > li a").nth(49).get_attribute("href")
    page.goto(f"{portal_of(reviewed)}{fiftieth}")
    page.keyboard.press("j")
    expect(page.locator("#lead-title")).to_have_text("far50@example.com")
    expect(page.locator(".queue > li[aria-current]")).to_be_in_viewport()
    page.keyboard.press("a")
    expect(page.locator("#lead-title")).to_have_text("far51@example.com")
    page.keyboard.press("k")
    expect(page.locator("#lead-title")).to_have_text("far49@example.com")
    assert reviewer.console == [] and reviewer.foreign == []


def portal_of(url: str) -> str:
    return url.partition("/t/")[0]
