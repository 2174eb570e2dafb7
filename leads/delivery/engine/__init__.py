"""When tasks run: the one seam to the task engine. The rows say *what* is to be done, an engine only says *when*.

``PORTAL_QUEUE`` chooses: ``on_database`` keeps wake-ups beside the rows, ``on_redis`` keeps them in Redis. Both have
the same functions and a ``Pool``, so nothing else knows which one it is. What an engine forgets, the sweep finds again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings
from django_tasks.base import Task

#: A task on one key, named by its public id.
KeyTask = Task[[str], None]


class Pool(Protocol):
    """Takes tasks that are due and runs each on a thread of its own, ``threads`` at most."""

    running: bool

    def __init__(self, *, threads: int) -> None: ...

    def run(self) -> None:
        """Until told to stop; raises what the database raises when that is away."""

    def stop(self) -> None:
        """No more tasks, and no more calls of those under way; returns at once."""

    def finish(self) -> None:
        """Wait for the calls under way; each is bounded by its deadline."""


class Engine(Protocol):
    Pool: type[Pool]

    def plan(self, task: KeyTask, key_id: str, *, at: datetime, if_lost: Callable[[], Any]) -> None:
        """Have it run at ``at``, in place of a run that was planned; once what is being written is committed.

        ``if_lost`` is called when that is known to have failed.
        """

    def plan_once(self, task: KeyTask, key_id: str, *, at: datetime) -> None:
        """Have it run at ``at``, behind the other tasks, unless a run is planned already."""

    def planned_or_since(self, task: KeyTask, moment: datetime) -> set[str] | None:
        """Keys for which it is planned, or was since ``moment``; None when nobody can tell just now."""

    def prune(self, *, before: datetime, abandoned: datetime, at_most: int) -> None:
        """Drop tasks that ended before ``before``, and those a killed worker began before ``abandoned``."""


def current() -> Engine:
    return cast(Engine, import_module(f"{__name__}.on_{settings.PORTAL_QUEUE}"))
