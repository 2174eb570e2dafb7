"""Asking the sign-in provider: a JSON object or ``ProviderTrouble``. Each call has its own connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from leads.outbound import Call, Failure, Outlet

from .errors import ProviderTrouble

CALL_SECONDS = 8.0  # for a whole call, connecting included


def fetch(
    url: str,
    *,
    what: str,
    ca_bundle: str = "",
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    """The JSON object at ``url``; a form is posted. ``what`` names the thing asked for, in the error's sentence."""
    outlet = Outlet({"Accept": "application/json", **(headers or {})})
    outlet.session.verify = ca_bundle or True
    try:
        reply = outlet.exchange(
            Call(CALL_SECONDS),
            "GET" if form is None else "POST",
            url,
            data=None if form is None else urlencode(form).encode(),
            headers=None if form is None else {"Content-Type": "application/x-www-form-urlencoded"},
            seconds=CALL_SECONDS,
        )
    finally:
        outlet.close()
    if isinstance(reply, Failure):
        reason = "did not answer in time" if reply.is_slow else "could not be reached, or broke off"
        raise ProviderTrouble(f"the provider {reason} ({what})")
    if reply.status != 200:
        raise ProviderTrouble(f"the provider answered with status {reply.status} ({what})")
    if reply.raw is None:
        raise ProviderTrouble(f"the provider's answer is too long ({what})")
    return _object(reply.raw, what)


def _object(raw: bytes, what: str) -> Mapping[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise ProviderTrouble(f"the provider's answer is not JSON ({what})") from None
    if not isinstance(value, dict):
        raise ProviderTrouble(f"the provider's answer is not a JSON object ({what})")
    return value
