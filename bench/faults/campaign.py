"""Runs the scenarios one after the other, has the books checked after each, and says what came of it."""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scenario:
    """``fast`` and ``full`` are how often; 0 leaves it out. ``needs`` names the database it is about."""

    run: Callable[..., None]
    promise: str
    fast: int
    full: int
    needs: str = ""
    is_over: bool = True


@dataclass(frozen=True)
class Result:
    name: str
    promise: str
    count: int
    wrong: list[str]
    notes: list[str]
    seconds: float


def scenarios() -> dict[str, Scenario]:
    from . import kills

    return {
        "random_kills": Scenario(
            kills.random_kills, "a worker killed at any moment loses and doubles nothing", 25, 1000
        ),
        "named_points": Scenario(kills.named_points, "nor one killed at a named point", 1, 20),
        "graceful_stops": Scenario(kills.graceful_stops, "SIGTERM makes no outcome unknown", 3, 200),
        "zombies": Scenario(kills.zombies, "a worker stopped past its lease is fenced off", 2, 100),
        "clock_jumps": Scenario(kills.clock_jumps, "clocks may jump", 5, 100),
        "many_workers": Scenario(kills.many_workers, "four workers send nothing twice", 100, 10_000, needs="postgres"),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--full", action="store_true", help="as often as the promise asks for; takes hours")
    parser.add_argument("--seed", type=int, help="repeat a run (default: a fresh one, printed)")
    parser.add_argument("--only", action="append", metavar="NAME", help="one scenario; may be given several times")
    parser.add_argument("--count", type=int, help="how often, instead of what --full or its absence says")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL cluster that it starts itself")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs and the database")


def run(options: argparse.Namespace) -> int:
    """0 when every book agreed, 1 when not."""
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    folder = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    with database(folder, postgres=options.postgres) as kind:
        print(f"Fault campaign on {kind}, seed {seed}", flush=True)
        results = play_all(options, folder, seed, kind)
    wrong = [result for result in results if result.wrong]
    print(f"{len(results)} scenarios, {len(wrong)} failed, seed {seed}", flush=True)
    if options.keep or wrong:
        print(f"Logs and database: {folder}", flush=True)
    else:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong or not results else 0


def play_all(options: argparse.Namespace, folder: Path, seed: int, kind: str) -> list[Result]:
    from .stage import Stage

    stage = Stage(folder, seed)
    results = []
    try:
        for name, scenario in chosen(options.only, kind).items():
            count = options.count or (scenario.full if options.full else scenario.fast)
            stage.random = random.Random(f"{seed} {name}")  # each is repeated alone as it was among the others
            result = play_one(stage, name, scenario, count)
            results.append(result)
            say(result)
    finally:
        stage.close()
    return results


def chosen(only: list[str] | None, kind: str) -> dict[str, Scenario]:
    known = scenarios()
    unknown = set(only or ()) - known.keys()
    if unknown:
        raise SystemExit(f"There is no scenario {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    picked = {name: known[name] for name in only} if only else known
    return {name: each for name, each in picked.items() if each.needs in ("", kind)}


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
    wrong += books.check(play, is_over=scenario.is_over and not wrong)
    wrong += [note for note in play.notes if note.startswith("WRONG")]
    notes = [f"{len(play.accepted)} leads", *(note for note in play.notes if not note.startswith("WRONG"))]
    return Result(name, scenario.promise, count, wrong, notes, time.monotonic() - began)


def say(result: Result) -> None:
    verdict = "FAILED" if result.wrong else "ok"
    print(f"{verdict:6} {result.name} x {result.count}: {'; '.join(result.notes)} ({result.seconds:.0f} s)", flush=True)
    for each in result.wrong[:20]:
        print(f"       {each}", flush=True)
    if len(result.wrong) > 20:
        print(f"       ... and {len(result.wrong) - 20} more", flush=True)


@contextmanager
def database(folder: Path, *, postgres: bool) -> Iterator[str]:
    """Name the database all of it runs on; ``DATABASE_URL`` lends its server, never its data."""
    from tests.portal import own_database

    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        with own_database():
            yield "postgres"
        return
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'portal.sqlite3'}"
    yield "sqlite"
