"""A campaign in parts side by side: most of a trial is waiting. Each part has a database, a sandbox and a clock of its
own, and makes choices of its own from the same seed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from leadportal import bootstrap


@dataclass(frozen=True)
class Part:
    number: int  # from 1
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def read(cls, text: str) -> Part:
        number, _, of = text.partition("/")
        part = cls(int(number), int(of))
        if not 1 <= part.number <= part.of:
            raise argparse.ArgumentTypeError("K/N: K is 1 to N")
        return part


WHOLE = Part(1, 1)


def share(count: int, turn: int, part: Part, *, is_whole: bool) -> int:
    """How often a scenario is played in a part; those that are not cut take turns."""
    if is_whole:
        return count if turn % part.of == part.number - 1 else 0
    return count // part.of + (part.number <= count % part.of)


def run(options: argparse.Namespace, seed: int) -> int:
    """0 when the books of every part agreed, 1 when not."""
    print(f"Fault campaign in {options.jobs} parts, seed {seed}", flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        parts = [Part(number, options.jobs) for number in range(1, options.jobs + 1)]
        codes = list(pool.map(lambda part: _play(part, options, seed), parts))
    print(f"{len(codes)} parts, {sum(map(bool, codes))} failed, seed {seed}", flush=True)
    return 1 if any(codes) else 0


def _play(part: Part, options: argparse.Namespace, seed: int) -> int:
    flags = [f"--{flag}" for flag in ("full", "postgres", "redis", "keep") if getattr(options, flag)]
    flags += [f"--only={name}" for name in options.only or ()]
    flags += [f"--count={options.count}"] if options.count else []
    command = [sys.executable, "-m", "bench.faults", f"--part={part}", f"--seed={seed}", *flags]
    with subprocess.Popen(
        command, cwd=bootstrap.BASE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as playing:
        assert playing.stdout is not None
        for line in playing.stdout:
            print(f"[{part}] {line}", end="", flush=True)
    return playing.returncode
