"""Small questions that the tests of delivery ask."""

from __future__ import annotations

from collections import Counter

from leads import audit
from leads.breakcold.sandbox import SandboxServer
from leads.models import AuditEntry, BreakcoldKey, DeliveryAttempt, Submission, Team
from leads.services import keys
from leads.views.wording import words_for


def fresh(submission: Submission) -> Submission:
    return Submission.objects.select_related("team").get(pk=submission.pk)


def state_of(submission: Submission) -> str:
    return fresh(submission).state


def states(team: Team) -> Counter[str]:
    return Counter(Submission.objects.filter(team=team).values_list("state", flat=True))


def outcomes(submission: Submission) -> list[str]:
    return list(DeliveryAttempt.objects.filter(submission=submission).values_list("outcome", flat=True))


def key_of(team: Team) -> BreakcoldKey:
    return keys.find_current_key(team)


def said(submission: Submission) -> str:
    """What the page says of a lead: title and text."""
    found = fresh(submission)
    words = words_for(found, keys.find_current_key(found.team))
    return f"{words.title}. {words.text}"


def actions(team: Team) -> list[str]:
    return list(AuditEntry.objects.filter(team=team).order_by("sequence").values_list("action", flat=True))


def paths(sandbox: SandboxServer) -> list[str]:
    return [call["path"].removeprefix("/rest") for call in sandbox.calls()]


def emails(sandbox: SandboxServer) -> list[str]:
    """Who was really created, oldest first."""
    return [entry["body"]["email"] for entry in sandbox.ledger()]


def check_books(sandbox: SandboxServer, *teams: Team) -> None:
    """Every lead that was created is that of one submission of these teams, every chain is whole, nothing is twice."""
    made = [entry["id"] for entry in sandbox.ledger()]
    claimed = list(Submission.objects.filter(team__in=teams, state="created").values_list("breakcold_id", flat=True))
    assert sorted(made) == sorted(claimed)
    assert len(set(claimed)) == len(claimed)
    for team in teams:
        assert list(audit.verify(team)) == []
