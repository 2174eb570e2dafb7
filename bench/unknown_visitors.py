"""Strangers who ask for whatever costs something, as fast as they can, and somebody signed in who works meanwhile."""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import requests

from tests.portal import Portal

from .at_once import AtOnce
from .places import portal_of_its_own, signed_in

ALONE_SECONDS = 10.0
#: What a stranger can ask for: pages, health, sign-in, a forgotten password, the gateway with a made-up token, rubbish.
ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/", {}),
    ("GET", "/accounts/login/", {}),
    ("POST", "/accounts/login/", {"data": {"login": "nobody@example.com", "password": "wrong"}}),
    ("POST", "/accounts/password/reset/", {"data": {"email": "nobody@example.com"}}),
    ("GET", "/healthz", {}),
    ("GET", "/readyz", {}),
    ("GET", "/t/demo/submissions/", {}),
    ("GET", "/invitations/lpi_" + "a" * 43 + "/", {}),
    ("POST", "/rest/lead", {"json": {"first_name": "x"}, "headers": {"X-API-KEY": "lpt_" + "a" * 43}}),
    ("POST", "/rest/lead", {"data": b"[" * 200_000, "headers": {"X-API-KEY": "lpt_x"}}),
    ("GET", "/nothing/" + "x" * 1_000, {}),
    ("GET", "/admin/", {}),
)


class Strangers(AtOnce):
    """``seen`` counts their answers by status; 0 is none."""

    def __init__(self, portal: Portal, count: int) -> None:
        super().__init__(count)
        self.portal = portal
        self.seen: Counter[int] = Counter()

    def work(self, number: int) -> None:
        """One stranger, who has the token of the forms as a browser would have it."""
        session = requests.Session()
        session.trust_env = False
        session.get(f"{self.portal.url}/accounts/login/", timeout=60)
        session.headers["X-CSRFToken"] = session.cookies["portal-csrf"]
        while not self.stop.is_set():
            for method, path, about in ASKED:
                if self.stop.is_set():
                    return
                url = self.portal.url + path
                try:
                    self.seen[session.request(method, url, timeout=60, allow_redirects=False, **about).status_code] += 1
                except requests.RequestException:
                    self.seen[0] += 1


def work(portal: Portal, seconds: float) -> tuple[list[float], Counter[int]]:
    """Somebody signed in: the list, a lead, the list, ...; how long each answer took."""
    session, token = signed_in(portal)
    took, seen = [], Counter[int]()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for method, path in (("GET", "submissions/"), ("POST", "submissions/new/")):
            email = f"{uuid4().hex}@example.com"
            data = {"first_name": "Sam", "email": email, "csrfmiddlewaretoken": token} if method == "POST" else None
            began = time.perf_counter()
            url = f"{portal.url}/t/demo/{path}"
            seen[session.request(method, url, data=data, timeout=60, allow_redirects=False).status_code] += 1
            took.append(time.perf_counter() - began)
        time.sleep(0.2)
    return took, seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--strangers", type=int, default=16)
    options = parser.parse_args()
    with portal_of_its_own() as portal:
        show("alone", *work(portal, ALONE_SECONDS))
        with Strangers(portal, options.strangers) as strangers:
            took, answers = work(portal, options.seconds)
        seen = strangers.seen
        show(f"beside {options.strangers}", took, answers)
        print(f"strangers  {seen.total()} requests in {options.seconds:.0f} s, answered {dict(sorted(seen.items()))}")


def show(name: str, took: list[float], seen: Counter[int]) -> None:
    print(
        f"{name:10} {len(took)} answers to somebody signed in, median {statistics.median(took) * 1000:.0f} ms, "
        f"slowest {max(took) * 1000:.0f} ms, {dict(sorted(seen.items()))}"
    )


if __name__ == "__main__":
    main()
