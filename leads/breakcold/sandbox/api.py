"""The endpoints of Breakcold that the portal uses, under ``/rest``."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from leads.breakcold.sandbox.errors import error
from leads.breakcold.sandbox.issues import Issue, issue, type_issue
from leads.breakcold.sandbox.lead import present
from leads.breakcold.sandbox.rules import NotAnObject, check_lead, read_object
from leads.breakcold.sandbox.state import Account, State
from leads.breakcold.sandbox.wire import Answer, Request
from leads.breakcold.sandbox.world import ME

PAGE_SIZE_LIMIT = 100
PAGE_LIMIT = 1_000_000

Endpoint = Callable[[State, Account, Request], Answer]


def respond(state: State, request: Request) -> Answer:
    """Key, then budget, then path, verb and body: the order in which Breakcold would notice."""
    account = state.authenticate(request)
    if account is None:
        return error(HTTPStatus.UNAUTHORIZED, request.path)
    answer = _admitted(state, account, request) if state.spend(account) else _over_limit(state, account, request)
    answer.add(state.rate_headers(account))
    return answer


def turn_away(state: State, request: Request) -> Answer:
    """What a call costs that a fault keeps from being carried out: one of the budget, and nothing else."""
    answer = error(HTTPStatus.SERVICE_UNAVAILABLE, request.path)
    account = state.authenticate(request)
    if account is not None:
        state.spend(account)
        answer.add(state.rate_headers(account))
    return answer


def _over_limit(state: State, account: Account, request: Request) -> Answer:
    with state.lock:
        regime, now = state.regime_of(account), state.clock()
        extra = account.budget.retry_after_ms(regime, now)
        answer = error(HTTPStatus.TOO_MANY_REQUESTS, request.path, extra=extra)
        answer.add(account.budget.retry_after(regime, now))
    return answer


def _admitted(state: State, account: Account, request: Request) -> Answer:
    route = ROUTES.get(request.path)
    if route is None:
        return error(HTTPStatus.NOT_FOUND, request.path)
    method, run = route
    if request.method != method:
        answer = error(HTTPStatus.METHOD_NOT_ALLOWED, request.path)
        answer.add({"Allow": method})
        return answer
    return run(state, account, request)


def _reading(run: Callable[[State, Account, dict[str, Any]], tuple[Any, list[Issue]]]) -> Endpoint:
    """Give ``run`` the JSON object, or answer why there is none."""

    def read(state: State, account: Account, request: Request) -> Answer:
        if request.oversize:
            return error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, request.path)
        if request.content_type != "application/json":
            return error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, request.path)
        try:
            data, issues = run(state, account, read_object(request.body))
        except NotAnObject as problem:
            data, issues = None, problem.issues
        return _refused(request, issues) if issues else Answer.of_json(HTTPStatus.OK, data)

    return read


def _refused(request: Request, issues: list[Issue]) -> Answer:
    return error(HTTPStatus.BAD_REQUEST, request.path, message="Input validation failed", issues=issues)


def _create(state: State, account: Account, body: dict[str, Any]) -> tuple[Any, list[Issue]]:
    issues = check_lead(body, account.world, account.lead_ids)
    return (None, issues) if issues else (present(state.create(account, body)), [])


def _list_leads(state: State, account: Account, body: dict[str, Any]) -> tuple[Any, list[Issue]]:
    issues = [issue("unrecognized_keys", [key], "Unrecognized key") for key in body if key != "pagination"]
    pagination = body.get("pagination", {})
    if not isinstance(pagination, dict):
        return None, [*issues, type_issue(["pagination"], "object", pagination)]
    page, size = pagination.get("page", 1), pagination.get("page_size", 20)
    issues += _out_of_range("page", page, PAGE_LIMIT) + _out_of_range("page_size", size, PAGE_SIZE_LIMIT)
    if issues:
        return None, issues
    found = state.newest(account, start=(page - 1) * size, count=size)
    total = len(account.entries)
    data = {"leads": [present(entry) for entry in found], "pagination": {"page": page, "page_size": size}}
    return {**data, "total": total}, []


def _out_of_range(name: str, value: Any, most: int) -> list[Issue]:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        return []
    return [issue("custom", ["pagination", name], f"Expected a whole number from 1 to {most}")]


def _me(state: State, account: Account, request: Request) -> Answer:
    return Answer.of_json(HTTPStatus.OK, ME)


def _status(state: State, account: Account, request: Request) -> Answer:
    """All of them, or those of one list; without either the question is unclear."""
    if request.query.get("all") == "true":
        return Answer.of_json(HTTPStatus.OK, account.world["status"])
    if "id_list" not in request.query:
        return _refused(request, [issue("invalid_type", ["all"], "Expected all=true or id_list")])
    chosen = request.query["id_list"]
    return Answer.of_json(HTTPStatus.OK, [row for row in account.world["status"] if row["id_list"] == chosen])


def _rows(kind: str) -> Endpoint:
    def read(state: State, account: Account, request: Request) -> Answer:
        return Answer.of_json(HTTPStatus.OK, account.world[kind])

    return read


ROUTES: dict[str, tuple[str, Endpoint]] = {
    "/rest/lead": ("POST", _reading(_create)),
    "/rest/leads/list": ("POST", _reading(_list_leads)),
    "/rest/me": ("GET", _me),
    "/rest/lists": ("GET", _rows("lists")),
    "/rest/status": ("GET", _status),
    "/rest/tags": ("GET", _rows("tags")),
    "/rest/members": ("GET", _rows("members")),
    "/rest/attributes": ("GET", _rows("attributes")),
}
