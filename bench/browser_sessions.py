"""People typing at the same time: 200 leads through the real form in 8 Chromium sessions, against the sandbox."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

from playwright.async_api import Browser, StorageState, async_playwright
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.portal import Portal

from .places import portal_of_its_own

ARRIVE_SECONDS = 300


def sign_in_all(portal: Portal, sessions: int) -> list[StorageState]:
    """As many people as sessions: what each one's browser holds once signed in."""
    signed_in = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.options())
        for session in range(sessions):
            portal.add_member(f"person{session}")
            page = browser.new_page()
            chromium.sign_in(page, portal, f"person{session}")
            signed_in.append(page.context.storage_state())
        browser.close()
    return signed_in


async def type_leads(
    portal: Portal, browser: Browser, session: int, signed_in: StorageState, count: int
) -> list[float]:
    """One person's session; returns the seconds from opening the form to the lead's own page, for each lead."""
    context = await browser.new_context(storage_state=signed_in)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    seconds = []
    for number in range(count):
        began = time.perf_counter()
        await page.goto(f"{portal.url}/t/demo/submissions/new/")
        await page.fill("[name=first_name]", f"Session {session}")
        await page.fill("[name=last_name]", f"Lead {number}")
        await page.fill("[name=email]", f"s{session}-l{number}@example.com")
        await page.fill("[name=company]", f"Company {session}-{number}")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("article[id^=submission-]")
        seconds.append(time.perf_counter() - began)
    await context.close()
    return seconds


async def type_all(portal: Portal, people: list[StorageState], each: int) -> list[float]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium.options())
        typed = await asyncio.gather(
            *(type_leads(portal, browser, session, signed_in, each) for session, signed_in in enumerate(people))
        )
        await browser.close()
    return [seconds for one in typed for seconds in one]


def wait_for(portal: Portal, count: int) -> None:
    give_up = time.monotonic() + ARRIVE_SECONDS
    while len(portal.received()) < count and time.monotonic() < give_up:
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--each", type=int, default=25)
    options = parser.parse_args()
    count = options.sessions * options.each
    with portal_of_its_own() as portal:
        people = sign_in_all(portal, options.sessions)
        began = time.perf_counter()
        seconds = asyncio.run(type_all(portal, people, options.each))
        typed = time.perf_counter() - began
        wait_for(portal, count)
        time.sleep(3)  # anything sent twice would show up now
        leads = portal.received()
        verified = portal.manage("verify_audit", "--team", "demo")
    print(f"typed      {count} leads in {options.sessions} sessions in {typed:.1f} s")
    print(
        f"per lead   median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s, form opened to lead shown"
    )
    print(
        f"created    {len(leads)} in the sandbox, {len({lead['id'] for lead in leads})} distinct ids, "
        f"{len({lead['body']['email'] for lead in leads})} distinct emails"
    )
    print(f"audit      {verified.stdout.strip()} (exit {verified.returncode})")


if __name__ == "__main__":
    main()
