"""How an import of ten thousand rows fares: preview, memory, progress and cancelling.

With ``--full``, two hundred made-up files instead, whose worker and web server are killed five times each.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import threading
import time
from pathlib import Path

from leads.breakcold.sandbox import SandboxServer
from tests.portal import free_port_pair

from .places import django_of_its_own

ROWS, COLUMNS = 10_000, 20
FILES = 200
SEED = 1_000
MIB = 1024


def wide_file() -> bytes:
    """Ten thousand people in twenty columns."""
    headings = (
        "first_name,last_name,email,phone,company,company_role,linkedin_url,website_url,city,twitter_name,"
        "facebook_username,instagram_username,avatar_url,linkedin_company_url,contract_name,contract_value,"
        "contract_currency,icebreaker,icebreaker_2,is_company"
    )
    lines = [
        f"Aoife{n},O’Brien,a{n}@example.com,+353 1 {n:07d},Brewing {n} Ltd,Head of Purchasing,"
        f"https://www.linkedin.com/in/a-{n},https://b{n}.example.com,Dún Laoghaire,a{n},a{n},a{n},"
        f"https://example.com/{n}.jpg,https://www.linkedin.com/company/b-{n},Autumn order,12500,EUR,"
        f"We met at the Dublin trade fair.,They open a second site.,no"
        for n in range(ROWS)
    ]
    assert headings.count(",") == COLUMNS - 1
    return "\n".join([headings, *lines]).encode()


def peak() -> int:
    """The most memory this process ever had, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) // MIB if found else 0


def processor() -> float:
    """Seconds of processor time, of this process and of those it started that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def ten_thousand(sandbox: SandboxServer) -> None:
    from leads.audit import OPERATOR
    from leads.breakcold.errors import Answer, RateLimit
    from leads.delivery import drain, throttle
    from leads.delivery.imports import work_once
    from leads.models.teams import Environment
    from leads.services import imports, keys, teams
    from leads.states import Count

    sandbox.limit(None)
    team = teams.create_team(slug="bench", name="Bench", actor=OPERATOR)
    team.environment = Environment.SANDBOX
    team.save()
    plain = keys.new_sandbox_key()
    key = keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    throttle.learn_from(key, Answer(status=200, body={}, rate_limit=RateLimit(100_000, 100_000, 60.0)))
    content, before = wide_file(), peak()

    began, busy = time.perf_counter(), processor()
    made = imports.upload(team=team, name="wide.csv", content=content, actor=OPERATOR)
    stored = time.perf_counter()
    work_once()
    read = time.perf_counter()
    made.refresh_from_db()
    imports.map_columns(lead_import=made, columns=made.columns, constants={}, choices={}, actor=OPERATOR)
    work_once()
    checked = time.perf_counter()
    made.refresh_from_db()
    foreseen = imports.forecast(made)
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // MIB
    print(f"upload    {stored - began:6.2f} s for {len(content) / MIB / MIB:.1f} MiB")
    print(f"read      {read - stored:6.2f} s, {made.row_count} rows; the process that reads peaks at {child} MiB")
    print(
        f"check     {checked - read:6.2f} s, {foreseen.new} would be created; preview {checked - stored:.2f} s in all"
    )
    print(f"processor {processor() - busy:6.2f} s in all until the preview; more time than that went to others")
    print(f"memory    {before} MiB before, {peak()} MiB at most")

    imports.start(lead_import=made, duplicates="skip", actor=OPERATOR)
    stop, lags = threading.Event(), list[float]()

    def work() -> None:
        while not stop.is_set():
            if not work_once():
                stop.wait(0.1)

    def send() -> None:
        while not stop.is_set():
            drain.drain(key.public_id)
            stop.wait(0.05)

    threads = [threading.Thread(target=each) for each in (work, send)]
    for thread in threads:
        thread.start()
    until, seen = time.perf_counter() + 20, 0
    while time.perf_counter() < until:
        there = len(sandbox.ledger())
        asked = time.perf_counter()
        while (seen := imports.count(made)[Count.CREATED]) < there:
            time.sleep(0.02)
        lags.append(time.perf_counter() - asked)
        time.sleep(0.5)
    print(f"progress  {max(lags):6.2f} s behind at most, {seen} leads in 20 s; the page asks every second")

    made.refresh_from_db()
    began = time.perf_counter()
    imports.cancel(lead_import=made, actor=OPERATOR)
    halted = time.perf_counter()
    while imports.has_undecided(made):
        time.sleep(0.02)
    done = time.perf_counter()
    stop.set()
    for thread in threads:
        thread.join()
    counts = imports.count(made)
    print(f"cancel    {halted - began:6.2f} s until nothing leaves, {done - began:.2f} s until all is taken back")
    print(
        f"rows      {sum(counts.values())} of {made.row_count}; sandbox {len(sandbox.ledger())} = {counts['created']}"
    )


def under_kills(sandbox: SandboxServer, folder: Path, files: int, seed: int) -> None:
    import os

    from leads import audit
    from leads.audit import OPERATOR
    from leads.models.teams import Environment, Role
    from leads.services import keys, members, teams
    from tests.fairs import make_fair
    from tests.killing import ANSWER_SECONDS, Siege
    from tests.nursery import Nursery, Process

    sandbox.limit(None)
    sandbox.fault("delay", seconds=ANSWER_SECONDS, times=None)
    team = teams.create_team(slug="siege", name="Siege", actor=OPERATOR)
    team.environment = Environment.SANDBOX
    team.save()
    plain = keys.new_sandbox_key()
    keys.set_key(team=team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    user = members.add_member(
        team=team, email="bob@example.com", role=Role.MEMBER, password="correct horse battery", actor=OPERATOR
    ).user
    port = free_port_pair()
    environ = dict(os.environ)
    nursery = Nursery(environ)
    web = Process(nursery, ["web", "--port", str(port)], folder / "web.log")
    worker = Process(nursery, ["worker", "--threads", "2"], folder / "worker.log")
    siege = Siege(team, user, sandbox, web, worker, port, random.Random(seed))
    began, rows, kills = time.perf_counter(), 0, [0, 0]
    try:
        for number in range(files):
            dice = random.Random(seed + number)
            fair = make_fair(seed + number, dice.randrange(40, 120))
            siege.run(fair)
            rows, kills = rows + fair.rows, [kills[0] + web.kills, kills[1] + worker.kills]
            print(
                f"file {number + 1} of {files}, seed {seed + number}: web killed {kills[0]} times, worker {kills[1]}, "
                f"{rows} rows accounted for, {time.perf_counter() - began:.0f} s",
                flush=True,
            )
    finally:
        web.stop()
        worker.stop()
        nursery.close()
    problems = list(audit.verify(team))
    print(f"the audit chain of {team.slug} is {'broken' if problems else 'whole'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="files under kills instead")
    parser.add_argument("--files", type=int, default=FILES, help="with --full, how many")
    parser.add_argument("--seed", type=int, default=SEED, help="with --full, of the first file; each has its own")
    options = parser.parse_args()
    with SandboxServer() as sandbox, django_of_its_own(sandbox.url) as folder:
        if options.full:
            under_kills(sandbox, folder, options.files, options.seed)
        else:
            ten_thousand(sandbox)


if __name__ == "__main__":
    main()
