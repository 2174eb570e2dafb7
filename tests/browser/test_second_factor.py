"""An admin of a live team sets up what the team wants: an app with codes, and a passkey of a virtual authenticator."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.codes import code_of

HOME = re.compile(r"/t/[a-z0-9]+/$")
PASSKEYS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def admin(portal) -> Iterator[tuple[str, str]]:
    """The address and password of an admin in a live team of their own."""
    name = f"live{secrets.token_hex(3)}"
    email, password = f"ada@{name}.example", secrets.token_urlsafe(12)
    assert portal.manage("createteam", name, "--name", "Live").returncode == 0
    added = portal.manage("addmember", name, email, "--role", "admin", "--password-stdin", text=password)
    assert added.returncode == 0, added.stderr
    key = portal.manage("setkey", name, "--no-check", text="breakcold-usr-live-0123456789ab")
    assert key.returncode == 0, key.stderr
    return email, password


def sign_in(page: Page, url: str, who: tuple[str, str]) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("[name=login]", who[0])
    page.fill("[name=password]", who[1])
    page.click("button:text-is('Sign in')")


def sign_out(page: Page) -> None:
    page.click("#user-menu summary")
    page.click("#user-menu button:has-text('Sign out')")
    page.wait_for_url("**/accounts/login/**")


def complaints(journey) -> list[str]:
    """What the console says, but for what it tells of each sign-out."""
    return [text for text in journey.console if "Clear-Site-Data" not in text]


def test_it_sets_up_an_app_and_signs_in_with_its_codes(journey, admin):
    page, url = journey.page, journey.portal.url
    sign_in(page, url, admin)
    page.wait_for_url("**/2fa/set-up/**")
    page.click("text=Use an app")
    secret = page.inner_text("#totp-secret")
    page.fill("[name=code]", code_of(secret))
    page.click("text=Use this app")
    codes = page.locator("#recovery-codes code").all_inner_texts()
    assert len(set(codes)) == 10
    page.click("text=I have kept them")
    page.click("main >> text=Go on")
    page.wait_for_url(HOME)

    sign_out(page)
    sign_in(page, url, admin)
    page.wait_for_url("**/2fa/authenticate/")
    page.fill("[name=code]", "000000")
    page.click("button:text-is('Sign in')")
    expect(page.locator("#message-code")).to_contain_text("That did not fit")
    page.fill("[name=code]", codes[0])
    page.click("button:text-is('Sign in')")
    page.wait_for_url(HOME)
    assert complaints(journey) == [] and journey.foreign == []


def test_it_makes_a_passkey_and_signs_in_with_it_alone(journey, admin):
    page, url = journey.page, journey.portal.url
    devices = journey.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": PASSKEYS})
    sign_in(page, url, admin)
    page.click("text=Make a passkey")
    page.fill("[name=name]", "Ada’s laptop")
    page.click("text=Make the passkey")
    page.wait_for_url("**/recovery-codes/")
    page.click("text=I have kept them")
    page.click("main >> text=Go on")
    page.wait_for_url(HOME)

    sign_out(page)
    page.click("text=Sign in with a passkey")
    page.wait_for_url(HOME)
    sign_out(page)
    sign_in(page, url, admin)  # with the password, the passkey is the second step
    page.click("text=Use a passkey")
    page.wait_for_url(HOME)
    page.goto(f"{url}/accounts/2fa/")
    expect(page.locator("#passkeys")).to_contain_text("Ada’s laptop")
    assert complaints(journey) == [] and journey.foreign == []
