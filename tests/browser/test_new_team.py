"""A team from nothing to its first lead: after two commands of the operator an admin needs nobody but the pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import expect

from .test_main_job import DETAIL

PASSWORD = "correct horse battery"
SLUG = "newcomers"


def join(browser, link: str, name: str):
    """A browser of their own for somebody who was given a link."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(20_000)
    page.goto(link)
    page.fill("[name=name]", name)
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"**/t/{SLUG}/submissions/")
    return page


def test_it_sets_a_team_up_from_nothing_to_the_first_lead(portal, browser):
    assert portal.manage("createteam", SLUG, "--name", "Newcomers").returncode == 0
    invited = portal.manage("invite", SLUG, "nora@example.com", "--role", "admin")
    assert invited.returncode == 0, invited.stderr
    url = f"{portal.url}/t/{SLUG}"

    path = urlsplit(invited.stdout.strip()).path  # the command knows only the PORTAL_URL of the settings
    admin = join(browser, portal.url + path, "Nora")
    admin.goto(f"{url}/settings/key/?environment=sandbox")
    admin.fill("[name=breakcold_key]", "  breakcold-usr-sandbox-newcomers-0001\n")
    admin.click("button:has-text('Try it and keep it')")
    expect(admin.locator("main")).to_contain_text("Sandbox owner")
    assert "newcomers-0001" not in admin.content()

    admin.goto(f"{url}/settings/rules/")
    admin.select_option("[name=default_phone_country]", "IE")
    admin.click("main form button[type=submit]")
    expect(admin.locator("#notices")).to_be_visible()

    admin.goto(f"{url}/settings/members/")
    admin.fill("[name=email]", "omar@example.com")
    admin.click("button:has-text('Make the invitation')")
    link = admin.locator("#invitation-link").inner_text()

    member = join(browser, link, "Omar")
    member.goto(f"{url}/submissions/new/")
    member.fill("[name=email]", "first@newcomers.example")
    member.fill("[name=phone]", "01 234 5678")
    member.click("[data-send]")
    member.wait_for_url(DETAIL)
    expect(member.locator("article[data-state=created]")).to_be_visible(timeout=30_000)
    [lead] = [row["body"] for row in portal.received() if row["body"].get("email") == "first@newcomers.example"]
    assert lead["phone"] == "+35312345678"
    for page in (admin, member):
        page.context.close()
