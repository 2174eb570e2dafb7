"""A whole portal and a real Chromium in front of it."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.portal import Portal, running_portal

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


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


class own_database:
    def __enter__(self) -> None:
        self.url = os.environ.get("DATABASE_URL", "")
        if self.url:
            self.name = f"portal_up_{uuid.uuid4().hex[:12]}"
            self._run(f"CREATE DATABASE {self.name}")
            os.environ["DATABASE_URL"] = f"{self.url.rsplit('/', 1)[0]}/{self.name}"

    def __exit__(self, *exc_info: object) -> None:
        if self.url:
            os.environ["DATABASE_URL"] = self.url
            self._run(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with psycopg.connect(f"{self.url.rsplit('/', 1)[0]}/postgres", autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("PORTAL_REQUIRE_ALL"):
            pytest.fail("Chromium is missing")
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
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
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.portal.url, "data:")):
            self.foreign.append(url)

    def sign_in(self, role: str, page: Page | None = None) -> Page:
        page = page or self.page
        if not page.url.startswith(self.portal.url):
            page.goto(self.portal.url)
        page.fill("[name=login]", f"{role}@demo.example")
        page.fill("[name=password]", self.portal.passwords[role])
        page.click("main button[type=submit]")
        page.wait_for_url("**/submissions/")
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
