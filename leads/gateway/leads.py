"""``POST /lead``, and ``GET /lead/<submission>``: entering one lead, and asking what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from leads.breakcold import payload
from leads.delivery import forecast, throttle
from leads.models import Submission
from leads.models.teams import DuplicatePolicy
from leads.models.tokens import Scope
from leads.normalise import keys_of
from leads.services import duplicates, keys, submissions
from leads.services.teams import NotPossible
from leads.states import State

from . import replay, shapes, waiting
from .body import read_object
from .call import Call, Reply, seconds_to_wait
from .errors import ROOT, Issue, Refusal, error_body, issue

#: The machine is at work on it and may be done in a moment.
UNDER_WAY = frozenset({State.QUEUED, State.SENDING, State.UNKNOWN})


def create(call: Call) -> Reply:
    call.refuse_query_except("dry_run")
    is_dry = call.flag("dry_run")
    body = read_object(call.request)
    if is_dry:
        replay.key_of(call)
        return _dry_run(call, body)
    return replay.once(call, body, lambda one_time_key, is_again: _create(call, body, one_time_key, is_again))


def _create(call: Call, body: Mapping[str, Any], one_time_key: UUID | None, is_again: bool) -> Reply:
    submission = _entered_before(call, one_time_key) if one_time_key and is_again else None
    submission = submission or _enter(call, body, one_time_key)
    seconds = seconds_to_wait(call.header("Prefer"))
    settled = _wait(submission, seconds)
    reply = reply_for(settled, call)
    if call.header("Prefer"):
        reply.headers["Preference-Applied"] = f"wait={seconds}" if seconds else "respond-async"
    return reply


def _entered_before(call: Call, one_time_key: UUID) -> Submission | None:
    """What the same request entered before it was cut off, if it came that far."""
    return Submission.objects.select_related("team").filter(token=call.token, one_time_key=one_time_key).first()


def _enter(call: Call, body: Mapping[str, Any], one_time_key: UUID | None) -> Submission:
    token = call.token
    values = shapes.Validator(token).values(body)
    try:
        entered = submissions.enter(
            team=token.team, values=values, actor=call.actor, one_time_key=one_time_key, preset=token.preset
        )
    except NotPossible as exc:
        return came_of(exc)
    return came_of(entered)


def came_of(entered: submissions.Entered | NotPossible) -> Submission:
    """The lead, entered now or by the same request before. Raises ``Refusal``."""
    if isinstance(entered, submissions.AlreadySent):  # the same request, before the team's rules changed
        return entered.submission
    if isinstance(entered, NotPossible):
        raise Refusal(409, "not_possible", str(entered))
    return entered.submission


def _wait(submission: Submission, seconds: int) -> Submission:
    """The lead as it is once it is settled, or when the time is up."""
    if submission.state not in UNDER_WAY or not _may_settle(submission, seconds):
        return submission

    def look() -> bool | None:
        states = Submission.objects.filter(pk=submission.pk).values_list("state", flat=True)
        return None if states.get() in UNDER_WAY else True

    waiting.poll(look, seconds=seconds)
    return Submission.objects.select_related("team").get(pk=submission.pk)


def _may_settle(submission: Submission, seconds: int) -> bool:
    """Whether it can be in Breakcold in time at all: somebody else needs the place to wait more."""
    key = keys.find_key_for(submission)
    if key is None or key.is_waiting or key.held_at is not None:
        return False
    now = timezone.now()
    free_at = throttle.free_at(key.fingerprint, now=now)
    return free_at is None or (free_at - now).total_seconds() < seconds


def location_of(submission: Submission) -> str:
    return f"{ROOT}/lead/{submission.public_id}"


def reply_for(submission: Submission, call: Call) -> Reply:
    """What is said of a lead that was just entered: Breakcold's own answer once there is one."""
    about: dict[str, Any] = {"headers": {"Location": location_of(submission)}, "submission": submission}
    if submission.state == State.CREATED and (submission.response or submission.breakcold_id):
        return Reply.of(200, submission.response or {"id": submission.breakcold_id}, "created", **about)
    if submission.state == State.FAILED:
        problem = submission.problem or {}
        status = problem.get("status")
        status = status if status in (400, 409, 422) else 422
        return Reply.of(status, failure_of(submission, status, call), "refused_by_breakcold", **about)
    return Reply.of(202, state_of(submission), submission.state, **about)


def failure_of(submission: Submission, status: int, call: Call) -> dict[str, Any]:
    """Why Breakcold did not take it, in its error shape."""
    problem = submission.problem or {}
    issues: list[Issue] = [
        issue("custom", shapes.path_of(row.get("field", "")), row.get("message", ""))
        for row in problem.get("issues", [])
    ]
    return error_body(
        status,
        str(problem.get("message") or "Breakcold did not take the lead."),
        reason="refused_by_breakcold",
        procedure=call.procedure,
        reference=call.reference,
        issues=issues,
        extra={"id": str(submission.public_id), "state": submission.state},
    )


def state_of(submission: Submission) -> dict[str, Any]:
    """Where a lead is on its way."""
    return {
        "id": str(submission.public_id),
        "state": submission.state,
        "expected_at": _iso(forecast.expected_at(submission, now=timezone.now())),
        "reference": submission.reference,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _dry_run(call: Call, body: Mapping[str, Any]) -> Reply:
    """What would be sent and what it looks like, without entering anything."""
    team = call.token.team
    values = shapes.Validator(call.token).values(body)
    found = duplicates.find(team=team, environment=team.environment, keys=keys_of(values))
    holds = found and team.duplicate_policy == DuplicatePolicy.HOLD
    own = call.token if Scope.READ not in call.token.scopes else None
    answer = {
        "dry_run": True,
        "payload": payload.build_payload(values, send_own_id=settings.BREAKCOLD_SEND_OWN_ID),
        "duplicates": [_duplicate(row) for row in found if own is None or row.token_id == own.pk],
        "duplicate_count": len(found),
        "would_be": State.PENDING_REVIEW if team.reviews or holds else State.QUEUED,
    }
    return Reply.of(200, answer, "dry_run")


def _duplicate(row: Submission) -> dict[str, Any]:
    about = {"id": str(row.public_id), "reference": row.reference, "state": row.state}
    return {**about, "breakcold_id": row.breakcold_id or None, "entered_at": _iso(row.created_at)}


def read(call: Call) -> Reply:
    """One lead of the team, by our id or by Breakcold's; with a token that may not read, only one that came with it."""
    call.refuse_query_except()
    rows = Submission.objects.for_team(call.token.team).select_related("team")
    if Scope.READ not in call.token.scopes:
        rows = rows.filter(token=call.token)
    target = str(call.target)
    submission = rows.filter(public_id=target).first() or rows.filter(breakcold_id=target).first()
    if submission is None:
        raise Refusal(404, "no_such_lead", "There is no lead with this id that this token may see.")
    is_there = submission.state == State.CREATED
    answer = {
        **state_of(submission),
        "entered_at": _iso(submission.created_at),
        "breakcold_id": submission.breakcold_id or None,
        "lead": submission.response if is_there else None,
        "error": failure_of(submission, 422, call) if submission.state == State.FAILED else None,
    }
    return Reply.of(200, answer, "read", submission=submission)
