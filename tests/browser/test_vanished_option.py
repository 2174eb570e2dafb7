"""A tag vanishes from Breakcold: it is found where it is used and replaced; the lead goes out with the other."""

from __future__ import annotations

import json
import secrets

import pytest
from playwright.sync_api import expect

from leads.breakcold.sandbox.state import KEY_PREFIX
from leads.breakcold.sandbox.world import make_id, make_world

HOT, WARM = make_id("tag", "Hot"), make_id("tag", "Warm")


def run(portal, *arguments: str, text: str = "") -> None:
    answer = portal.manage(*arguments, text=text)
    assert answer.returncode == 0, answer.stderr


@pytest.fixture
def place(portal):
    """A team of its own that reviews its leads: its slug, and its key for the sandbox's switches."""
    slug, key = f"team-{secrets.token_hex(4)}", f"{KEY_PREFIX}-{secrets.token_hex(16)}"
    run(portal, "createteam", slug, "--name", "Vanishing", "--sandbox", "--review")
    run(portal, "setkey", slug, text=key)
    run(portal, "syncpickers", slug)
    for role in ("admin", "member"):
        who = f"{role}-of-{slug}"
        portal.passwords[who] = secrets.token_urlsafe(9)
        run(
            portal,
            "addmember",
            slug,
            f"{who}@demo.example",
            "--role",
            role,
            "--password-stdin",
            text=portal.passwords[who],
        )
    return slug, key


def offer(portal, key: str, kind: str, rows: list) -> None:
    portal.tell_sandbox("rows", key=key, kind=kind, rows=rows)


def test_it_finds_a_vanished_tag_and_replaces_it_everywhere(journey, place):
    slug, key = place
    portal, home = journey.portal, f"{journey.portal.url}/t/{slug}"
    row = {"name": "tags", "shown": True, "required": False, "fixed": False, "default": [HOT]}
    shown = {"name": "email", "shown": True, "required": False, "fixed": False}
    file = portal.manage("preset", slug, "export").stdout
    presets = json.loads(file)
    preset = {"name": "Trade fair", "rows": [shown, row]}
    content = [preset] if isinstance(presets, list) else {**presets, "presets": [preset]}
    run(portal, "preset", slug, "import", text=json.dumps(content))

    page = journey.sign_in(f"member-of-{slug}")
    page.goto(f"{home}/submissions/new/")
    page.fill("[name=email]", "vanished@example.com")
    tags = page.locator("#picker-tags")
    if not tags.is_visible():
        page.click("#group-place > summary")
    tags.locator("summary").click()
    tags.locator(f"input[value='{HOT}']").check()
    page.click("[data-send]")
    page.wait_for_url("**/submissions/*-*/")
    lead = page.url

    offer(portal, key, "tags", [each for each in make_world()["tags"] if each["id"] != HOT])
    run(portal, "syncpickers", slug)

    journey.context.clear_cookies()
    page.goto(f"{portal.url}/accounts/login/")
    journey.sign_in(f"admin-of-{slug}")
    page.goto(f"{home}/settings/pickers/")
    vanished = page.locator("#vanished")
    expect(vanished).to_contain_text("1 option in use is gone")
    expect(vanished).to_contain_text("1 preset, 1 lead")
    vanished.get_by_role("link", name="Replace everywhere").click()
    expect(page.locator("#use")).to_contain_text("Trade fair")
    page.select_option("[name=new]", label="Warm")
    page.click("#replace-form button[type=submit]")
    expect(page.locator("#notices")).to_contain_text("“Hot” was replaced in 1 lead and 1 preset.")
    expect(page.locator("#vanished")).to_have_count(0)

    page.goto(lead)
    expect(page.locator("article .chips")).to_have_text("Warm")
    page.get_by_text("Approve", exact=False).first.click()
    confirm = page.locator("details.confirm[open] button[type=submit]")
    if confirm.count():
        confirm.first.click()
    expect(page.locator("article[data-state=created]")).to_be_visible(timeout=30_000)
    [sent] = [each["body"] for each in portal.received() if each["body"].get("email") == "vanished@example.com"]
    assert sent["tags"] == [WARM]
    assert journey.console == [] and journey.foreign == []


@pytest.fixture
def thousands(portal, place):
    slug, key = place
    rows = [{"id": f"tag-{number}", "name": f"Tag {number}", "color": "#64748b"} for number in range(5_000)]
    offer(portal, key, "tags", rows)
    run(portal, "syncpickers", slug)
    return slug


