"""The Chromium of the browser tests, of the benchmark and of the pictures, and how a person signs in with it."""

from __future__ import annotations

import shutil
from typing import Any

from playwright.sync_api import Page

from tests.portal import Portal, email_of

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def find() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def options() -> dict[str, Any]:
    """What ``launch`` takes. Raises ``RuntimeError`` when there is no Chromium."""
    path = find()
    if path is None:
        raise RuntimeError("Chromium is not installed (Debian: apt install chromium)")
    return {"executable_path": path, "args": FLAGS}


def sign_in(page: Page, portal: Portal, who: str, *, password: str = "") -> None:
    """On the page that asks for it; a page from elsewhere is led to the portal first."""
    if not page.url.startswith(portal.url):
        page.goto(portal.url)
    page.fill("[name=login]", email_of(who))
    page.fill("[name=password]", password or portal.passwords[who])
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/accounts/" not in url)
