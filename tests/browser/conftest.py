"""A whole portal and a real Chromium in front of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.portal import Portal, own_database, running_portal

from . import chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """On the database the other tests use: a SQLite file, or a PostgreSQL database of its own on the same server."""
    with own_database(), running_portal(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium.find() is None:
        if os.environ.get("PORTAL_REQUIRE_ALL"):
            pytest.fail("Chromium is missing")
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.options())
        yield browser
        browser.close()


class Journey:
    """One person's browser. ``console`` collects what the page complained about, ``foreign`` requests to elsewhere."""

    def __init__(self, portal: Portal, context: BrowserContext) -> None:
        self.portal = portal
        self.context = context
        self.console: list[str] = []
        self.foreign: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda message: self._hear(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))

    def _hear(self, text: str) -> None:
        """A page that is left gives up what it had asked for, and htmx says so in two messages: no complaint."""
        given_up = "htmx:sendAbort"
        if not text.startswith(given_up):
            self.console.append(text)
        elif (before := text.replace(given_up, "htmx:afterRequest")) in self.console:
            self.console.remove(before)

    def _note(self, url: str) -> None:
        if not url.startswith((self.portal.url, "data:")):
            self.foreign.append(url)

    def sign_in(self, role: str, page: Page | None = None) -> Page:
        page = page or self.page
        chromium.sign_in(page, self.portal, role)
        return page


@pytest.fixture
def journey(portal: Portal, browser: Browser) -> Iterator[Journey]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Journey(portal, context)
    context.close()


@pytest.fixture
def journey_without_script(portal: Portal, browser: Browser) -> Iterator[Journey]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield Journey(portal, context)
    context.close()
