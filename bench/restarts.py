"""Web servers and the worker ended and started again while leads come in: what was lost, sent twice, or unseen.

Two web servers stand beside each other as behind a front that tries the next one. Clients post with one-time keys and,
where no answer came, send the same once more. Then the only worker is killed, and ``/readyz`` is watched.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import requests

from tests.portal import ROOT, Portal, environment, free_port_pair

from .at_once import AtOnce
from .places import portal_of_its_own, signed_in

PATIENCE = 120.0  # seconds
TRIES = 400


class Web:
    """A second web server on the portal's own database."""

    def __init__(self, portal: Portal) -> None:
        self.environ = {**environment(portal.folder), "PORTAL_URL": portal.url}
        self.port = free_port_pair()
        self.url = f"http://localhost:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "manage.py", "web", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environ)
        wait_for(self.url)

    def stop(self) -> float:
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        return time.monotonic() - began


def wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def child_of(portal: Portal, name: str) -> int:
    """The process id of what ``up`` runs under this name."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == portal.pid and name.encode() in (path / "cmdline").read_bytes().split(b"\0"):
                return int(path.name)
    raise RuntimeError(f"the portal has no process {name}")


class Clients(AtOnce):
    def __init__(self, portal: Portal, urls: list[str], count: int) -> None:
        super().__init__(count)
        self.urls = urls
        self.emails: list[str] = []
        self.seen: Counter[str] = Counter()
        self._signed_in = [signed_in(portal) for _ in range(count)]

    def work(self, client: int) -> None:
        (session, token), number = self._signed_in[client], 0
        while not self.stop.is_set():
            number += 1
            email = f"r{client}-{number}@example.com"
            data = {"first_name": "Sam", "email": email, "one_time_key": str(uuid4()), "csrfmiddlewaretoken": token}
            self._send(session, data)
            self.emails.append(email)

    def _send(self, session: requests.Session, data: dict[str, str]) -> None:
        """As a front does: the next server where one does not answer; the same form again until somebody did."""
        for attempt in range(TRIES):
            url = self.urls[attempt % len(self.urls)]
            try:
                headers = {"Referer": url}
                answer = session.post(
                    f"{url}/t/demo/submissions/new/", data=data, headers=headers, allow_redirects=False, timeout=60
                )
            except requests.RequestException as exc:
                self.seen[type(exc).__name__] += 1
                time.sleep(0.05)
                continue
            self.seen[str(answer.status_code)] += 1
            if answer.status_code == 303:
                return
            if answer.status_code < 500:
                raise RuntimeError(f"refused with {answer.status_code}")
        raise RuntimeError("nobody answered")


def restart_all(portal: Portal, clients: Clients, second: Web, rounds: int) -> list[float]:
    """Each web server in turn, while leads come in; the seconds each took to end."""
    took = []
    for _ in range(rounds):
        time.sleep(random.uniform(0.5, 2.0))
        took.append(second.stop())
        second.start()
        first = child_of(portal, "web")
        os.kill(first, signal.SIGTERM)
        began = time.monotonic()
        while Path(f"/proc/{first}").exists() and time.monotonic() < began + PATIENCE:
            time.sleep(0.02)
        took.append(time.monotonic() - began)
        wait_for(portal.url)
        os.kill(child_of(portal, "worker"), signal.SIGTERM)
    return took


def until_red(portal: Portal) -> tuple[float, str]:
    """Seconds from the death of the only worker to a ``/readyz`` that says so, and what it says."""
    os.kill(portal.pid, signal.SIGSTOP)  # or it would start another one at once
    try:
        os.killpg(child_of(portal, "worker"), signal.SIGKILL)
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE:
            try:
                urllib.request.urlopen(f"{portal.url}/readyz", timeout=10).close()
            except urllib.error.HTTPError as exc:
                return time.monotonic() - began, str(json.load(exc))
            time.sleep(0.2)
    finally:
        os.kill(portal.pid, signal.SIGCONT)
    return PATIENCE, "it stayed ready"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with portal_of_its_own() as portal:
        second = Web(portal)
        try:
            with Clients(portal, [portal.url, second.url], options.clients) as clients:
                took = restart_all(portal, clients, second, options.rounds)
            began = time.monotonic()
            while len(portal.received()) < len(clients.emails) and time.monotonic() < began + PATIENCE:
                time.sleep(0.5)
            made = Counter(lead["body"]["email"] for lead in portal.received())
            seconds, said = until_red(portal)
        finally:
            second.stop()
    lost = [email for email in clients.emails if not made[email]]
    twice = [email for email, count in made.items() if count > 1]
    print(f"restarts   {len(took)} of web, {options.rounds} of the worker; web ended after {max(took):.1f} s at most")
    print(f"answers    {dict(clients.seen)}")
    print(f"leads      {len(clients.emails)} sent, {len(made)} in the sandbox, {len(lost)} lost, {len(twice)} twice")
    print(f"readiness  red {seconds:.0f} s after the worker died: {said}")
    sys.exit(bool(lost or twice or seconds > 30 or not set(clients.seen) <= {"303", "ConnectionError"}))


if __name__ == "__main__":
    main()
