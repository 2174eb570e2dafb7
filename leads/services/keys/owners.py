"""Whose account a key opens. People there may share a name, so only what Breakcold calls them by tells them apart."""

from __future__ import annotations

from leads.models import BreakcoldKey, Team
from leads.services.teams import NotPossible

from .opening import Probe


class OtherOwner(NotPossible):
    """The new key belongs to another Breakcold user than the one before, and nobody said yet that this is meant.

    ``answer`` says that it is: who the new owner is, apart from others of the same name.
    """

    def __init__(self, *, was: str, now: str, answer: str) -> None:
        if now and now == was:
            sentence = f"This key and the one before both belong to {now}, but perhaps to two users of that name."
        else:
            new, old = now or "somebody Breakcold does not name", was or "somebody Breakcold does not name"
            sentence = f"This key belongs to {new}; the key before to {old}."
        super().__init__(sentence)
        self.was = was
        self.now = now
        self.answer = answer


def is_same_owner(one: BreakcoldKey | Probe, other: BreakcoldKey | Probe) -> bool:
    """Whether both surely open the same account. Nobody is the same as somebody Breakcold does not tell apart."""
    return bool(one.owner_id) and one.owner_id == other.owner_id


def answer_for(probe: Probe) -> str:
    """What an admin answers with to take a key of this owner."""
    return probe.owner_id or probe.owner_label


def refuse_other_owner(team: Team, environment: str, probe: Probe, answer: str | None) -> None:
    """Compare with the newest key whose owner is known: a revoked one too, since its leads may still be unsettled."""
    rows = BreakcoldKey.objects.filter(team=team, environment=environment)
    before = rows.exclude(owner_id="", owner_label="").order_by("-pk").first()
    if before is not None and not is_same_owner(before, probe) and answer != answer_for(probe):
        raise OtherOwner(was=before.owner_label, now=probe.owner_label, answer=answer_for(probe))
