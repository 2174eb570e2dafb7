"""What the gateway adds to a lead: single posts and batches in one run, beside posting straight to the sandbox.

Everything is asked of one running portal in turns, so that what else the machine does falls on all of it alike: only
the ratios say something. The portal's own worker delivers meanwhile, and is waited for after each turn.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import requests

from tests.fakes import SANDBOX_KEY
from tests.portal import Portal

from .accept_and_deliver import LEAD
from .places import portal_of_its_own

SIZE = 100  # leads of a batch, and of a turn of single posts


class Desk:
    """A script with one connection to the portal and one to the sandbox."""

    def __init__(self, portal: Portal, token: str) -> None:
        self.portal = portal
        self.ours, self.theirs = requests.Session(), requests.Session()
        for session, key in ((self.ours, token), (self.theirs, SANDBOX_KEY)):
            session.trust_env = False
            session.headers["X-API-KEY"] = key
        self.made, self.entered = 0, len(portal.received())

    def direct(self) -> list[float]:
        return [self._timed(self.theirs, f"{self.portal.sandbox_url}/lead", self._lead(), 200) for _ in range(SIZE)]

    def accepted(self) -> list[float]:
        return [self._single(202, "respond-async") for _ in range(SIZE)]

    def created(self) -> list[float]:
        """The whole way, answered with Breakcold's own body."""
        return [self._single(200, "wait=30") for _ in range(SIZE // 5)]

    def checked(self) -> list[float]:
        return [self._many("/leads?dry_run=1")]

    def batched(self) -> list[float]:
        return [self._many("/leads")]

    def _single(self, status: int, prefer: str) -> float:
        return self._timed(self.ours, f"{self._rest}/lead", self._lead(), status, prefer)

    def _many(self, path: str) -> float:
        """Of each lead."""
        return self._timed(self.ours, self._rest + path, [self._lead() for _ in range(SIZE)], 207) / SIZE

    def _lead(self) -> dict[str, str]:
        """Nobody's duplicate."""
        self.made += 1
        about = {"email": f"sam{self.made}@example.com", "phone": f"+3531{2000000 + self.made}"}
        return {**LEAD, **about, "company": f"Example Brewing {self.made}"}

    @property
    def _rest(self) -> str:
        return f"{self.portal.url}/rest"

    def _timed(self, session: requests.Session, url: str, body: object, status: int, prefer: str = "") -> float:
        began = time.perf_counter()
        answer = session.post(url, json=body, headers={"Prefer": prefer} if prefer else {}, timeout=120)
        took = time.perf_counter() - began
        if answer.status_code != status:
            raise RuntimeError(f"{answer.status_code} instead of {status}: {answer.text[:300]}")
        self.entered += {200: 1, 202: 1}.get(status, 0) or (SIZE if "dry_run" not in url else 0)
        return took

    def wait_until_delivered(self) -> None:
        give_up = time.monotonic() + 300
        while len(self.portal.received()) < self.entered:
            if time.monotonic() > give_up:
                raise RuntimeError("the leads were not delivered")
            time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    with portal_of_its_own() as portal:
        token = portal.manage("createtoken", "demo", "--name", "Bench", "--requests", "60000").stdout.strip()
        show(measure(Desk(portal, token), turns))


def measure(desk: Desk, turns: int) -> dict[str, list[float]]:
    """Seconds for each lead, by what was done; the first turn warms up."""
    kinds: dict[str, Callable[[], list[float]]] = {
        "straight to the sandbox": desk.direct,
        "single, answered 202": desk.accepted,
        "single, waited for (200)": desk.created,
        f"batch of {SIZE}, dry run": desk.checked,
        f"batch of {SIZE}": desk.batched,
    }
    took: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(turns + 1):
        for name, do in kinds.items():
            found = do()
            desk.wait_until_delivered()
            took[name] += found if turn else []
    return took


def show(took: dict[str, list[float]]) -> None:
    middle = {name: statistics.median(values) * 1000 for name, values in took.items()}
    direct, single = list(middle.values())[:2]
    print(f"{'for one lead':28} {'median':>9} {'over direct':>12} {'of a single':>12}")
    for name, ms in middle.items():
        print(f"{name:28} {ms:6.1f} ms {ms - direct:+9.1f} ms {ms / single:11.2f}x")


if __name__ == "__main__":
    main()
