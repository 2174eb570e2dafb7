"""The audit log: who did what, in a chain nobody can edit without it showing.

``record()`` is called inside the transaction of the change it speaks of, so what cannot be audited does not happen.
Each team has one chain: an entry's hash is an HMAC under ``PORTAL_AUDIT_KEY`` over everything in it and the hash
before it, and the head of the chain is signed, so that a changed, missing, added, moved or cut-off entry is found by
``verify()``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from . import crypto
from .actions import Action as Action
from .models import AuditChain, AuditEntry, Team, User
from .models.submissions import Door
from .models.tokens import GatewayToken
from .signals import entry_recorded

MAX_DETAIL_CHARACTERS = 200
VERIFY_CHUNK = 2_000  # rows in memory at once


class ActorKind(StrEnum):
    USER = "user"
    TOKEN = "token"
    OPERATOR = "operator"  # somebody at the command line
    SYSTEM = "system"  # the worker


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, through which door, from where. Passed to every service as ``actor=``."""

    kind: ActorKind
    door: Door
    user: User | None = None
    token: GatewayToken | None = None
    ip: str = ""
    request_id: str = ""

    @property
    def public_id(self) -> UUID | None:
        subject = self.user or self.token
        return subject.public_id if subject else None


SYSTEM = Actor(kind=ActorKind.SYSTEM, door=Door.WORKER)
OPERATOR = Actor(kind=ActorKind.OPERATOR, door=Door.COMMAND)


class Subject(Protocol):
    """Anything an entry can be about: a row with a public id."""

    public_id: Any


def lock(team: Team) -> AuditChain:
    """Take the team's chain for the rest of the transaction.

    Locks are taken in one order everywhere: budget, submission, chain, key.
    """
    chain, _ = AuditChain.objects.select_for_update().get_or_create(team=team)
    return chain


@dataclass
class Page:
    """Entries of one transaction, written together at its end. The chain is taken when the first is recorded, or by
    ``lock()``; nothing else may record in this team's chain in between.
    """

    team: Team
    chain: AuditChain | None = None
    lines: list[tuple[AuditEntry, Subject | None, Actor]] = field(default_factory=list)

    def lock(self) -> AuditChain:
        self.chain = self.chain or lock(self.team)
        return self.chain

    def write(self) -> None:
        if not self.lines:
            return
        chain = self.lock()
        AuditEntry.objects.bulk_create([entry for entry, _, _ in self.lines])
        chain.head_mac = _head_mac(chain)
        chain.save(update_fields=["length", "head_hash", "head_mac"])
        for entry, subject, actor in self.lines:
            entry_recorded.send(sender=AuditEntry, entry=entry, subject=subject, actor=actor)


@contextmanager
def page(team: Team) -> Iterator[Page]:
    """For several entries of one transaction: two statements for all of them. What raises leaves nothing behind."""
    sheet = Page(team)
    yield sheet
    sheet.write()


def record(
    action: Action,
    *,
    team: Team,
    actor: Actor,
    subject: Subject | None = None,
    details: Mapping[str, Any] | None = None,
    page: Page | None = None,
) -> AuditEntry:
    """Append one entry to the team's chain. Must run inside the transaction of the change it records.

    ``details`` holds short plain values (str, int, bool, None, lists of str) and never personal data or secrets.
    With a ``page`` it is written when that is.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("audit.record() belongs into the transaction of the change it records")
    sheet = page or Page(team)
    chain = sheet.lock()
    entry = AuditEntry(
        team=team,
        sequence=chain.length + 1,
        at=timezone.now(),
        action=action.value,
        actor_kind=actor.kind.value,
        actor_id=actor.public_id,
        door=actor.door.value,
        ip_digest=crypto.keyed_digest("ip", actor.ip)[:16] if actor.ip else "",
        request_id=actor.request_id,
        subject_kind=subject._meta.model_name if subject else "",  # type: ignore[attr-defined]
        subject_id=subject.public_id if subject else None,
        details=_checked(details or {}),
        previous_hash=chain.head_hash,
    )
    entry.hash = _hash(entry)
    chain.length, chain.head_hash = entry.sequence, entry.hash
    sheet.lines.append((entry, subject, actor))
    if page is None:
        sheet.write()
    return entry


def _checked(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(name, value) for name, value in details.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return [str(item)[:MAX_DETAIL_CHARACTERS] for item in value]
    if isinstance(value, str):
        return str(value)[:MAX_DETAIL_CHARACTERS]
    if value is None or isinstance(value, (bool, int)):
        return value
    raise TypeError(f"audit detail {name!r} must be a plain value or a list of texts, not {type(value).__name__}")


def values_digest(values: Mapping[str, Any], salt: str) -> str:
    """How the log refers to what a lead says: a digest that means nothing once the lead's salt is erased."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def _hash(entry: AuditEntry) -> str:
    content = [
        str(entry.team_id),
        entry.sequence,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.action,
        entry.actor_kind,
        str(entry.actor_id or ""),
        entry.door,
        entry.ip_digest,
        entry.request_id,
        entry.subject_kind,
        str(entry.subject_id or ""),
        entry.details,
        entry.previous_hash,
    ]
    return _mac("entry", json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _head_mac(chain: AuditChain) -> str:
    return _mac("head", f"{chain.team_id}:{chain.length}:{chain.head_hash}")


def _mac(purpose: str, text: str) -> str:
    key = f"chain-{purpose}\0{settings.PORTAL_AUDIT_KEY}".encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a chain. ``sequence`` is where; 0 means the chain as a whole."""

    sequence: int
    problem: str


def verify(team: Team) -> Iterator[Finding]:
    """Everything wrong with the team's chain, oldest first; nothing when it is whole. Reads in constant memory.

    Nothing is locked: the head is read after the entries, and what was recorded in between is read on.
    """
    newest, previous = 0, ""
    rows = AuditEntry.objects.filter(team=team).order_by("sequence")
    more = rows
    while True:
        for entry in more.iterator(VERIFY_CHUNK):
            yield from _verify_entry(entry, newest + 1, previous)
            newest, previous = entry.sequence, entry.hash
        chain = AuditChain.objects.filter(team=team).first()
        more = rows.filter(sequence__gt=newest)
        if chain is None or chain.length <= newest or not more.exists():
            yield from _verify_head(chain, newest, previous)
            return


def _verify_entry(entry: AuditEntry, expected: int, previous: str) -> Iterator[Finding]:
    if entry.sequence > expected:
        yield Finding(expected, f"entries {expected} to {entry.sequence - 1} are missing")
    elif entry.sequence < expected or entry.previous_hash != previous:
        yield Finding(entry.sequence, "it does not follow the entry before it")
    if not hmac.compare_digest(entry.hash, _hash(entry)):
        yield Finding(entry.sequence, "its content was changed")


def _verify_head(chain: AuditChain | None, length: int, head_hash: str) -> Iterator[Finding]:
    if chain is None:
        yield Finding(0, "the head of the chain is missing")
    elif not hmac.compare_digest(chain.head_mac, _head_mac(chain)):
        yield Finding(0, "the head of the chain was changed")
    elif chain.length != length or chain.head_hash != head_hash:
        yield Finding(length + 1, f"the newest entries are missing: the head says {chain.length}, there are {length}")
