"""Backups taken while leads are accepted and delivered, each restored into an empty place: do the three books agree?

Leads come in by the gateway all the while. What was accepted before a backup began must be in it; what it calls created
Breakcold must have; and the audit log must say the same.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from bench.faults import books
from tests.portal import ROOT, Portal, environment, own_database, running_portal

from .at_once import AtOnce

LOGGED = 5_000  # entries of the log that are there before
PAUSE_SECONDS = 0.05  # between two leads of a client: the backup is what is looked at


def fill(count: int) -> None:
    """So many leads in a team of their own that has no key, and a log; in the portal's own environment."""
    import django

    django.setup()
    from django.db import transaction

    from leads import audit
    from leads.audit import OPERATOR, Action
    from leads.models import Submission
    from leads.services import submissions, teams

    team = teams.create_team(slug="old", name="Old", actor=OPERATOR)
    values = {"first_name": "Sam", "email": "old@example.com", "icebreaker": "We met at the fair. " * 30}
    first = submissions.enter(team=team, values=values, actor=OPERATOR).submission
    first.refresh_from_db()
    about = {name: getattr(first, name) for name in ("door", "environment", "state", "queued_at", "send_after")}
    leads = (
        Submission(team=team, values={**values, "email": f"old{number}@example.com"}, title=f"Sam {number}", **about)
        for number in range(count - 1)
    )
    Submission.objects.bulk_create(leads, batch_size=500)
    with transaction.atomic():
        for lead in Submission.objects.filter(team=team).exclude(pk=first.pk)[:LOGGED]:
            audit.record(
                Action.SUBMISSION_EDITED, team=team, actor=OPERATOR, subject=lead, details={"changed": ["email"]}
            )


@dataclass
class Restored:
    """What ``books.check`` looks at: the restored database, what was accepted before, and Breakcold's ledger."""

    team: Any
    accepted: list[str]
    made: list[dict[str, Any]]

    @property
    def rows(self) -> Any:
        from leads.models import Submission

        return Submission.objects.filter(team=self.team)

    def ledger(self) -> list[dict[str, Any]]:
        return self.made

    def states(self) -> list[str]:
        return list(self.rows.values_list("state", flat=True))


def check(noted: Path, old: int) -> None:
    """In the environment of the restored portal: prints what does not agree, and how many leads there are."""
    import django

    django.setup()
    from leads import audit
    from leads.models import BreakcoldKey, Submission, Team

    said = json.loads(noted.read_text())
    play: Any = Restored(Team.objects.get(slug="demo"), said["accepted"], said["ledger"])
    wrong = books.check(play, is_over=False)
    wrong += [f"{team.slug}: {finding}" for team in Team.objects.all() for finding in audit.verify(team)]
    if Submission.objects.filter(team__slug="old").count() != old:
        wrong.append("not all of the old leads are there")
    wrong += [f"the key of {key.team.slug} is not held" for key in BreakcoldKey.objects.current() if not key.held_at]
    print(json.dumps({"wrong": wrong, "leads": play.rows.count()}))


class Clients(AtOnce):
    """Scripts that enter leads through the gateway; ``accepted`` are the public ids of the leads that were taken."""

    def __init__(self, portal: Portal, count: int) -> None:
        super().__init__(count)
        self.portal = portal
        self.token = portal.manage("createtoken", "demo", "--name", "Drill", "--requests", "60000").stdout.strip()
        self.accepted: list[str] = []
        self.refused: list[int] = []

    def work(self, client: int) -> None:
        session, number = requests.Session(), 0
        session.trust_env = False
        session.headers["X-API-KEY"] = self.token
        while not self.stop.wait(PAUSE_SECONDS):
            number += 1
            lead = {"first_name": "Sam", "email": f"c{client}-{number}@example.com"}
            answer = session.post(f"{self.portal.url}/rest/lead", json=lead, timeout=60)
            if answer.status_code in (200, 202):
                self.accepted.append(answer.headers["Location"].rpartition("/")[2])
            else:
                self.refused.append(answer.status_code)


@contextmanager
def empty_place(source: Path) -> Iterator[dict[str, str]]:
    """The environment of a portal with nothing but the secrets of the one that was backed up."""
    with tempfile.TemporaryDirectory(prefix="portal-drill-") as name, own_database():
        shutil.copy(source / "secrets.env", name)
        yield {**environment(Path(name)), "DJANGO_SETTINGS_MODULE": "leadportal.settings"}


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=900
    )


def drill(portal: Portal, clients: Clients, old: int, file: Path) -> tuple[float, float, int, list[str]]:
    """One backup and its restore: the seconds of each, how many leads came back, and what does not agree."""
    before = list(clients.accepted)
    began = time.perf_counter()
    taken = portal.manage("backup", str(file), "--force")
    backup = time.perf_counter() - began
    if taken.returncode:
        return backup, 0.0, 0, [f"backup: {taken.stderr[-500:]}"]
    noted = file.with_suffix(".json")
    noted.write_text(json.dumps({"accepted": before, "ledger": portal.received()}))
    with empty_place(portal.folder) as environ:
        began = time.perf_counter()
        restored = run(environ, "manage.py", "restore", str(file))
        restore = time.perf_counter() - began
        if restored.returncode:
            return backup, restore, 0, [f"restore: {restored.stdout[-500:]}{restored.stderr[-500:]}"]
        looked = run(environ, "-m", "bench.backup_drill", "--check", str(noted), "--leads", str(old))
        if looked.returncode:
            return backup, restore, 0, [f"check: {looked.stderr[-500:]}"]
        said = json.loads(looked.stdout.splitlines()[-1])
    return backup, restore, said["leads"], said["wrong"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--leads", type=int, default=20_000, help="that are there before")
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--check", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        return fill(options.leads)
    if options.check:
        return check(options.check, options.leads)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name, own_database():
        folder = Path(name)
        with running_portal(folder) as portal:
            portal.tell_sandbox("limits", limit=None)
            began = time.perf_counter()
            environ = {**environment(folder), "DJANGO_SETTINGS_MODULE": "leadportal.settings"}
            filled = run(environ, "-m", "bench.backup_drill", "--fill", "--leads", str(options.leads))
            if filled.returncode:
                raise RuntimeError(filled.stderr[-2000:])
            print(f"filled     {options.leads} leads in {time.perf_counter() - began:.0f} s", flush=True)
            rounds(portal, options, folder / "drill.backup")


def rounds(portal: Portal, options: argparse.Namespace, file: Path) -> None:
    took: list[tuple[float, float]] = []
    bad = 0
    with Clients(portal, options.clients) as clients:
        for number in range(options.rounds):
            backup, restore, leads, wrong = drill(portal, clients, options.leads, file)
            took.append((backup, restore))
            bad += bool(wrong)
            size = file.stat().st_size / 2**20 if file.exists() else 0
            print(
                f"round {number + 1:2}   backup {backup:.1f} s, {size:.1f} MiB, restore {restore:.1f} s, "
                f"{leads} new leads came back, {len(wrong)} do not agree",
                flush=True,
            )
            for each in wrong[:10]:
                print(f"  {each}", flush=True)
    backup, restore = (statistics.median(each[place] for each in took) for place in (0, 1))
    print(f"median     backup {backup:.1f} s, restore {restore:.1f} s; {bad} of {len(took)} rounds did not agree")
    print(
        f"meanwhile  {len(clients.accepted)} leads were accepted, {len(clients.refused)} refused {clients.refused[:5]}"
    )
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
