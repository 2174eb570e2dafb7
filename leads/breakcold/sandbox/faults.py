"""Scripted faults: what to do wrong, to which calls, how often. ``play.py`` does it on the socket."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass, field
from typing import Any

# Whether the call is carried out before the fault unless the script says otherwise, and the options an action reads.
ACTIONS: dict[str, tuple[bool, frozenset[str]]] = {
    "status": (False, frozenset({"status", "body", "content_type", "headers", "created", "bare"})),
    "body": (True, frozenset({"status", "body", "content_type", "headers", "created", "bare"})),
    "refuse": (False, frozenset({"issues", "headers"})),
    "echo": (False, frozenset({"status", "headers"})),
    "delay": (True, frozenset({"seconds", "created"})),
    "stall": (False, frozenset({"seconds"})),
    "create_then_stall": (True, frozenset({"seconds"})),
    "cut": (False, frozenset()),
    "create_then_cut": (True, frozenset()),
    "cut_before_body": (False, frozenset()),
    "truncate": (True, frozenset({"after", "created"})),
    "drip": (True, frozenset({"part", "interval", "created"})),
    "endless": (True, frozenset({"interval", "created"})),
    "huge": (True, frozenset({"mib", "created"})),
}
SILENT = frozenset({"stall", "create_then_stall", "cut", "create_then_cut", "cut_before_body"})  # no status is sent
PATIENCE = 120.0  # seconds a stalled or endless answer holds on to a client that does not give up
LATE = "late"  # carried out after the delay, when the client may long be gone
HUGE_LIMIT = 256  # MiB


@dataclass(slots=True)
class Fault:
    """One scripted fault. ``method``, ``path`` and ``account`` None match anything; ``times`` None never runs out."""

    action: str
    method: str | None = "POST"
    path: str | None = "/rest/lead"
    account: str | None = None
    times: int | None = 1
    created: bool | str = False  # carried out: False, True, or "late"
    status: int = 500
    body: Any = None  # text as it is, anything else as JSON; None is Breakcold's error shape
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    bare: bool = False  # True leaves out the rate-limit headers, as an answer from a proxy would
    issues: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = PATIENCE
    interval: float = 0.01  # seconds between two bytes, or two chunks
    part: str = "body"  # what drips: "headers" or "body"
    after: int = 20  # bytes of the body that still arrive when it is truncated
    mib: int = 8

    def __post_init__(self) -> None:
        for right, sentence in (
            (self.action in ACTIONS, f"action is one of {', '.join(ACTIONS)}"),
            (self.method is None or isinstance(self.method, str), "method is a word or null"),
            (self.path is None or str(self.path).startswith("/rest"), "path begins with /rest, or is null"),
            (self.times is None or _is_count(self.times), "times is a whole number or null"),
            (self.created in (True, False) or (self.created, self.action) == (LATE, "delay"), "created is a boolean"),
            (_is_count(self.status) and 200 <= self.status <= 599, "status is a number from 200 to 599"),
            (isinstance(self.issues, list), "issues is a list"),
            (_is_seconds(self.seconds) and _is_seconds(self.interval), "seconds and interval are seconds"),
            (self.part in ("headers", "body"), "part is headers or body"),
            (_is_count(self.after), "after is a whole number"),
            (_is_count(self.mib) and self.mib <= HUGE_LIMIT, f"mib is a number up to {HUGE_LIMIT}"),
            (_are_headers({**self.headers, "": self.content_type}), "headers are names and single lines"),
            (self.action != "cut_before_body" or self.account is None, "no key is read before the body is cut"),
        ):
            if not right:
                raise ValueError(sentence)

    def matches(self, method: str, path: str, account: str | None) -> bool:
        wanted = ((self.method, method), (self.path, path), (self.account, account))
        return all(mine is None or mine == theirs for mine, theirs in wanted)

    def text(self) -> bytes:
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    def describe(self) -> dict[str, Any]:
        match = {"method": self.method, "path": self.path, "account": self.account}
        return {"action": self.action, "match": match, "times": self.times}


def make_fault(action: str, **given: Any) -> Fault:
    """A fault from its options; one that the action does not read is a mistake in the script."""
    if action not in ACTIONS:
        raise ValueError(f"action is one of {', '.join(ACTIONS)}")
    creates, options = ACTIONS[action]
    strange = given.keys() - options - {"method", "path", "account", "times"}
    if strange:
        raise ValueError(f"{action} does not read {', '.join(sorted(strange))}")
    if action == "body":
        given = {"status": 200, "body": "", **given}
    return Fault(action, **{"created": creates, **given})


class FaultQueue:
    """The faults that wait, first scripted first played."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def waiting(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.describe() for fault in self._faults]

    def take(self, method: str, path: str, *, account: str | None = None, early: bool) -> Fault | None:
        """The fault for this call, or None; ``early`` asks before the headers are read, for the one that cuts there."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(method, path, account):
                    if (fault.action == "cut_before_body") is not early:
                        return None
                    self._use(fault)
                    return fault
            return None

    def _use(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults = [kept for kept in self._faults if kept is not fault]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < math.inf


def _are_headers(headers: dict[str, Any]) -> bool:
    return all(isinstance(text, str) and not {"\r", "\n"} & set(text) for pair in headers.items() for text in pair)
