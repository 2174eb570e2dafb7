"""Every page there is, empty, full and with mistakes: axe-core finds nothing, in both schemes, wide and narrow."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from .scenes import Scenes

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
#: All rules where the layout differs; where only the colours do, the rules about colours.
COLOURS = ["color-contrast", "link-in-text-block"]
LOOKS = (
    (WIDE, "light", None),
    (WIDE, "dark", COLOURS),
    (PHONE, "dark", None),
    (PHONE, "light", COLOURS),
)
#: What moves has arrived, and the bar at the end of a form lies where the form ends, not over it.
RUN = """async (rules) => {
  scrollTo(0, document.body.scrollHeight);
  getComputedStyle(document.body).color;
  for (const moving of document.getAnimations()) {
    if (moving.effect.getComputedTiming().endTime !== Infinity) moving.finish();
  }
  const options = {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}};
  if (rules) options.runOnly = {type: "rule", values: rules};
  const found = await axe.run(document, options);
  return found.violations.map((rule) => [rule.id, rule.help, rule.nodes.map((node) => node.html.slice(0, 200))]);
}"""


@pytest.fixture(scope="module")
def scenes(portal, browser):
    return Scenes(portal, browser)


def look_at(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than the screen."""
    found = []
    page.evaluate(AXE_SCRIPT)
    for size, scheme, rules in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        where = f"{size['width']} px, {scheme}"
        found += [f"{where}: {json.dumps(violation)}" for violation in page.evaluate(RUN, rules)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{where}: it is wider than the screen")
    return found


@pytest.mark.slow
def test_axe_finds_nothing_on_any_page(scenes):
    troubles, seen = {}, []
    for scene in scenes.all():
        with scenes.opened(scene, viewport=WIDE, reduced_motion="reduce") as page:
            if found := look_at(page):
                troubles[scene.name] = found
            seen.append(scene.name)
    assert {"full-home", "full-submissions-new", "full-sign-in", "error-500"} <= set(seen)
    assert len(seen) > 80
    assert troubles == {}, json.dumps(troubles, indent=1)
