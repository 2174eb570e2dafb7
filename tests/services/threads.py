"""Do something in several threads that begin at the same moment, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def all_at_once(do: Callable[[int], Result], count: int) -> list[Result]:
    """``do(0)`` ... ``do(count - 1)``; what one of them raises is raised here."""
    ready = threading.Barrier(count, timeout=60)

    def run(number: int) -> Result:
        ready.wait()
        try:
            return do(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
