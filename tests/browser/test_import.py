"""Somebody comes back from a fair with a spreadsheet: three hundred rows, messy, to the very end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Journey
from tests.fairs import make_fair
from tests.portal import Portal

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def no_limit(portal: Portal) -> Iterator[None]:
    """Many calls in short windows: the portal keeps to what it knew of a window until that ends."""
    portal.tell_sandbox("limits", limit=10_000, window=1)
    yield
    portal.tell_sandbox("limits", limit=60)


def stage(page: Page, name: str) -> None:
    """Wait for it; no page is wider than the screen."""
    expect(page.locator(f"article[data-stage={name}]")).to_be_visible(timeout=180_000)
    fits(page)


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def begin(journey: Journey, content: bytes) -> Page:
    page = journey.sign_in("member")
    page.goto(f"{journey.portal.url}/t/demo/imports/new/")
    page.set_input_files("[name=file]", {"name": "fair.csv", "mimeType": "text/csv", "buffer": content})
    page.click("button:has-text('Look at it')")
    stage(page, "mapping")
    return page


@pytest.mark.parametrize(
    ("size", "fair"),
    [(WIDE, make_fair(7, 300, encoding="cp1252", delimiter=";")), (PHONE, make_fair(8, 40, encoding="utf-16"))],
    ids=["wide", "phone"],
)
def test_it_brings_a_spreadsheet_from_a_fair_to_the_end(journey, no_limit, tmp_path, size, fair):
    """With a cell that is put right, a column that becomes another field after the preview, and the result file."""
    journey.page.set_viewport_size(size)
    page = begin(journey, fair.content)
    page.click("button:has-text('Check all rows')")
    stage(page, "ready")
    created, duplicates, invalid = fair.kinds
    numbers = page.locator("#import-numbers b")
    expect(numbers).to_have_text([str(created), str(duplicates), str(invalid)])

    page.click("a:has-text('Change the columns')")
    page.get_by_label("Besuchernotiz").select_option(label="Icebreaker")
    page.fill("[name=name]", f"Fair of {fair.rows}")
    fits(page)
    page.click("button:has-text('Check all rows')")
    stage(page, "ready")

    row = page.locator(f".wrong:has(a:text-is('Row {fair.invalid[0]}'))")
    row.locator("[name=text]").fill(f"put-right-{fair.rows}@example.com")
    row.get_by_role("button", name="Put right").click()
    expect(row).to_contain_text("Valid now")
    expect(numbers).to_have_text([str(created + 1), str(duplicates), str(invalid - 1)])
    fits(page)

    page.click("button:has-text('Start the import')")
    stage(page, "done")
    expect(page.locator("[data-count=created] b")).to_have_text(str(created + 1))
    with page.expect_download() as download:
        page.click("a:text-is('as CSV') >> nth=0")
    download.value.save_as(tmp_path / "result.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "result.csv").read_bytes().decode("utf-8-sig"), newline="")))
    assert len(rows) == fair.rows
    there = [line for line in rows if line["Portal state"] == "In Breakcold"]
    received = {lead["id"]: lead["body"] for lead in journey.portal.received()}
    assert sorted(line["E-Mail-Adresse"] for line in there) == sorted(
        [*fair.emails, f"put-right-{fair.rows}@example.com"]
    )
    for line in there:
        assert received[line["Breakcold id"]].get("icebreaker", "") == line["Besuchernotiz"]
    assert all(line["Portal reason"] for line in rows if line not in there)

    page.click("a:has-text('All rows')")
    expect(page.locator("#import-rows")).to_be_visible()
    fits(page)
    page.click("#import-rows a.cover >> nth=0")
    expect(page.locator("h1")).to_have_text(re.compile(r"Row \d+"))
    fits(page)
    assert journey.console == [] and journey.foreign == []
