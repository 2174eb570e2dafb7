"""Breakcold's error shape, with a reference that finds the request in the token's log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

ROOT = "/rest"

#: Breakcold's word for each status.
CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_SUPPORTED",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_CONTENT",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}
#: What is said where no view could: the request never got as far, or the view broke.
SENTENCES = {
    400: "This request is written in a way the portal does not read. Send UTF-8 JSON.",
    403: "This request is not allowed.",
    404: "There is nothing at this address.",
    500: "The portal broke off. If it was about a lead, look for it in the portal before you send it again.",
    503: "The portal could not reach its database. Send it again with the same Idempotency-Key.",
}

Issue = dict[str, Any]


def issue(code: str, path: Iterable[str | int], message: str) -> Issue:
    """One complaint: a code, the path to the value and a sentence."""
    return {"code": code, "path": list(path), "message": message}


class Refusal(Exception):
    """The request is turned away and nothing was entered. ``reason`` is a word for programs and for the log."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        issues: list[Issue] | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.message = message
        self.issues = issues
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def body(self, *, procedure: str, reference: str) -> dict[str, Any]:
        return error_body(
            self.status,
            self.message,
            reason=self.reason,
            issues=self.issues,
            procedure=procedure,
            reference=reference,
            extra=self.extra,
        )


def error_body(
    status: int,
    message: str,
    *,
    reason: str,
    procedure: str = "",
    reference: str = "",
    issues: list[Issue] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """``procedure`` is what Breakcold calls the address, such as ``lead.create``."""
    code = CODES.get(status, "BAD_REQUEST")
    body: dict[str, Any] = {
        "message": message,
        "code": code,
        "data": {"code": code, "httpStatus": status, "path": procedure},
        "reason": reason,
        "reference": reference,
        **(extra or {}),
    }
    return body if issues is None else {**body, "issues": issues}


def to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def is_for_gateway(request: HttpRequest) -> bool:
    """Whether who asks is a program that reads JSON, whatever went wrong before its view was found."""
    return request.path_info == ROOT or request.path_info.startswith(f"{ROOT}/")


def error_page(request: HttpRequest, status: int) -> HttpResponse:
    """What the portal's error pages are to a program."""
    reference = getattr(request, "request_id", "")
    body = error_body(status, SENTENCES[status], reason=CODES[status].lower(), reference=reference)
    return HttpResponse(to_json(body), status=status, content_type="application/json")
