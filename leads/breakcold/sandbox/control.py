"""The sandbox's own switches under ``/_sandbox/``: what a test or a fault campaign in another process turns."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from leads.breakcold.sandbox.budget import Regime
from leads.breakcold.sandbox.errors import error
from leads.breakcold.sandbox.faults import make_fault
from leads.breakcold.sandbox.rules import NotAnObject, read_object
from leads.breakcold.sandbox.state import State, account_name, is_key
from leads.breakcold.sandbox.wire import Answer, Request

PREFIX = "/_sandbox/"
HOSTS = {"127.0.0.1", "localhost"}


def is_local(request: Request) -> bool:
    """Whether the client meant this machine: a strange site cannot reach the switches through a browser here."""
    return request.headers.get("host", "127.0.0.1").partition(":")[0].lower() in HOSTS


def respond(state: State, request: Request) -> Answer:
    if not is_local(request):
        return error(HTTPStatus.FORBIDDEN, request.path)
    verbs = ROUTES.get(request.path.removeprefix(PREFIX))
    if verbs is None:
        return error(HTTPStatus.NOT_FOUND, request.path)
    if request.method not in verbs:
        return error(HTTPStatus.METHOD_NOT_ALLOWED, request.path)
    # A browser asks before it sends JSON to another origin, and no answer here ever allows it.
    if request.method == "POST" and request.content_type != "application/json":
        return error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, request.path)
    try:
        given = read_object(request.body) if request.method == "POST" else {}
        return Answer.of_json(HTTPStatus.OK, verbs[request.method](state, given))
    except (NotAnObject, ValueError, TypeError) as problem:
        return error(HTTPStatus.BAD_REQUEST, request.path, message=str(problem))


def add_fault(state: State, given: dict[str, Any]) -> list[dict[str, Any]]:
    """``{"match": {"method", "path", "key"}, "times", "action", ...}``. No match means POST /rest/lead; an empty one
    means every call."""
    options = {key: value for key, value in given.items() if key not in ("match", "action")}
    match = given.get("match", {"method": "POST", "path": "/rest/lead"})
    if not isinstance(match, dict) or match.keys() - {"method", "path", "key"}:
        raise ValueError("match has only method, path and key")
    key = match.get("key")
    options |= {"method": match.get("method"), "path": match.get("path")}
    options["account"] = None if key is None else account_name(_key(match))
    state.faults.add(make_fault(str(given.get("action")), **options))
    return state.faults.waiting()


def _clear_faults(state: State, given: dict[str, Any]) -> list[dict[str, Any]]:
    state.faults.clear()
    return []


def _faults(state: State, given: dict[str, Any]) -> list[dict[str, Any]]:
    return state.faults.waiting()


def _ledger(state: State, given: dict[str, Any]) -> list[dict[str, Any]]:
    with state.lock:
        return list(state.ledger.entries)


def _calls(state: State, given: dict[str, Any]) -> list[dict[str, Any]]:
    with state.lock:
        return list(state.calls)


def _revoke(state: State, given: dict[str, Any]) -> dict[str, Any]:
    state.revoked.add(account_name(_key(given)))
    return {"revoked": True}


def _restore(state: State, given: dict[str, Any]) -> dict[str, Any]:
    state.revoked.discard(account_name(_key(given)))
    return {"revoked": False}


def _limits(state: State, given: dict[str, Any]) -> dict[str, Any]:
    account = state.account_for(_key(given)) if given.get("key") is not None else None
    regime = Regime(**{name: value for name, value in given.items() if name != "key"})
    state.set_regime(regime, account)
    return {"limit": regime.limit, "window": regime.window, "headers": regime.headers}


def _rows(state: State, given: dict[str, Any]) -> dict[str, Any]:
    """``{"key", "kind", "rows"}``: from now on the account of this key offers these."""
    world, kind, rows = state.account_for(_key(given)).world, given.get("kind"), given.get("rows")
    if kind not in world:
        raise ValueError(f"kind is one of {', '.join(world)}")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("rows is a list of objects")
    world[kind] = rows
    return {"kind": kind, "count": len(rows)}


def _key(given: dict[str, Any]) -> str:
    key = given.get("key")
    if not isinstance(key, str) or not is_key(key):
        raise ValueError("key is not one this sandbox would accept")
    return key


ROUTES: dict[str, dict[str, Callable[[State, dict[str, Any]], Any]]] = {
    "faults": {"GET": _faults, "POST": add_fault, "DELETE": _clear_faults},
    "ledger": {"GET": _ledger},
    "calls": {"GET": _calls},
    "keys/revoke": {"POST": _revoke},
    "keys/restore": {"POST": _restore},
    "limits": {"POST": _limits},
    "rows": {"POST": _rows},
}
