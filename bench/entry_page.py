"""What Chromium says of the entry page: ``.venv/bin/python -m bench.entry_page``.

Starts a portal of its own, opens the page in browsers that have nothing in store, and prints the middle of Chromium's
own timings, what came over the wire, and how much the page jumped.
"""

from __future__ import annotations

import statistics
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.portal import Portal

from .places import portal_of_its_own

VISITS = 9
WATCH = """
  window.seen = {shifts: 0, largest: 0};
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.seen.shifts += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.seen.largest = entry.startTime;
  }).observe({type: "largest-contentful-paint", buffered: true});
"""
READ = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const parts = performance.getEntriesByType("resource");
  const weight = (found) => found.reduce((sum, part) => sum + part.transferSize, 0);
  return {
    "first byte, ms": page.responseStart,
    "first paint of content, ms": performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
    "largest paint of content, ms": window.seen.largest,
    "page usable (DOMContentLoaded), ms": page.domContentLoadedEventEnd,
    "everything loaded, ms": page.loadEventEnd,
    "layout shift": window.seen.shifts,
    "page, bytes": page.transferSize,
    "all of it, bytes": weight([page, ...parts]),
    "own script, bytes": weight(parts.filter((part) => /leads\\/app.*js/.test(part.name))),
    "requests": parts.length + 1,
  };
}"""


def visit(portal: Portal, browser: Browser, session: Any) -> dict[str, float]:
    context = browser.new_context(storage_state=session, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{portal.url}/t/demo/submissions/new/", wait_until="networkidle")
    seen: dict[str, float] = page.evaluate(READ)
    context.close()
    return seen


def main() -> None:
    with portal_of_its_own() as portal, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.options())
        page = browser.new_page()
        chromium.sign_in(page, portal, "member")
        session = page.context.storage_state()
        visits = [visit(portal, browser, session) for _ in range(VISITS)]
        for name in visits[0]:
            print(f"{name:<36} {statistics.median(each[name] for each in visits):>10,.6g}")
        print(f"the middle of {VISITS} first visits; Chromium {browser.version}")
        browser.close()


if __name__ == "__main__":
    main()
