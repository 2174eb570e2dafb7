"""Every page there is, empty, full and with mistakes: axe-core finds nothing, in both schemes, wide and narrow."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from .scenes import PHONE, WIDE, Scenes

#: Wide comes first: on the phone, rules that only ask what there is are asked again only if there is something else.
LOOKS = ((WIDE, "light", True), (WIDE, "dark", False), (PHONE, "dark", True), (PHONE, "light", False))
#: What moves has arrived, and the bar at the end of a form lies where the form ends, not over it. Text in the colours,
#: of the size and on the ground of another page was looked at there; what is new goes through axe's rules for colours.
RUN = """async ([known, isWhole]) => {
  scrollTo(0, document.body.scrollHeight);
  getComputedStyle(document.body).color;
  for (const moving of document.getAnimations()) {
    if (moving.effect.getComputedTiming().endTime !== Infinity) moving.finish();
  }
  const saysSomething = (element) => element.matches("input, select, textarea")
    || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const groundOf = (element) => {
    const ground = [];
    for (let at = element; at; at = at.parentElement) {
      const behind = getComputedStyle(at);
      ground.push(behind.backgroundColor, behind.backgroundImage, behind.opacity);
      if (behind.backgroundColor.startsWith("rgb(")) break;
    }
    return ground;
  };
  const lookOf = (element) => {
    const style = getComputedStyle(element);
    const isLink = element.localName === "a" && style.display === "inline";
    const around = isLink ? [style.textDecorationLine, getComputedStyle(element.parentElement).color] : [];
    return [style.color, style.fontSize, style.fontWeight, ...around, ...groundOf(element)].join("|");
  };
  const visible = [...document.body.querySelectorAll("*")].filter((element) => element.checkVisibility());
  const seen = new Set(known), fresh = new Set(), elements = [];
  for (const element of visible.filter(saysSomething)) {
    const look = lookOf(element);
    if (seen.has(look)) continue;
    fresh.add(look);
    elements.push(element);
  }
  const found = [];
  const run = async (where, options) => {
    found.push(...(await axe.run(where, {resultTypes: ["violations"], preload: false, ...options})).violations);
  };
  const colours = ["color-contrast", "link-in-text-block"], places = ["target-size", "scrollable-region-focusable"];
  const off = Object.fromEntries(colours.map((name) => [name, {enabled: false}]));
  if (isWhole && visible.every((element) => window.wasVisible?.has(element))) {
    await run(document, {runOnly: {type: "rule", values: places}});
  } else if (isWhole) {
    await run(document, {rules: {"target-size": {enabled: true}, ...off}});
    window.wasVisible = new Set(visible);
  }
  const there = elements.filter((element) => element.isConnected);  // a list may have looked again meanwhile
  if (there.length) await run({include: there}, {runOnly: {type: "rule", values: colours}});
  const html = (rule) => rule.nodes.map((node) => node.html.slice(0, 200));
  return {
    violations: found.map((rule) => [rule.id, rule.help, html(rule)]),
    looks: [...fresh],
    isTooWide: document.documentElement.scrollWidth > innerWidth,
  };
}"""


@pytest.fixture(scope="module")
def scenes(portal, browser):
    scenes = Scenes(portal, browser, script=AXE_SCRIPT)
    yield scenes
    scenes.close()


def look_at(page: Page, known: set[str]) -> list[str]:
    """What axe finds, and whether the page is wider than the screen. ``known`` are the looks of text seen so far."""
    found = []
    for size, scheme, is_whole in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        seen = page.evaluate(RUN, [sorted(known), is_whole])
        known |= set(seen["looks"])
        where = f"{size['width']} px, {scheme}"
        found += [f"{where}: {json.dumps(violation)}" for violation in seen["violations"]]
        if seen["isTooWide"]:
            found.append(f"{where}: it is wider than the screen")
    return found


@pytest.mark.slow
def test_axe_finds_nothing_on_any_page(scenes):
    troubles, seen, known = {}, [], set()
    for scene in scenes.all():
        if found := look_at(scenes.show(scene), known):
            troubles[scene.name] = found
        seen.append(scene.name)
    assert {"full-home", "full-submissions-new", "full-sign-in", "error-500"} <= set(seen)
    assert len(seen) > 80
    assert troubles == {}, json.dumps(troubles, indent=1)
