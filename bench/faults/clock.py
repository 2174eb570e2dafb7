"""A clock that the campaign moves, for itself and for every process it starts.

The portal asks ``timezone.now()`` for the time of day everywhere, so that is what is moved: by a number of seconds kept
in a small file that all of them map into memory. What lasts (``time.monotonic``) goes on as it is.
"""

from __future__ import annotations

import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(struct.pack("d", 0.0))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), 8)

    @property
    def offset(self) -> float:
        return float(struct.unpack("d", self._memory[:8])[0])

    def shift(self, seconds: float) -> None:
        self._memory[:8] = struct.pack("d", self.offset + seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def time(self) -> float:
        return self.now().timestamp()

    def move_to(self, moment: datetime) -> None:
        """Forward only."""
        self.shift(max(0.0, (moment - self.now()).total_seconds()))

    def install(self) -> None:
        """Everything in this process that asks for the time of day is told this one's."""
        from django.utils import timezone

        from leads.breakcold.sandbox import state

        timezone.now = self.now
        state.timestamp = lambda: self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_environment() -> Clock:
    return Clock(Path(os.environ["PORTAL_FAULTS_CLOCK"]))
