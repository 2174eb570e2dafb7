"""How long a lead takes to type: ``.venv/bin/python -m bench.typing``.

A script enters the same leads through real Chromium twice: in the portal's form, and in a plain form of 39 labelled
boxes, as a CRM's own form is. It counts every key, notes the seconds when Chromium types as fast as it can, and works
out those of a person by the keystroke-level model (Card, Moran and Newell, 1980): 0.28 s for a key, as an average
typist needs, and 1.2 s for each mental step, which is to look for the next field, or to decide what goes where.
"""

from __future__ import annotations

import argparse
import html
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Page, sync_playwright

from leads.breakcold.fields import FIELDS, Kind
from tests.browser import chromium

from .places import portal_of_its_own

KEY_SECONDS, MENTAL_SECONDS = 0.28, 1.2
LEADS = 20
MOST_TABS = 80
SWITCH_AND_COPY = 8  # keys: to the mail and back, choose the text, copy
#: The boxes a lead has values for; kinds that are ticked or chosen stay as they are in both forms.
MINIMAL = ("first_name", "last_name", "email", "company")
TYPICAL = (*MINIMAL[:3], "phone", "company", "company_role", "linkedin_url", "city")
COUNT_KEYS = "window.keys = 0; addEventListener('keydown', () => { window.keys += 1; }, true);"


@dataclass(slots=True)
class Entered:
    """What one lead took."""

    keys: int = 0
    steps: int = 0
    seconds: float = 0

    @property
    def modelled(self) -> float:
        return self.keys * KEY_SECONDS + self.steps * MENTAL_SECONDS


@dataclass(slots=True)
class Form:
    """One of the two forms: how to open an empty one, and how its lead is known to be sent."""

    name: str
    page: Page
    open: Callable[[], None]
    sent: Callable[[], None]
    send_keys: tuple[str, ...]
    results: dict[str, list[Entered]] = field(default_factory=dict)

    def enter(self, kind: str, values: dict[str, str]) -> None:
        """Type the lead: Tab to each of its boxes in the order of the page, then send."""
        self.open()
        took, began = Entered(), time.perf_counter()
        left = dict(values)
        for _ in range(MOST_TABS):
            name = self._focused()
            if name in left:
                self.page.keyboard.type(left.pop(name))
                took.steps += 1
            if not left:
                break
            self.page.keyboard.press("Tab")
        if left:
            raise RuntimeError(f"{self.name}: {', '.join(left)} was not reached with {MOST_TABS} tabs")
        self._send(kind, took, began)

    def paste(self, kind: str, text: str) -> None:
        """Copied from a mail and pasted into the field that has the focus."""
        self.open()
        took, began = Entered(keys=SWITCH_AND_COPY, steps=2), time.perf_counter()
        self.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
        self.page.keyboard.press("Control+v")
        self.page.wait_for_selector("#paste [data-tone=ok]")
        took.steps += 1  # look it over
        self._send(kind, took, began)

    def _send(self, kind: str, took: Entered, began: float) -> None:
        before = self.page.evaluate("window.keys")
        for key in self.send_keys:
            self.page.keyboard.press(key)
        self.sent()
        took.seconds = time.perf_counter() - began
        took.keys += before + sum(key.count("+") + 1 for key in self.send_keys)
        took.steps += 1
        self.results.setdefault(kind, []).append(took)

    def _focused(self) -> str:
        name: str = self.page.evaluate("document.activeElement.name || ''")
        return name


def plain_form() -> str:
    """39 labelled boxes under each other and a button, as plain as can be."""
    boxes = []
    for each in FIELDS:
        label = html.escape(each.label)
        kind = "checkbox" if each.kind is Kind.BOOLEAN else "text"
        box = f'<textarea name="{each.name}"></textarea>' if each.kind is Kind.MULTILINE else ""
        boxes.append(f"<p><label>{label}<br>{box or f'<input type={kind} name={each.name}>'}</label></p>")
    focus = "<script>document.querySelector('[name=is_company]').focus()</script>"
    return f'<!doctype html><title>Plain</title><form method="post">{"".join(boxes)}<button>Send</button></form>{focus}'


@contextmanager
def plain_site() -> Iterator[str]:
    """The plain form on this machine; what is sent to it is thanked for and forgotten."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(plain_form())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer("<!doctype html><title>Sent</title><h1>Sent</h1>")

        def _answer(self, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            """Nothing of it is interesting."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/"
        server.shutdown()


def lead(number: int) -> dict[str, str]:
    return {
        "first_name": "Aoife",
        "last_name": f"Sample{number}",
        "email": f"aoife.sample{number}@example.com",
        "phone": f"+353 1 555 {number:04}",
        "company": "Example Brewing",
        "company_role": "Head of Purchasing",
        "linkedin_url": f"https://www.linkedin.com/in/aoife-sample-{number}",
        "city": "Dublin",
    }


def signature(number: int) -> str:
    values = lead(number)
    lines = (
        f"{values['first_name']} {values['last_name']}",
        values["company_role"],
        f"{values['company']} Ltd",
        f"12 Example Street, {values['city']} 2, D02 AF30",
        f"T: {values['phone']}",
        f"E: {values['email']}",
        values["linkedin_url"],
    )
    return "\n".join(lines)


def enter_all(form: Form, count: int, start: int) -> None:
    for number in range(start, start + count):
        values = lead(number)
        form.enter("minimal: name, email, company", {name: values[name] for name in MINIMAL})
    for number in range(start + count, start + 2 * count):
        values = lead(number)
        form.enter("typical: 8 fields", {name: values[name] for name in TYPICAL})


def report(ours: Form, plain: Form) -> None:
    print("| lead | form | keys | mental steps | seconds, modelled | seconds, as fast as Chromium types |")
    print("|---|---|---|---|---|---|")
    for kind in (*plain.results, *(kind for kind in ours.results if kind not in plain.results)):
        for form in (plain, ours):
            if found := form.results.get(kind):
                middle = [
                    statistics.median(getattr(each, name) for each in found)
                    for name in ("keys", "steps", "modelled", "seconds")
                ]
                print(
                    f"| {kind} | {form.name} | {middle[0]:.0f} | {middle[1]:.0f} | {middle[2]:.1f} | {middle[3]:.1f} |"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a lead takes to type.")
    parser.add_argument("--leads", type=int, default=LEADS, help="of each kind, in each form")
    count = parser.parse_args().leads
    with (
        portal_of_its_own() as portal,
        plain_site() as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**chromium.options())
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.add_init_script(COUNT_KEYS)
        page = context.new_page()
        page.set_default_timeout(60_000)
        chromium.sign_in(page, portal, "member")
        new = f"{portal.url}/t/demo/submissions/new/"
        ours = Form(
            "portal",
            page,
            open=lambda: page.goto(new) and None,
            sent=lambda: page.wait_for_selector("article[id^=submission-]") and None,
            send_keys=("Control+Enter",),
        )
        plain = Form(
            "39 boxes",
            page,
            open=lambda: page.goto(address) and None,
            sent=lambda: page.wait_for_selector("h1") and None,
            send_keys=("Enter",),
        )
        enter_all(plain, count, 1)
        enter_all(ours, count, 1)
        for number in range(2 * count + 1, 3 * count + 1):
            ours.paste("paste of a signature", signature(number))
        report(ours, plain)
        print(f"the middle of {count} leads of each kind; Chromium {browser.version}")
        browser.close()


if __name__ == "__main__":
    main()
