"""How fast leads are accepted and delivered on one machine, beside bare loops doing only the network part of it."""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
import threading
import time
from pathlib import Path

import requests

from tests.portal import Portal, running_portal

LEAD = {
    "first_name": "Sam",
    "last_name": "Sample",
    "email": "sam@example.com",
    "phone": "+353 1 234 5678",
    "company": "Example Brewing Ltd",
    "company_role": "Head of Purchasing",
    "website_url": "https://example.com",
    "city": "Dublin",
    "icebreaker": "We met at the trade fair.",
}
CLIENTS = (1, 8)
SECONDS = 8.0


def signed_in(portal: Portal) -> tuple[requests.Session, str]:
    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{portal.url}/accounts/login/", timeout=30).text
    token = _token(page)
    data = {"login": "member@demo.example", "password": portal.passwords["member"], "csrfmiddlewaretoken": token}
    session.post(f"{portal.url}/accounts/login/", data=data, timeout=30).raise_for_status()
    return session, _token(session.get(f"{portal.url}/t/demo/submissions/new/", timeout=30).text)


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("no form on the page")
    return found.group(1)


def accept(portal: Portal, clients: int) -> tuple[float, list[float]]:
    """Leads per second through the form, and the seconds each took."""
    sessions = [signed_in(portal) for _ in range(clients)]
    took: list[float] = []
    stop_at = time.perf_counter() + SECONDS

    def post(session: requests.Session, token: str) -> None:
        while time.perf_counter() < stop_at:
            began = time.perf_counter()
            answer = session.post(
                f"{portal.url}/t/demo/submissions/new/",
                data={**LEAD, "csrfmiddlewaretoken": token},
                allow_redirects=False,
                timeout=60,
            )
            if answer.status_code != 303:
                raise RuntimeError(f"refused with {answer.status_code}")
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    threads = [threading.Thread(target=post, args=session) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / (time.perf_counter() - began), took


def deliver(portal: Portal, count: int) -> tuple[float, float]:
    """Leads per second from queued to created by one drain, and of a bare session posting the same."""
    for name, value in _settings(portal).items():
        os.environ[name] = value
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadportal.settings"
    import django

    django.setup()
    from leads.audit import OPERATOR
    from leads.delivery import drain
    from leads.models.teams import Environment
    from leads.services import keys, submissions, teams

    drain.RUN_SECONDS = 600
    team = teams.create_team(slug="bench", name="Bench", actor=OPERATOR)
    plain = keys.new_sandbox_key()
    values = {name: value for name, value in LEAD.items() if name != "phone"}
    for _ in range(count):  # without a key yet, so that the portal's own worker leaves them alone
        submissions.enter(team=team, values=values, actor=OPERATOR)
    from leads.signals import key_ready

    key_ready.receivers = []
    key = keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    began = time.perf_counter()
    drain.drain(key.public_id)
    ours = count / (time.perf_counter() - began)

    session = requests.Session()
    session.trust_env = False
    began = time.perf_counter()
    for _ in range(count):
        session.post(
            f"{portal.sandbox_url}/lead", json=values, headers={"X-API-KEY": plain}, timeout=30
        ).raise_for_status()
    return ours, count / (time.perf_counter() - began)


def _settings(portal: Portal) -> dict[str, str]:
    return {"PORTAL_DATA_DIR": str(portal.folder), "BREAKCOLD_SANDBOX_URL": portal.sandbox_url}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=1_000, help="to deliver")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, running_portal(Path(folder)) as portal:
        portal.tell_sandbox("limits", limit=None)
        ours, bare = deliver(portal, options.leads)
        print(f"deliver   {ours:6.0f} leads/s, bare requests loop {bare:6.0f} /s, ratio {ours / bare:.2f}")
        for clients in CLIENTS:
            rate, took = accept(portal, clients)
            print(
                f"accept    {rate:6.0f} leads/s with {clients} clients, median {statistics.median(took) * 1000:.1f} ms"
            )


if __name__ == "__main__":
    main()
