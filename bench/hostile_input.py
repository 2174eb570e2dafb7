"""Four hundred hostile texts in each of the 39 fields and every kind of attribute, on each page that shows a lead."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.watching import Watch, fill, look_at
from tests.portal import Portal

from .places import portal_of_its_own


def watch_part(portal: Portal, password: str, pages: list[tuple[str, str]]) -> list[str]:
    """One browser's share of the pages; what was more than text there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.options())
        watch = Watch(portal, browser, password)
        look_at(watch, pages)
        browser.close()
    return watch.troubles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take each Nth text alone")
    parser.add_argument("--browsers", type=int, default=3)
    options = parser.parse_args()
    with portal_of_its_own() as portal:
        began = time.monotonic()
        made = fill(portal, options.every)
        filled = time.monotonic()
        parts = [made["pages"][number :: options.browsers] for number in range(options.browsers)]
        with ThreadPoolExecutor(options.browsers) as pool:
            shares = pool.map(lambda part: watch_part(portal, made["password"], part), parts)
            troubles = [trouble for share in shares for trouble in share]
        took = time.monotonic() - filled
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(kind for kind, _ in made["pages"]).items())
    print(f"filled     {made['texts']} texts x {made['fields']} fields in {filled - began:.0f} s")
    print(f"looked at  {len(made['pages'])} pages in {took:.0f} s: {kinds}; each form also sent and refused")
    print(f"found      {len(troubles)} texts that were more than text")
    print("\n".join(troubles[:50]))
    sys.exit(bool(troubles))


if __name__ == "__main__":
    main()
