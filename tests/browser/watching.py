"""Opens pages full of hostile texts in a real Chromium, and says where one of them was more than text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Browser, Page

from tests.portal import Portal

from . import chromium

READER = "reader"
#: Calls of what the texts call, before any page's own script.
RECORD = """
window.ran = [];
for (const name of ['pwned', 'alert', 'confirm', 'prompt']) window[name] = () => window.ran.push(name);
"""
#: What markup of a text would have left in the page, whether it was let run or not.
LOOK = """() => {
  const odd = window.ran.map((name) => `called ${name}`);
  const taken = /^(hx-|data-hx-|src|(style|action|formaction|ping|poster|background|data|http-equiv)$)/;
  for (const element of document.querySelectorAll('*')) {
    const where = element.outerHTML.slice(0, 120);
    if (/^(iframe|object|embed|base|frame|applet|math|marquee|xss|pwned)$/i.test(element.tagName)) odd.push(where);
    for (const {name, value} of element.attributes) {
      if (name === 'pwned' || /^(on|(data-)?hx-on)/.test(name)) odd.push(where);
      if (taken.test(name) && value.includes('pwned')) odd.push(`${name} of ${where}`);
    }
    const leads = element.href?.baseVal ?? element.href;
    if (leads && !/^(https?|mailto|tel):/.test(leads)) odd.push(`leads to ${where}`);
  }
  return odd;
}"""
#: What a form that was refused is told by the server, and what pages ask by themselves.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 422")
ASKED = re.compile(
    r"/static/|/t/[\w-]+/(submissions/(\?|new/|check/|options/|drafts/save/)|notifications/review-count/"
    r"|review/[0-9a-f-]+/look/|settings/presets/[0-9a-f-]+/qr\.svg$)"
)


def fill(portal: Portal, every: int = 1) -> dict[str, Any]:
    """See ``hostile.py``."""
    return portal.fill("tests.browser.hostile", "--every", str(every))


class Watch:
    """A browser whose pages are watched. ``troubles`` says what was more than text, and on which page."""

    def __init__(self, portal: Portal, browser: Browser, password: str = "") -> None:
        self.portal = portal
        self.troubles: list[str] = []
        self.context = browser.new_context()
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        if password:
            chromium.sign_in(self.page, portal, READER, password=password)
        self.page.close()
        self.context.add_init_script(RECORD)
        self.page = self._watched(self.context.new_page())
        self.path = ""

    def _watched(self, page: Page) -> Page:
        page.on("console", lambda message: EXPECTED.match(message.text) or self._note("said", message.text))
        page.on("pageerror", lambda error: self._note("broke", str(error)))
        page.on("request", lambda request: self._check(request.url))
        self.context.on("page", lambda opened: opened != page and self._note("opened", opened.url))
        return page

    def _note(self, what: str, about: str) -> None:
        self.troubles.append(f"{self.path}: {what} {about[:300]}")

    def _check(self, url: str) -> None:
        path = url.removeprefix(self.portal.url)
        if path == url or not (path == self.path or ASKED.match(path)):
            self._note("asked for", url)

    def look(self, path: str) -> None:
        self.path = path
        self.page.goto(self.portal.url + path)
        self.look_in()

    def look_in(self) -> None:
        for odd in self.page.evaluate(LOOK):
            self._note("has", odd)

    def send_form(self) -> None:
        """The form as it is comes back with its mistakes, put into the page by htmx."""
        self.page.locator("[data-send]").first.click()
        self.page.wait_for_selector("#error-summary")
        self.look_in()


def look_at(watch: Watch, pages: Iterable[tuple[str, str]]) -> None:
    for kind, path in pages:
        watch.look(path)
        if kind == "form":
            watch.send_form()
