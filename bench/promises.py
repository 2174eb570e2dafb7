"""The stories of ``tests/delivery/scenarios.py`` at full length: outages, fairness, lost replies, keys, undo races."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

from .places import django_of_its_own

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def stories() -> dict[str, Callable[[Any], dict[str, float]]]:
    from tests.delivery import scenarios
    from tests.fakes import OTHER_SANDBOX_KEY as OTHER
    from tests.fakes import SANDBOX_KEY as PLAIN

    def close() -> None:
        from django.db import connections

        connections.close_all()

    return {
        "outage of 24 hours": lambda stage: scenarios.outage(stage, hours=24, leads=2_000),
        "outage of 72 hours": lambda stage: scenarios.outage(stage, hours=72, leads=2_000),
        "typed beside an import": lambda stage: scenarios.fairness(stage, minutes=60),
        "lost replies, created": lambda stage: scenarios.lost_replies(stage, leads=1_000, made=True),
        "lost replies, not created": lambda stage: scenarios.lost_replies(stage, leads=1_000, made=False),
        "key refused": lambda stage: scenarios.revoked(stage, leads=500, plain=PLAIN, other=OTHER),
        "key replaced": lambda stage: scenarios.rotated(stage, rounds=100, plains=(OTHER, PLAIN)),
        "undo races": lambda stage: scenarios.undo_races(stage, races=5_000, close=close),
    }


def tell(name: str, number: int, seed: int) -> dict[str, float]:
    """One story with a team, a key, a sandbox and a clock of its own."""
    import time_machine
    from django.conf import settings

    from leads.audit import OPERATOR
    from leads.breakcold.sandbox import SandboxServer
    from leads.models.teams import Environment, Role
    from leads.services import keys
    from tests.delivery.scenarios import Stage
    from tests.factories import make_member, make_team
    from tests.fakes import SANDBOX_KEY

    with time_machine.travel(START, tick=False) as clock, SandboxServer(clock=time.time) as sandbox:
        settings.BREAKCOLD_SANDBOX_URL = sandbox.url
        settings.BREAKCOLD_TIMEOUT_SECONDS = 1.0
        team = make_team(f"story-{number}")
        user = make_member(team, f"teller-{number}", Role.MEMBER)
        keys.set_key(team=team, plain=SANDBOX_KEY, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
        return stories()[name](Stage(team, user, sandbox, clock, Random(seed)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="WORDS", default="", help="stories whose name holds these words")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    with django_of_its_own():
        for number, name in enumerate(stories()):
            if options.only not in name:
                continue
            began = time.perf_counter()
            figures = tell(name, number, options.seed)
            took = time.perf_counter() - began
            shown = ", ".join(f"{what} {value:g}" for what, value in figures.items())
            print(f"{name:26} {shown} (seed {options.seed}, {took:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
