"""How fast leads are accepted and delivered on one machine, beside bare loops doing only the network part of it."""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from datetime import UTC, datetime

import requests

from tests.portal import Portal

from .places import django_of_its_own, portal_of_its_own, signed_in

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
    """Leads per second from queued to created by drains in this process, and of a bare session posting the same.

    Of the running portal only the sandbox has a part in it: the leads are in a database of their own, which its worker
    does not know. Raises ``RuntimeError`` if somebody else delivered some of them all the same.
    """
    from leads.audit import OPERATOR
    from leads.delivery import drain
    from leads.models.teams import Environment
    from leads.services import keys, submissions, teams

    team = teams.create_team(slug="bench", name="Bench", actor=OPERATOR)
    plain = keys.new_sandbox_key()
    key = keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    values = {name: value for name, value in LEAD.items() if name != "phone"}
    for _ in range(count):
        submissions.enter(team=team, values=values, actor=OPERATOR)
    began = time.perf_counter()
    while (again_at := drain.drain(key.public_id)) is not None:  # it makes way now and then
        if again_at > datetime.now(UTC):
            raise RuntimeError(f"the leads have to wait until {again_at}")
    ours = count / (time.perf_counter() - began)
    check_who_delivered(portal, count)

    session = requests.Session()
    session.trust_env = False
    began = time.perf_counter()
    for _ in range(count):
        session.post(
            f"{portal.sandbox_url}/lead", json=values, headers={"X-API-KEY": plain}, timeout=30
        ).raise_for_status()
    return ours, count / (time.perf_counter() - began)


def check_who_delivered(portal: Portal, count: int) -> None:
    """All were created, none twice, and no worker ever took a task from this database."""
    from django_tasks_db.models import DBTaskResult

    from leads.models import Submission

    received = sorted(lead["id"] for lead in portal.received())
    created = sorted(Submission.objects.filter(state="created").values_list("breakcold_id", flat=True))
    if len(created) != count or received != created:
        raise RuntimeError(f"of {count} leads {len(created)} are created, and the sandbox has {len(received)}")
    if DBTaskResult.objects.exclude(status="READY").exists():
        raise RuntimeError("a worker was at work as well, so the time says nothing of one drain")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=1_000, help="to deliver")
    options = parser.parse_args()
    with portal_of_its_own() as portal:
        with django_of_its_own(portal.sandbox_url):
            ours, bare = deliver(portal, options.leads)
        print(f"deliver   {ours:6.0f} leads/s, bare requests loop {bare:6.0f} /s, ratio {ours / bare:.2f}")
        for clients in CLIENTS:
            rate, took = accept(portal, clients)
            print(
                f"accept    {rate:6.0f} leads/s with {clients} clients, median {statistics.median(took) * 1000:.1f} ms"
            )


if __name__ == "__main__":
    main()