def test_it_chooses_among_five_thousand_by_keyboard(journey, thousands):
    page = journey.sign_in(f"member-of-{thousands}")
    page.goto(f"{journey.portal.url}/t/{thousands}/submissions/new/")
    page.fill("[name=email]", "searched@example.com")
    page.click("#group-place > summary")
    picker = page.locator("#picker-tags")
    picker.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(picker.locator("[data-picker-matches] li")).to_have_count(50)
    expect(picker.locator("[data-picker-matches]")).to_contain_text("4950 more match")
    picker.locator("[data-picker-search]").focus()
    for text in ("tag 4999", "tag 123"):
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(text)
        expect(picker.locator("[data-picker-matches] li").first).to_contain_text(text.title())
        page.keyboard.press("Enter")  # sends nothing
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        expect(picker.locator(".chip")).to_contain_text(["Tag 4999"] if text == "tag 4999" else ["Tag 4999", "Tag 123"])
        picker.locator("[data-picker-search]").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("zebra")
    expect(picker.locator("[data-picker-matches]")).to_contain_text("Nothing else matches")
    expect(picker.locator("[data-picker-chosen] input:checked")).to_have_count(2)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/submissions/*-*/")
    expect(page.locator("article .chips")).to_contain_text("Tag 4999")
    assert journey.console == []


def test_it_chooses_among_five_thousand_without_script(journey_without_script, thousands):
    page = journey_without_script.sign_in(f"member-of-{thousands}")
    page.goto(f"{journey_without_script.portal.url}/t/{thousands}/submissions/new/")
    page.fill("[name=email]", "plain@example.com")
    page.click("#group-place > summary")
    page.click("#picker-tags > summary")
    for text in ("tag 4999", "tag 123"):
        page.fill("[name='find.tags']", text)
        page.locator("#picker-tags button:has-text('Find')").click()
        expect(page.locator("#matches-tags")).to_contain_text("Nothing was sent yet")
        page.locator("#matches-tags li", has_text=text.title()).first.locator("input").check()
    expect(page.locator("[name=email]")).to_have_value("plain@example.com")
    page.press("[name=email]", "Enter")
    page.wait_for_url("**/submissions/*-*/")
    expect(page.locator("article .chips")).to_contain_text("Tag 123")


def test_it_offers_only_the_steps_of_the_chosen_lists(journey, place):
    slug, _ = place
    page = journey.sign_in(f"member-of-{slug}")
    page.goto(f"{journey.portal.url}/t/{slug}/submissions/new/")
    page.fill("[name=email]", "steps@example.com")
    page.click("#group-place > summary")
    steps = page.locator("#picker-status")
    steps.locator("summary").click()
    expect(steps).to_contain_text("Choose a list first")
    expect(steps.locator("li:visible")).to_have_count(0)
    page.click("#picker-lists > summary")
    page.locator("#picker-lists li", has_text="Inbound").locator("input").check()
    steps.locator("summary").click()
    expect(steps.locator("li:visible")).to_have_count(3)
    steps.locator("li:visible", has_text="Qualified").locator("input").check()
    page.click("#picker-lists > summary")
    page.locator("#picker-lists li", has_text="Inbound").locator("input").uncheck()
    steps.locator("summary").click()
    expect(steps.locator("li:visible")).to_have_count(
        1
    )  # what is chosen stays in sight, and the server says what is wrong
    page.click("[data-send]")
    expect(page.locator("#message-status")).to_contain_text("Choose that list too")


def test_it_asks_for_the_steps_of_the_chosen_lists_among_many(journey, place):
    slug, key = place
    lists = [each["id"] for each in make_world()["lists"]]
    status = make_world()["status"][0]
    steps = [{**status, "id": f"step-{n}", "name": f"Step {n}", "id_list": lists[n % 2]} for n in range(120)]
    offer(journey.portal, key, "status", steps)
    run(journey.portal, "syncpickers", slug)
    page = journey.sign_in(f"member-of-{slug}")
    page.goto(f"{journey.portal.url}/t/{slug}/submissions/new/")
    page.fill("[name=email]", "many-steps@example.com")
    page.click("#group-place > summary")
    picker = page.locator("#picker-status")
    picker.locator("summary").click()
    expect(picker).to_contain_text("Choose a list first")
    expect(picker.locator("li:visible")).to_have_count(0)
    page.click("#picker-lists > summary")
    page.locator(f"#picker-lists input[value='{lists[1]}']").check()
    picker.locator("summary").click()
    picker.locator("[data-picker-search]").fill("step 11")
    expect(picker.locator("li:visible")).to_have_count(6)  # 11, 111, 113, 115, 117, 119
    picker.locator("li:visible", has_text="Step 113").locator("input").check()
    page.click("[data-send]")
    page.wait_for_url("**/submissions/*-*/")
    expect(page.locator("article")).to_contain_text("Step 113")
    assert journey.console == []
