"""``POST /leads``: many leads at once, in the bulk lane; one result for each, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from leads.forms.options import Options, options_of
from leads.models import Submission
from leads.models.submissions import Lane

from . import replay, shapes
from .body import BATCH_LIMIT, read_json
from .call import Call, Reply
from .errors import Refusal, issue
from .leads import enter, location_of

MAX_LEADS = 500
AT_ONCE = 25  # entered in one transaction, so that others of the team get their turn


def create_many(call: Call) -> Reply:
    call.refuse_query_except("dry_run")
    is_dry = call.flag("dry_run")
    leads = _leads_in(read_json(call.request, limit=BATCH_LIMIT))
    if is_dry:
        return Reply.of(207, _run(call, leads, None, is_dry=True), "dry_run")
    return replay.once(call, leads, lambda one_time_key, is_again: _create(call, leads, one_time_key))


def _leads_in(body: Any) -> list[Any]:
    """The list itself, or the one member of an object. Raises ``Refusal``."""
    leads = body.get("leads") if isinstance(body, dict) and list(body) == ["leads"] else body
    if not isinstance(leads, list):
        raise shapes.refused([issue("invalid_type", [], "Send a list of leads, or an object with “leads” alone.")])
    if not 0 < len(leads) <= MAX_LEADS:
        raise shapes.refused([issue("custom", [], f"Send 1 to {MAX_LEADS} leads at once, not {len(leads)}.")])
    return leads


def _create(call: Call, leads: Sequence[Any], one_time_key: UUID | None) -> Reply:
    return Reply.of(207, _run(call, leads, one_time_key, is_dry=False), "batch")


def _run(call: Call, leads: Sequence[Any], one_time_key: UUID | None, *, is_dry: bool) -> list[dict[str, Any]]:
    options = options_of(call.token.team)
    results: list[dict[str, Any]] = []
    for start in range(0, len(leads), AT_ONCE):
        checked = [_checked(call, lead, options) for lead in leads[start : start + AT_ONCE]]  # nothing is locked yet
        if is_dry:
            results += [{"status": 200} if isinstance(each, dict) else _refused(call, each) for each in checked]
            continue
        with transaction.atomic():
            for index, each in enumerate(checked, start):
                own_key = uuid5(one_time_key, str(index)) if one_time_key else None
                results.append(_result(call, each, own_key))
    return [{"index": index, **result} for index, result in enumerate(results)]


def _checked(call: Call, lead: Any, options: Options) -> dict[str, Any] | Refusal:
    """The lead in normal form, or why there is none."""
    if not isinstance(lead, dict):
        return shapes.refused([issue("invalid_type", [], f"Expected object, received {shapes.json_name(lead)}")])
    try:
        values, issues = shapes.validate(lead, token=call.token, options=options)
    except Refusal as refusal:
        return refusal
    return shapes.refused(issues) if issues else values


def _result(call: Call, checked: dict[str, Any] | Refusal, own_key: UUID | None) -> dict[str, Any]:
    """What became of one lead, as its own request would have been told it."""
    if isinstance(checked, Refusal):
        return _refused(call, checked)
    try:
        return _entered(enter(call, checked, one_time_key=own_key, lane=Lane.BULK))
    except Refusal as refusal:
        return _refused(call, refusal)


def _refused(call: Call, refusal: Refusal) -> dict[str, Any]:
    error = refusal.body(procedure=call.procedure, reference=call.reference)
    return {"status": refusal.status, "error": error}


def _entered(submission: Submission) -> dict[str, Any]:
    """Without a time it is expected at: most of them stand behind each other."""
    about = {"id": str(submission.public_id), "state": submission.state, "reference": submission.reference}
    return {"status": 202, **about, "location": location_of(submission)}
