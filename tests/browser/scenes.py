"""Every page of a running portal, empty, full and with errors: for the accessibility test and for the pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page

from tests.pasted.signatures import SIGNATURES
from tests.portal import Portal

from . import chromium

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SLUG = re.compile(r"[^a-z0-9]+")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Scene:
    """One page as somebody sees it; ``act`` is what they did on it, such as sending a form with mistakes.

    ``is_last`` where that ends the session.
    """

    name: str
    path: str
    who: str = "boss"
    act: Callable[[Page], None] = lambda page: None
    is_last: bool = False


class Scenes:
    """A portal filled once; shows its pages one after the other, in one window for each whom they concern.

    ``script`` runs in every page before its own.
    """

    def __init__(self, portal: Portal, browser: Browser, *, script: str = "") -> None:
        self.portal = portal
        self.browser = browser
        self.script = script
        self.made = portal.fill("tests.browser.filling")
        self._windows: dict[str, BrowserContext] = {}
        self._left: list[BrowserContext] = []

    def all(self) -> Iterator[Scene]:
        for slug, paths in self.made["pages"].items():
            for path in paths:
                if slug == "full" or path.startswith("/t/"):
                    yield Scene(f"{slug}-{_slug(path, slug)}", path)
        yield from self._by_role()
        yield from self._by_state()
        yield from self._by_stage()
        yield from self._with_errors()
        yield from self._signed_out()

    def _by_role(self) -> Iterator[Scene]:
        for who in ("rep", "checker"):
            yield Scene(f"full-home-{who}", "/t/full/", who)
            yield Scene(f"empty-home-{who}", "/t/empty/", who)
        yield Scene("full-list-rep", "/t/full/submissions/", "rep")
        yield Scene("full-list-view", "/t/full/submissions/?state=failed", "rep")
        yield Scene("full-lead-like", f"/t/full/submissions/{self.made['leads']['created']}/like/", "rep")
        yield Scene("full-list-columns", "/t/full/submissions/?columns=state,email,company,tags", "rep", _open_columns)
        yield Scene("full-paste", "/t/full/submissions/new/?preset=all", "rep", _paste)
        yield Scene("full-styleguide", "/styleguide/", "operator")
        yield Scene("full-help", "/t/full/submissions/", "checker", _press("?"))

    def _by_state(self) -> Iterator[Scene]:
        for state, lead in self.made["leads"].items():
            yield Scene(f"full-lead-{state}", f"/t/full/submissions/{lead}/", "rep")
        yield Scene("full-lead-edit", f"/t/full/submissions/{self.made['leads']['changes_requested']}/edit/", "rep")
        review = f"/t/full/review/{self.made['leads']['pending_review']}/edit/"
        yield Scene("full-review-edit", review, "checker")

    def _by_stage(self) -> Iterator[Scene]:
        for stage, lead_import in self.made["imports"].items():
            who = "checker" if stage == "in_review" else "rep"
            yield Scene(f"full-import-{stage}", f"/t/full/imports/{lead_import}/", who)
        yield Scene("error-import-new", "/t/full/imports/new/", "rep", _send_empty)

    def _with_errors(self) -> Iterator[Scene]:
        lists = "/t/full/submissions/"
        yield Scene("error-entry", f"{lists}new/?preset=all", "rep", _send_nonsense)
        yield Scene("error-entry-groups", f"{lists}new/?preset=all", "rep", _open_all)
        yield Scene("error-list-nothing-found", f"{lists}?q=nobody+has+this+name")
        yield Scene("error-403", "/t/full/settings/key/", "rep")
        yield Scene("error-404", "/t/full/nothing/here/", "rep")
        yield Scene("error-404-nobody", "/nothing/here/", "")
        yield Scene("error-500", "/broken/", "", self._show_broken)
        for path in ("members", "rules", "presets/new", "pickers/add", "attributes/new", "tokens"):
            yield Scene(f"error-settings-{_slug(path, '')}", f"/t/full/settings/{path}/", "boss", _send_empty)

    def _signed_out(self) -> Iterator[Scene]:
        yield Scene("full-sign-in", "/accounts/login/", "")
        yield Scene("error-sign-in", "/accounts/login/", "", _sign_in_wrongly)
        yield Scene("full-password-reset", "/accounts/password/reset/", "")
        yield Scene("full-invitation", f"/invitations/{self.made['invited']}/", "")
        yield Scene("error-invitation", f"/invitations/lpi_{'a' * 43}/", "")
        yield Scene("error-signed-out", "/t/full/submissions/new/?preset=all", "rep", _lose_session, is_last=True)

    def _show_broken(self, page: Page) -> None:
        """What a crash shows, rendered by the portal, in its own place so that the style sheet is found."""
        page.route("**/broken/", lambda route: route.fulfill(body=self.made["broken"], content_type="text/html"))
        page.goto(f"{self.portal.url}/broken/")

    def show(self, scene: Scene) -> Page:
        """The page, wide and light at first. The next one takes its place."""
        page = self._window(scene.who).pages[0]
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(self.portal.url + scene.path)
        scene.act(page)
        if scene.is_last:
            self._left.append(self._windows.pop(scene.who))
        return page

    def close(self) -> None:
        for context in (*self._windows.values(), *self._left):
            context.close()

    def _window(self, who: str) -> BrowserContext:
        """Of somebody who signed in once."""
        if who not in self._windows:
            context = self.browser.new_context(viewport=WIDE, reduced_motion="reduce")
            page = context.new_page()
            if who:
                chromium.sign_in(page, self.portal, who, password=self.made["passwords"][who])
            context.add_init_script(self.script)
            self._windows[who] = context
        return self._windows[who]


def _slug(path: str, team: str) -> str:
    text = UUID.sub("one", path).removeprefix(f"/t/{team}/").strip("/")
    return SLUG.sub("-", text.lower()).strip("-") or "home"


def _press(key: str) -> Callable[[Page], None]:
    return lambda page: page.keyboard.press(key)


def _open_columns(page: Page) -> None:
    page.click("#columns > summary")


def _paste(page: Page) -> None:
    page.click("#paste summary")
    page.fill("[name=pasted]", SIGNATURES["germany"][1])
    page.click("#paste button[value=paste]")
    page.wait_for_selector("#paste [data-tone=ok]")


def _open_all(page: Page) -> None:
    page.eval_on_selector_all("details.group", "groups => groups.forEach(group => group.open = true)")


def _send_nonsense(page: Page) -> None:
    page.fill("[name=first_name]", "Sam")
    page.fill("[name=email]", "sam at example")
    page.fill("[name=phone]", "call me")
    page.fill("[name=website_url]", "no address")
    page.click("[data-send]")
    page.wait_for_selector("#error-summary")


def _send_empty(page: Page) -> None:
    """The form as it is: what is required is missing."""
    page.eval_on_selector_all("main form", "forms => forms.forEach(form => form.noValidate = true)")
    button = page.locator("main form button.primary:visible").first
    if button.evaluate("(button) => button.form.matches('[hx-post]')"):
        button.click()
        page.wait_for_load_state("networkidle")
        return
    with page.expect_navigation():
        button.click()


def _sign_in_wrongly(page: Page) -> None:
    page.fill("[name=login]", "nobody@demo.example")
    page.fill("[name=password]", "a wrong password")
    with page.expect_navigation():
        page.click("main button[type=submit]")


def _lose_session(page: Page) -> None:
    page.fill("[name=email]", "kept@example.com")
    page.context.clear_cookies(name="portal-session")
    page.click("[data-send]")
    page.wait_for_selector("#notices .notice")
