"""People typing at the same time: 200 leads through the real form in 8 Chromium sessions, against the sandbox."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.portal import Portal, running_portal

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ARRIVE_SECONDS = 300
PASSWORD = "only for this benchmark"


async def type_leads(portal: Portal, browser: Browser, session: int, count: int) -> list[float]:
    """One person's session; returns the seconds from opening the form to the lead's own page, for each lead."""
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(60_000)
    await page.goto(portal.url)
    await page.fill("[name=login]", f"person{session}@demo.example")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_url("**/submissions/")
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


async def type_all(portal: Portal, sessions: int, each: int) -> list[float]:
    async with async_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        typed = await asyncio.gather(*(type_leads(portal, browser, session, each) for session in range(sessions)))
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
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, running_portal(Path(folder)) as portal:
        portal.tell_sandbox("limits", limit=None)
        for session in range(options.sessions):
            person = ("addmember", "demo", f"person{session}@demo.example", "--role", "member", "--password-stdin")
            portal.manage(*person, text=PASSWORD)
        began = time.perf_counter()
        seconds = asyncio.run(type_all(portal, options.sessions, options.each))
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
