"""What the entry page weighs on a first visit, and that nothing on it jumps, complains or comes from elsewhere."""

from __future__ import annotations

import pytest

PAGE_BYTES = 60_000  # over the wire: page, style, scripts, icon
SCRIPT_BYTES = 12_000  # of our own script, over the wire
MOVED = 0.01  # where states change under one's eyes, a word may take another width; Chromium calls 0.1 good
WATCH = """
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
  }).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def wire(journey):
    """Bytes by address, as they came over the wire, of a browser that has nothing in store."""
    session = journey.context.new_cdp_session(journey.page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    urls, sizes = {}, {}
    session.on("Network.responseReceived", lambda event: urls.setdefault(event["requestId"], event["response"]["url"]))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.setdefault(urls.get(event["requestId"], "?"), event["encodedDataLength"]),
    )
    return sizes


def test_it_is_light_and_still(journey, wire):
    page = journey.sign_in("member")
    page.add_init_script(WATCH)
    wire.clear()
    page.goto(f"{journey.portal.url}/t/demo/submissions/new/", wait_until="networkidle")
    names = [url.partition("?")[0].rpartition("/")[2] for url in wire]
    assert all(any(name.startswith(begin) for name in names) for begin in ("app.", "htmx")), wire
    assert sum(wire.values()) <= PAGE_BYTES, wire
    own = [size for url, size in wire.items() if "/leads/app" in url and url.partition("?")[0].endswith(".js")]
    assert len(own) == 1
    assert own[0] <= SCRIPT_BYTES, wire
    for address, most in {"submissions/new/": 0, "settings/": 0, "": MOVED, "submissions/": MOVED}.items():
        page.goto(f"{journey.portal.url}/t/demo/{address}", wait_until="networkidle")
        assert page.evaluate("window.shifts") <= most, address
    assert journey.console == []
    assert journey.foreign == []
