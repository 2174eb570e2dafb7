"""The checker: what was accepted, what Breakcold really created, and what the audit log says, beside each other."""

from __future__ import annotations

from collections import Counter

from .stage import Play

MOVES = {
    "submission.queued": "queued",
    "submission.claimed": "sending",
    "submission.created": "created",
    "submission.failed": "failed",
    "submission.postponed": "queued",
    "submission.became_unknown": "unknown",
    "submission.cancelled": "cancelled",
}


def check(play: Play, *, is_over: bool = True) -> list[str]:
    """Everything that does not agree. ``is_over``: nothing is under way any more.

    A lead may still be unknown then: one that three workers died of is left to a person, whether it arrived or not.
    """
    return [*_accepted(play), *_ledger(play, is_over), *_log(play)]


def left_to_a_person(play: Play) -> list[str]:
    """Each lead that is still unknown: what the last look-up saw, and how often a worker died sending it."""
    from leads.models import AuditEntry

    looked_up = AuditEntry.objects.filter(team=play.team, action="submission.looked_up").order_by("sequence")
    found = {str(entry.subject_id): entry.details["found"] for entry in looked_up}
    rows = play.rows.filter(state="unknown").values_list("public_id", "reference", "crash_count", "resend_count")
    return [
        f"{reference} (look-up: {found.get(str(public_id), 'none')}, {died} died sending it, sent again {again} times)"
        for public_id, reference, died, again in rows
    ]


def _accepted(play: Play) -> list[str]:
    """Each accepted lead is there, once, in one state that exists."""
    from leads.states import State

    rows = Counter(str(public_id) for public_id in play.rows.values_list("public_id", flat=True))
    wrong = [f"accepted and not there: {public_id}" for public_id in play.accepted if rows[public_id] == 0]
    wrong += [f"twice in the table: {public_id}" for public_id, count in rows.items() if count > 1]
    known = set(State.values)
    wrong += [f"in no state: {state}" for state in play.states() if state not in known]
    return wrong


def _ledger(play: Play, is_over: bool) -> list[str]:
    """Each lead of the ledger belongs to exactly one submission, and none is there twice."""
    made = play.ledger()
    by_email = Counter(entry["body"]["email"] for entry in made)
    wrong = [f"created twice: {email}" for email, count in by_email.items() if count > 1]
    emails = {entry["id"]: entry["body"]["email"] for entry in made}
    claimed: Counter[str] = Counter()
    for email, state, breakcold_id in play.rows.values_list("email_key", "state", "breakcold_id"):
        if state == "created":
            claimed[breakcold_id] += 1
            if emails.get(breakcold_id, "").casefold() != email:
                wrong.append(f"created, and the ledger does not know it: {email}")
        elif state in ("cancelled", "failed") and any(email == each.casefold() for each in by_email):
            wrong.append(f"{state}, and the ledger has it: {email}")
    wrong += [f"one id, several submissions: {each}" for each, count in claimed.items() if count > 1]
    if is_over:
        asked = set(play.rows.filter(state="unknown", look_up_at=None).values_list("email_key", flat=True))
        nobodys = [email for each, email in emails.items() if not claimed[each] and email.casefold() not in asked]
        wrong += [f"in the ledger and nobody's: {email}" for email in nobodys]
    return wrong


def _log(play: Play) -> list[str]:
    """The chain is whole; each lead was accepted once, claimed before it was created, and is where the log left it."""
    from leads import audit
    from leads.models import AuditEntry

    wrong = [f"audit {finding}" for finding in audit.verify(play.team)]
    seen: dict[str, list[str]] = {}
    rows = AuditEntry.objects.filter(team=play.team, action__startswith="submission.").order_by("sequence")
    for subject, action in rows.values_list("subject_id", "action"):
        seen.setdefault(str(subject), []).append(action)
    for public_id, state in play.rows.values_list("public_id", "state"):
        actions = seen.get(str(public_id), [])
        moves = [MOVES[action] for action in actions if action in MOVES]
        if actions.count("submission.queued") != 1:
            wrong.append(f"accepted {actions.count('submission.queued')} times by the log: {public_id}")
        if actions.count("submission.created") + actions.count("submission.resolved") < (state == "created"):
            wrong.append(f"created, and the log does not say so: {public_id}")
        if state == "created" and "sending" not in moves:
            wrong.append(f"created, and no intent is on record: {public_id}")
        if state in ("sending", "failed", "cancelled") and moves[-1:] != [state]:
            wrong.append(f"{state}, and the log left it {moves[-1:]}: {public_id}")
    return wrong
