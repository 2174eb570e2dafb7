"""``POST /leads``: many leads at once, in the bulk lane; one result for each, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from leads.models import Submission
from leads.services import submissions
from leads.services.teams import NotPossible

from . import replay, shapes
from .body import BATCH_LIMIT, read_json
from .call import Call, Reply
from .errors import Refusal, issue
from .leads import came_of, location_of

MAX_LEADS = 500
AT_ONCE = 25  # entered in one transaction, so that others of the team get their turn


def create_many(call: Call) -> Reply:
    call.refuse_query_except("dry_run")
    is_dry = call.flag("dry_run")
    leads = _leads_in(read_json(call.request, limit=BATCH_LIMIT))
    if is_dry:
        replay.key_of(call)
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
    validator = shapes.Validator(call.token)
    results: dict[int, dict[str, Any]] = {}
    for start in range(0, len(leads), AT_ONCE):
        some = dict(enumerate(leads[start : start + AT_ONCE], start))
        validator.look_ahead(some.values())
        good: dict[int, dict[str, Any]] = {}  # nothing is locked while they are checked
        for index, lead in some.items():
            try:
                good[index] = _checked(validator, lead)
            except Refusal as refusal:
                results[index] = _refused(call, refusal)
        results |= {index: {"status": 200} for index in good} if is_dry else _enter(call, good, one_time_key)
    return [{"index": index, **results[index]} for index in range(len(leads))]


def _checked(validator: shapes.Validator, lead: Any) -> dict[str, Any]:
    """The lead in normal form. Raises ``Refusal``."""
    if not isinstance(lead, dict):
        raise shapes.refused([issue("invalid_type", [], f"Expected object, received {shapes.json_name(lead)}")])
    return validator.values(lead)


def _enter(call: Call, good: Mapping[int, dict[str, Any]], one_time_key: UUID | None) -> dict[int, dict[str, Any]]:
    """Enter them in one transaction; by index what became of each, as its own request would have been told it."""
    keys = [uuid5(one_time_key, str(index)) if one_time_key else None for index in good]
    entered = submissions.enter_many(
        team=call.token.team,
        leads=list(zip(good.values(), keys, strict=True)),
        actor=call.actor,
        preset=call.token.preset,
    )
    return {index: _result(call, each) for index, each in zip(good, entered, strict=True)}


def _result(call: Call, entered: submissions.Entered | NotPossible) -> dict[str, Any]:
    try:
        return _accepted(came_of(entered))
    except Refusal as refusal:
        return _refused(call, refusal)


def _refused(call: Call, refusal: Refusal) -> dict[str, Any]:
    error = refusal.body(procedure=call.procedure, reference=call.reference)
    return {"status": refusal.status, "error": error}


def _accepted(submission: Submission) -> dict[str, Any]:
    """Without a time it is expected at: most of them stand behind each other."""
    about = {"id": str(submission.public_id), "state": submission.state, "reference": submission.reference}
    return {"status": 202, **about, "location": location_of(submission)}
