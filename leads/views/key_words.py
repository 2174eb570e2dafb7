"""What pages say of a key: its state in words, and how many leads it concerns."""

from __future__ import annotations

from leads.models import BreakcoldKey
from leads.models.keys import KeyStatus
from leads.models.teams import Environment

from .wording import Words


def key_words(key: BreakcoldKey | None, environment: str) -> Words:
    """How it stands with a team's key of one environment, for its admins."""
    there = "the practice sandbox" if environment == Environment.SANDBOX else "Breakcold"
    if key is None:
        return Words("warn", "No key", f"Leads wait until there is one. They are safe. Paste one of {there} below.")
    if key.held_at is not None:
        trouble = f" {key.last_trouble}" if key.status == KeyStatus.PAUSED else ""
        text = f"Nothing leaves while the key is being changed. Every lead is safe.{trouble}"
        return Words("warn", "The queue is held", text)
    if key.status == KeyStatus.PAUSED:
        text = f"{key.last_trouble} Leads are safe and wait. The portal tries the key again by itself."
        return Words("danger", "It does not work", text, key.probe_at)
    if key.probe_at is not None:
        text = f"{key.last_trouble} Leads are safe and wait. The portal tries again by itself; the key may be fine."
        return Words("warn", "No clear answers just now", text, key.probe_at)
    if key.last_success_at is None:
        return Words("ok", "Ready", "No lead went out with it yet.")
    return Words("ok", "It works", f"Leads go to {there} with it.")


def counted(count: int, one: str, many: str) -> str:
    """A sentence such as "1 lead waits." or "2 leads wait."; nothing for none."""
    return f"{count} lead{'' if count == 1 else 's'} {one if count == 1 else many}." if count else ""
