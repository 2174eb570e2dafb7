"""Those who keep a portal busy beside what a bench looks at. What goes wrong in one of them ends the bench."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self


class AtOnce(ABC):
    """``work`` is called with 0, 1, ... in a thread each, and ends soon after ``stop`` is set."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.stop = threading.Event()
        self._pool = ThreadPoolExecutor(count)
        self._futures: list[Future[None]] = []

    @abstractmethod
    def work(self, number: int) -> None: ...

    def __enter__(self) -> Self:
        self._futures = [self._pool.submit(self.work, number) for number in range(self.count)]
        return self

    def __exit__(self, *about: object) -> None:
        self.stop.set()
        self._pool.shutdown()
        for future in self._futures:
            future.result()
