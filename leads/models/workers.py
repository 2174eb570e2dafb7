from __future__ import annotations

import uuid

from django.db import models


class WorkerBeat(models.Model):
    """One running worker, which says every few seconds that it is there. See ``monitoring/heartbeat.py``."""

    name = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"worker {self.name}"
