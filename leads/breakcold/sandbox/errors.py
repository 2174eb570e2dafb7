"""Breakcold's error shape."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from leads.breakcold.sandbox.wire import Answer

_CODES = {
    405: "METHOD_NOT_SUPPORTED",
    413: "PAYLOAD_TOO_LARGE",
    429: "TOO_MANY_REQUESTS",
}  # where Breakcold's word is not HTTP's own
PROCEDURES = {
    "/rest/lead": "lead.create",
    "/rest/leads/list": "leads.list",
    "/rest/me": "me.get",
    "/rest/lists": "lists.list",
    "/rest/status": "status.list",
    "/rest/tags": "tags.list",
    "/rest/members": "members.list",
    "/rest/attributes": "attributes.list",
}


def error(
    status: int, path: str, *, message: str = "", issues: list[Any] | None = None, extra: dict[str, Any] | None = None
) -> Answer:
    """The answer for a failed call of this URL path; ``extra`` are further members of the object."""
    code = _CODES.get(status) or _http_name(status)
    data = {"code": code, "httpStatus": status, "path": PROCEDURES.get(path, path)}
    body: dict[str, Any] = {"message": message or code, "code": code, "data": data, **(extra or {})}
    if issues is not None:
        body["issues"] = issues
    return Answer.of_json(status, body)


def _http_name(status: int) -> str:
    try:
        return HTTPStatus(status).name
    except ValueError:
        return "UNKNOWN"
