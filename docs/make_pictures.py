"""Make the pictures of the docs from a running portal: ``.venv/bin/python -m docs.make_pictures``.

Starts a portal of its own in a temporary folder, enters a few leads, makes Breakcold misbehave for some of
them, and takes screenshots in headless Chromium. With ``--all FOLDER`` it puts a picture of every page there instead:
empty, full and with mistakes, wide and on a phone, light and dark; whoever changes a page looks at them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.scenes import Scenes
from tests.portal import Portal, running_portal

PICTURES = Path(__file__).parent / "pictures"
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}

LEADS = (
    {
        "company": "Example Brewing Ltd",
        "first_name": "Sam",
        "last_name": "Sample",
        "email": "sam@example.com",
        "company_role": "Head of Purchasing",
        "phone": "+353 1 234 5678",
    },
    {"company": "Example Bakery", "email": "orders@example.org"},
    {"company": "Example Roasters", "email": "hello@example.net", "website_url": "roasters.example"},
)
SIGNATURE = """Best regards,
Robin Placeholder | Purchasing Manager
Example Bakery Limited
1 Example Road, Dublin 2, D02 AF30
T: +353 1 555 0100
robin@example.org
"""
REFUSED = {"company": "Example Dairy", "email": "dairy@example.com"}
UNKNOWN = {"company": "Example Farm", "email": "farm@example.com"}


def enter(page: Page, portal: Portal, values: dict[str, str], *, wait_for: str) -> None:
    page.goto(f"{portal.url}/t/demo/submissions/new/")
    for name, value in values.items():
        page.fill(f"[name={name}]", value)
    page.click("[data-send]")
    page.wait_for_selector(f"article[data-state={wait_for}]", timeout=60_000)


def take(portal: Portal, browser: Browser) -> None:
    page = browser.new_page(viewport=WIDE)
    chromium.sign_in(page, portal, "member")
    for values in LEADS:
        enter(page, portal, values, wait_for="created")
    issues = [{"code": "invalid_string", "path": ["email"], "message": "This email was refused"}]
    portal.tell_sandbox("faults", action="refuse", issues=issues)
    enter(page, portal, REFUSED, wait_for="failed")
    page.screenshot(path=PICTURES / "refused.png")
    portal.tell_sandbox("faults", action="create_then_cut")
    enter(page, portal, UNKNOWN, wait_for="unknown")
    for name, address in (("home", "/t/demo/"), ("list", "/t/demo/submissions/?columns=state,email,company,when")):
        page.goto(portal.url + address)
        page.screenshot(path=PICTURES / f"{name}.png")
    page.keyboard.press("?")
    page.screenshot(path=PICTURES / "help.png")
    page.goto(f"{portal.url}/t/demo/submissions/new/")
    for name, value in LEADS[0].items():
        page.fill(f"[name={name}]", value)
    page.fill("[name=email]", "sam at example")
    page.keyboard.press("Tab")
    page.wait_for_selector("#message-email .message span, #message-email span")
    page.screenshot(path=PICTURES / "form.png")
    page.goto(f"{portal.url}/t/demo/submissions/new/")
    page.click("#paste summary")
    page.fill("[name=pasted]", SIGNATURE)
    page.click("#paste button[value=paste]")
    page.wait_for_selector("#paste [data-tone=ok]")
    page.screenshot(path=PICTURES / "pasted.png")
    take_review(portal, browser)
    state = page.context.storage_state()
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=PHONE, color_scheme=scheme, storage_state=state)
        phone = context.new_page()
        phone.goto(f"{portal.url}/t/demo/submissions/")
        phone.screenshot(path=PICTURES / f"list-phone-{scheme}.png")
        context.close()


def take_review(portal: Portal, browser: Browser) -> None:
    """The queue as its reviewer sees it, and the key as an admin does."""
    if portal.manage("setteam", "demo", "--review").returncode:
        raise RuntimeError("the team could not be set to review")
    for who, address, name in (
        ("member", "/t/demo/submissions/new/", ""),
        ("reviewer", "/t/demo/review/", "review"),
        ("admin", "/t/demo/settings/key/", "key"),
    ):
        context = browser.new_context(viewport=WIDE)
        page = context.new_page()
        chromium.sign_in(page, portal, who)
        page.goto(portal.url + address)
        if name:
            page.screenshot(path=PICTURES / f"{name}.png")
        else:
            page.fill("[name=first_name]", "Robin")
            page.fill("[name=company]", "Example Bakery")
            page.fill("[name=email]", "robin@example.org")
            page.click("[data-send]")
            page.wait_for_selector("article[data-state=pending_review]")
        context.close()


def take_all(portal: Portal, browser: Browser, folder: Path) -> None:
    """``name.wide-light.png`` and so on; the name begins with empty, full or error."""
    folder.mkdir(parents=True, exist_ok=True)
    scenes = Scenes(portal, browser)
    for scene in scenes.all():
        page = scenes.show(scene)
        page.evaluate("document.querySelectorAll('th').forEach((cell) => { cell.style.position = 'static'; })")
        for width, size in (("wide", WIDE), ("phone", PHONE)):
            page.set_viewport_size(size)
            page.evaluate("scrollTo(0, document.body.scrollHeight)")  # the bar of a form lies at its end
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.screenshot(path=folder / f"{scene.name}.{width}-{scheme}.png", full_page=True)
    scenes.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of the docs from a running portal.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page in every way, into this folder instead")
    folder_of_all = parser.parse_args().all
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="portal-pictures-") as folder,
        running_portal(Path(folder)) as portal,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**chromium.options())
        if folder_of_all:
            take_all(portal, browser, folder_of_all)
        else:
            take(portal, browser)
        browser.close()


if __name__ == "__main__":
    main()
