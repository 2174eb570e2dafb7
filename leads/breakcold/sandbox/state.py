"""Everything the sandbox remembers: accounts, leads, budgets, revoked keys, calls. One lock guards it all.

A key is known by a short digest and its last four characters; the key itself is kept nowhere.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from leads.breakcold.sandbox.budget import Budget, Regime
from leads.breakcold.sandbox.faults import FaultQueue
from leads.breakcold.sandbox.ledger import Entry, Ledger
from leads.breakcold.sandbox.wire import Request
from leads.breakcold.sandbox.world import World, make_world

KEY_PREFIX = "breakcold-usr-sandbox"
KEY_LENGTH = range(24, 201)
CALLS_KEPT = 10_000
SECRETS = {"x-api-key", "authorization", "cookie"}  # headers whose presence is noted, not their value
SECRET = "(present)"


def account_name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def is_key(key: str) -> bool:
    return key.startswith(KEY_PREFIX) and len(key) in KEY_LENGTH


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Account:
    """One key's own Breakcold."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.last4 = ""  # unknown until the key is used: the ledger knows only the digest
        self.calls = 0
        self.entries: list[Entry] = []  # oldest first
        self.lead_ids: set[str] = set()
        self.world: World = make_world()
        self.budget = Budget()
        self.regime: Regime | None = None  # None follows the sandbox's


class State:
    def __init__(self, ledger: Path | None, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.regime = Regime()
        self.accounts: dict[str, Account] = {}
        self.revoked: set[str] = set()  # account names
        self.faults = FaultQueue()
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self.call_count = 0
        self.ledger = Ledger(ledger)
        self._ids: set[str] = set()
        for entry in self.ledger.entries:
            self._keep(self.account(entry["account"]), entry)

    def account(self, name: str) -> Account:
        with self.lock:
            if name not in self.accounts:
                self.accounts[name] = Account(name)
            return self.accounts[name]

    def account_for(self, key: str) -> Account:
        account = self.account(account_name(key))
        account.last4 = key[-4:]
        return account

    def authenticate(self, request: Request) -> Account | None:
        key = request.headers.get("x-api-key", "")
        if not is_key(key) or account_name(key) in self.revoked:
            return None
        return self.account_for(key)

    def regime_of(self, account: Account) -> Regime:
        return account.regime or self.regime

    def spend(self, account: Account) -> bool:
        """Take one call from the key's budget; a call over the limit is not counted."""
        with self.lock:
            return account.budget.spend(self.regime_of(account), self.clock())

    def rate_headers(self, account: Account) -> dict[str, str]:
        with self.lock:
            return account.budget.headers(self.regime_of(account), self.clock())

    def set_regime(self, regime: Regime, account: Account | None) -> None:
        """A new regime opens a new window, for one key or for all that have none of their own."""
        with self.lock:
            if account is None:
                self.regime = regime
            else:
                account.regime = regime
            for changed in [account] if account else self.accounts.values():
                if account or changed.regime is None:
                    changed.budget = Budget()

    def close(self) -> None:
        with self.lock:
            self.ledger.close()

    def create(self, account: Account, body: dict[str, Any]) -> Entry:
        with self.lock:
            entry = {"account": account.name, "id": self._new_id(body.get("id")), "body": body, "time": timestamp()}
            self.ledger.append(entry)
            self._keep(account, entry)
            return entry

    def _new_id(self, wish: str | None) -> str:
        """The caller's id when it is a UUID nobody has; a repeated one gets another id, because what Breakcold does
        with it is documented nowhere and a second lead is the outcome a careful client must be ready for."""
        if wish is not None and _is_uuid(wish) and wish.lower() not in self._ids:
            return wish.lower()
        return str(uuid.uuid4())

    def _keep(self, account: Account, entry: Entry) -> None:
        account.entries.append(entry)
        account.lead_ids.add(entry["id"])
        self._ids.add(entry["id"])

    def newest(self, account: Account, *, start: int, count: int) -> list[Entry]:
        with self.lock:
            end = len(account.entries) - start
            return account.entries[max(0, end - count) : max(0, end)][::-1]

    def note_call(self, request: Request, status: int | None, fault: str | None) -> None:
        """Remember one call; ``status`` None when the client was never given one."""
        key = request.headers.get("x-api-key", "")
        row = {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "status": status,
            "fault": fault,
            "time": timestamp(),
            "clock": time.monotonic(),
            "account": account_name(key) if is_key(key) else None,
            "key": _last4(request.headers.get("x-api-key")),
            "headers": {name: SECRET if name in SECRETS else value for name, value in request.headers.items()},
        }
        with self.lock:
            self.call_count += 1
            self.calls.append(row)
            if row["account"] in self.accounts:
                self.accounts[row["account"]].calls += 1


def _last4(key: str | None) -> str | None:
    """None without a key; nothing of one so short that four characters would give it away."""
    return None if key is None else key[-4:] if len(key) >= KEY_LENGTH.start else ""


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
