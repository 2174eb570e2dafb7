"""The table of what there is under ``/rest``: everything else is a clear no, and nothing is ever forwarded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from leads.models.tokens import Scope

from . import account, batches, leads
from .call import Handler

ANY = frozenset(Scope)  # every token that works, whatever it may do
READ = frozenset({Scope.READ})
OPENAPI = "/rest/openapi.json"  # open to everybody: it says nothing of any team


@dataclass(frozen=True, slots=True)
class Method:
    """What one verb of an address does: ``scopes`` are those of which a token needs one."""

    procedure: str
    scopes: frozenset[Scope]
    run: Handler


ROUTES: Mapping[str, Mapping[str, Method]] = {
    "/rest/lead": {"POST": Method("lead.create", frozenset({Scope.CREATE}), leads.create)},
    "/rest/lead/{id}": {"GET": Method("lead.get", frozenset({Scope.READ, Scope.CREATE, Scope.BULK}), leads.read)},
    "/rest/leads": {"POST": Method("lead.createMany", frozenset({Scope.BULK}), batches.create_many)},
    "/rest/me": {"GET": Method("me.get", ANY, account.me)},
    "/rest/lists": {"GET": Method("lists.list", READ, account.lists)},
    "/rest/status": {"GET": Method("status.list", READ, account.status)},
    "/rest/tags": {"GET": Method("tags.list", READ, account.tags)},
    "/rest/members": {"GET": Method("members.list", READ, account.members)},
    "/rest/attributes": {"GET": Method("attributes.list", READ, account.attributes)},
}
ONE_LEAD = re.compile(r"/rest/lead/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
PLAIN_PART = re.compile(r"/rest/([a-z_]{1,30})(?:/.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request went. ``shown`` is the form of its address, for the log: no id and nothing that was typed."""

    shown: str
    methods: Mapping[str, Method]
    target: UUID | None = None

    @property
    def allowed(self) -> str:
        """The verbs of this address, for an ``Allow`` header."""
        return ", ".join([*self.methods, *(["HEAD"] if "GET" in self.methods else []), "OPTIONS"])

    def method(self, verb: str) -> Method | None:
        return self.methods.get("GET" if verb == "HEAD" else verb)


def find(path: str) -> Place | None:
    """The place at exactly this path, None when there is none."""
    found = ONE_LEAD.fullmatch(path)
    if found:
        return Place("/rest/lead/{id}", ROUTES["/rest/lead/{id}"], UUID(found.group(1)))
    return Place(path, ROUTES[path]) if path in ROUTES and "{" not in path else None


def shown(path: str) -> str:
    """The form of an address that leads nowhere."""
    found = PLAIN_PART.fullmatch(path)
    return f"/rest/{found.group(1)}…" if found else "/rest/…"
