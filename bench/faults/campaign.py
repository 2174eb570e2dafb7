"""Runs the scenarios one after the other, has the books checked after each, and says what came of it."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.portal import own_database
from tests.redis_server import RedisServer, running_redis

from . import side_by_side
from .cluster import Cluster

#: Settings of somebody's portal, which have no place here; ``DATABASE_URL`` says where a server is.
SETTINGS = ("PORTAL_", "BREAKCOLD_", "SECRET_KEY", "ALLOWED_HOSTS", "CSRF_", "DEBUG", "EMAIL_", "REDIS_URL", "OIDC_")


@dataclass(frozen=True)
class Scenario:
    """``fast`` and ``full`` are how often, or with ``is_step`` at how many bytes; ``needs`` is what must be there.

    ``is_whole``: it says nothing when cut into parts that run side by side.
    """

    run: Callable[..., None]
    promise: str
    fast: int
    full: int
    needs: str = ""
    is_step: bool = False
    is_whole: bool = False

    def count(self, options: argparse.Namespace) -> int:
        return options.count or (self.full if options.full else self.fast)


@dataclass(frozen=True)
class Result:
    name: str
    promise: str
    count: int
    wrong: list[str]
    notes: list[str]
    seconds: float


def scenarios() -> dict[str, Scenario]:
    from . import kills, outages, web, wire

    return {
        "truncation": Scenario(
            wire.truncation, "an answer cut off is never taken for a lead", 23, 1, is_step=True, is_whole=True
        ),
        "malformed": Scenario(wire.malformed, "nor is one that makes no sense", 100, 300),
        "redirects": Scenario(
            wire.redirects, "no redirect is followed, and the key goes nowhere", 60, 60, is_whole=True
        ),
        "lost_replies": Scenario(wire.lost_replies, "a lead whose answer was lost is found, not sent again", 10, 1000),
        "never_created": Scenario(wire.never_created, "one that never arrived is sent once more", 6, 1000),
        "random_kills": Scenario(
            kills.random_kills, "a worker killed at any moment loses and doubles nothing", 10, 1000
        ),
        "named_points": Scenario(kills.named_points, "nor does one killed at a named point", 1, 20),
        "graceful_stops": Scenario(kills.graceful_stops, "SIGTERM makes no outcome unknown", 3, 200),
        "zombies": Scenario(kills.zombies, "a worker stopped past its lease is fenced off", 1, 100),
        "web_kills": Scenario(web.web_kills, "what was answered is kept, what was sent again is one lead", 4, 500),
        "undo_races": Scenario(web.undo_races, "undone or sent: never both, never neither", 30, 5000),
        "clock_jumps": Scenario(kills.clock_jumps, "clocks may jump", 5, 100),
        "outage": Scenario(
            outages.outage, "72 hours without Breakcold: all delivered, oldest first", 10, 2000, is_whole=True
        ),
        "disk_full": Scenario(outages.disk_full, "a full disk refuses, and loses nothing", 3, 50, needs="disk"),
        "many_workers": Scenario(
            kills.many_workers, "four workers send nothing twice", 200, 10_000, needs="postgres", is_whole=True
        ),
        "database_restarts": Scenario(
            outages.database_restarts, "a database that dies under load loses nothing", 3, 200, needs="cluster"
        ),
        "redis_outages": Scenario(outages.redis_outages, "Redis may be emptied or killed", 5, 200, needs="redis"),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--full", action="store_true", help="as often as the promise asks for; takes hours")
    parser.add_argument("--seed", type=int, help="repeat a run (default: a fresh one, printed)")
    parser.add_argument("--only", action="append", metavar="NAME", help="one scenario; may be given several times")
    parser.add_argument("--count", type=int, help="how often, instead of what --full or its absence says")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL cluster that it starts itself")
    parser.add_argument("--redis", action="store_true", help="wake-ups in a Redis that it starts itself")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="in N parts side by side")
    parser.add_argument("--part", type=side_by_side.Part.read, default=side_by_side.WHOLE, help="K/N: one part alone")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")


def run(options: argparse.Namespace) -> int:
    """0 when every book agreed, 1 when not."""
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        del os.environ[name]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    picked = chosen(options.only)
    if options.jobs > 1:
        return side_by_side.run(options, seed)
    folder = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    with surroundings(folder, options) as around:
        print(f"Fault campaign on {' and '.join(sorted(around.there))}, seed {seed}", flush=True)
        results = play_all(options, picked, around, folder, seed)
    wrong = [result for result in results if result.wrong]
    print(f"{len(results)} scenarios, {len(wrong)} failed, seed {seed}", flush=True)
    if options.keep or wrong:
        print(f"Logs: {folder}", flush=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong or not (results or options.part.of > 1) else 0


def play_all(
    options: argparse.Namespace, picked: dict[str, Scenario], around: Surroundings, folder: Path, seed: int
) -> list[Result]:
    from .stage import Stage

    stage = Stage(folder, seed, cluster=around.cluster, redis=around.redis)
    results = []
    try:
        for number, (name, scenario) in enumerate(picked.items()):
            if scenario.needs and scenario.needs not in around.there:
                print(f"not run {name}: needs {NEEDS[scenario.needs]}", flush=True)
                continue
            count = side_by_side.share(scenario.count(options), number, options.part, is_whole=scenario.is_whole)
            if not count:
                continue
            stage.random = random.Random(
                f"{seed} {name} {options.part}"
            )  # each is repeated alone as it was among the others
            results.append(play_one(stage, name, scenario, count))
            say(results[-1])
    finally:
        stage.close()
    return results


def chosen(only: list[str] | None) -> dict[str, Scenario]:
    known = scenarios()
    unknown = set(only or ()) - known.keys()
    if unknown:
        raise SystemExit(f"There is no scenario {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    return {name: known[name] for name in only} if only else known


def play_one(stage: object, name: str, scenario: Scenario, count: int) -> Result:
    from . import books
    from .stage import Play, Stage

    assert isinstance(stage, Stage)
    began = time.monotonic()
    play = Play(stage, name)
    wrong: list[str] = []
    try:
        scenario.run(play, count)
    except Exception:  # the books are looked at all the same
        wrong.append(traceback.format_exc())
    finally:
        stage.end_processes()
        play.sandbox.clear()
    wrong += books.check(play, is_over=not wrong)
    wrong += [note for note in play.notes if note.startswith("WRONG")]
    if left := books.left_to_a_person(play):
        play.notes.append(f"left to a person: {', '.join(left)}")
    notes = [f"{len(play.accepted)} leads", *(note for note in play.notes if not note.startswith("WRONG"))]
    return Result(name, scenario.promise, count, wrong, notes, time.monotonic() - began)


def say(result: Result) -> None:
    verdict = "FAILED" if result.wrong else "ok"
    print(f"{verdict:6} {result.name} x {result.count}: {'; '.join(result.notes)} ({result.seconds:.0f} s)", flush=True)
    for each in result.wrong[:20]:
        print(f"       {each}", flush=True)
    if len(result.wrong) > 20:
        print(f"       ... and {len(result.wrong) - 20} more", flush=True)


# What it all runs on

NEEDS = {
    "disk": "a small disk of its own under the database: root on Linux, and no DATABASE_URL",
    "postgres": "PostgreSQL: --postgres, or DATABASE_URL",
    "cluster": "a PostgreSQL cluster it may stop: --postgres",
    "redis": "--redis",
}
DISK_MIB = 512


@dataclass
class Surroundings:
    there: set[str]
    cluster: Cluster | None = None
    redis: RedisServer | None = None


@contextmanager
def surroundings(folder: Path, options: argparse.Namespace) -> Iterator[Surroundings]:
    """A database for the campaign alone, and Redis if wanted. ``DATABASE_URL`` lends its server, never its data."""
    around = Surroundings(set())
    with ExitStack() as stack:
        is_lent = not options.postgres and os.environ.get("DATABASE_URL", "").startswith("postgres")
        where = folder if is_lent else stack.enter_context(small_disk(folder))
        around.there |= {"disk"} if where != folder else set()
        if options.postgres:
            around.cluster = Cluster(folder, where)
            around.cluster.start()
            stack.callback(around.cluster.stop)
            os.environ["DATABASE_URL"] = around.cluster.url
            around.there |= {"postgres", "cluster"}
        elif is_lent:
            stack.enter_context(own_database())
            around.there.add("postgres")
        else:
            around.there.add("sqlite")
            os.environ["DATABASE_URL"] = f"sqlite:///{where / 'portal.sqlite3'}"
        if options.redis:
            around.redis = stack.enter_context(running_redis(folder))
            os.environ |= {"PORTAL_QUEUE": "redis", "REDIS_URL": around.redis.url}
            around.there.add("redis")
        yield around


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk that can be filled; the folder itself where none can be had."""
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        yield folder
        return
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=False)
