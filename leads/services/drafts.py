"""What somebody typed and has not sent yet, in a new lead or in one they change: saved by itself, for its author alone.

The log says that a draft began and that it was thrown away or sent; the saves in between, one every few seconds, only
change it. One that nobody saved for ``KEPT`` is removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from leads import audit
from leads.audit import SYSTEM, Action, Actor
from leads.models import Draft, FormPreset, Submission, Team, User
from leads.models.submissions import Door
from leads.normalise import title_of
from leads.services.teams import NotPossible
from leads.states import EDITABLE

MOST = 100  # of one person in one team
KEPT = timedelta(days=60)  # after it was saved last
TOLD = timedelta(days=7)  # before it goes, its author's home page says so
PRUNED_AT_MOST = 200  # a sweep
TITLE_FIELDS = ("first_name", "last_name", "company", "email", "phone", "linkedin_url")


def of_person(team: Team, user: User) -> QuerySet[Draft]:
    """The person's own drafts in this team, the one saved last first."""
    return Draft.objects.filter(team=team, author=user)


def to_go_on_with(team: Team, user: User) -> QuerySet[Draft]:
    """Those that can be opened: changes of a lead wait while it cannot be changed."""
    there = Q(lead=None) | Q(lead__state__in=EDITABLE)
    return of_person(team, user).filter(there).select_related("lead")


def about_to_go(team: Team, user: User, *, now: datetime) -> QuerySet[Draft]:
    """Those that will be removed soon, the first to go first."""
    return to_go_on_with(team, user).filter(saved_at__lte=now - KEPT + TOLD).order_by("saved_at", "pk")


@transaction.atomic
def save(
    *,
    team: Team,
    typed: Mapping[str, Sequence[str]],
    one_time_key: UUID,
    preset: FormPreset | None = None,
    actor: Actor,
) -> Draft | None:
    """Keep what is typed in the form with this key, valid or not; the same key changes the same draft.

    None where the form was sent meanwhile: a late save brings no draft back. Raises ``NotPossible``.
    """
    if actor.user is None:
        raise NotPossible("Only a person has drafts.")
    changes = _as_typed(typed) | {"preset": preset}
    drafts = of_person(team, actor.user)
    mine = drafts.filter(one_time_key=one_time_key)
    if mine.update(**changes):
        return mine.get()
    with audit.page(team) as page:
        page.lock()  # sending the form takes it too, so that one of both sees the other
        if Submission.objects.filter(team=team, created_by=actor.user, one_time_key=one_time_key).exists():
            return None
        if mine.update(**changes):
            return mine.get()
        if drafts.count() >= MOST:
            raise NotPossible(_too_many())
        draft = Draft.objects.create(team=team, author=actor.user, one_time_key=one_time_key, **changes)
        audit.record(Action.DRAFT_BEGUN, team=team, actor=actor, subject=draft, page=page)
        return draft


@transaction.atomic
def save_changes(*, lead: Submission, typed: Mapping[str, Sequence[str]], actor: Actor) -> Draft | None:
    """Keep what is typed while ``lead`` is changed; None where it cannot be changed now. Raises ``NotPossible``."""
    if actor.user is None:
        raise NotPossible("Only a person has drafts.")
    changes = _as_typed(typed)
    drafts = of_person(lead.team, actor.user)
    mine = drafts.filter(lead=lead)
    if mine.update(**changes):
        return mine.get()
    with audit.page(lead.team) as page:
        page.lock()  # sending it takes it too
        if not Submission.objects.filter(pk=lead.pk, state__in=EDITABLE).exists():
            return None
        if mine.update(**changes):
            return mine.get()
        if drafts.count() >= MOST:
            raise NotPossible(_too_many())
        draft = Draft.objects.create(team=lead.team, author=actor.user, lead=lead, one_time_key=uuid4(), **changes)
        audit.record(Action.DRAFT_BEGUN, team=lead.team, actor=actor, subject=draft, page=page)
        return draft


def _too_many() -> str:
    return f"You have {MOST} drafts. Send some of them or throw some away, then this one is saved too."


def _as_typed(typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    said = {name: str(typed[name][0]).strip() for name in TITLE_FIELDS if typed.get(name)}
    return {"typed": dict(typed), "title": title_of(said)[:450], "saved_at": timezone.now()}


def changes_of(lead: Submission, user: User) -> Draft | None:
    """What this person typed while they changed the lead, and has not sent."""
    return of_person(lead.team, user).filter(lead=lead).first()


def end_changes(lead: Submission, actor: Actor) -> None:
    """They are what the lead says now. Called in the transaction that sends it, once that has the team's chain."""
    if actor.user is not None:
        of_person(lead.team, actor.user).filter(lead=lead).delete()


@transaction.atomic
def discard(*, draft: Draft, actor: Actor) -> None:
    """Throw it away, with all that was typed. Raises ``NotPossible`` where it was sent or thrown away meanwhile."""
    with audit.page(draft.team) as page:
        page.lock()
        if not of_person(draft.team, draft.author).filter(pk=draft.pk).delete()[0]:
            raise NotPossible("This draft is gone already: it was sent, or thrown away.")
        audit.record(Action.DRAFT_DISCARDED, team=draft.team, actor=actor, subject=draft, page=page)


def prune(*, now: datetime) -> int:
    """Remove drafts that nobody saved for ``KEPT``, each with its entry in the log; returns how many."""
    old = Draft.objects.filter(saved_at__lte=now - KEPT).select_related("team", "author").order_by("saved_at", "pk")
    return sum(_remove(draft, now) for draft in old[:PRUNED_AT_MOST])


@transaction.atomic
def _remove(draft: Draft, now: datetime) -> int:
    with audit.page(draft.team) as page:
        page.lock()
        if not Draft.objects.filter(pk=draft.pk, saved_at__lte=now - KEPT).delete()[0]:
            return 0  # saved, sent or thrown away meanwhile
        details = {"days": KEPT.days}
        audit.record(Action.DRAFT_DISCARDED, team=draft.team, actor=SYSTEM, subject=draft, details=details, page=page)
        return 1


def public_id_for(submission: Submission) -> UUID:
    """What a lead about to be entered is called: as its form's draft was, where there is one."""
    return _draft_of(submission).values_list("public_id", flat=True).first() or submission.public_id


def end_draft(submission: Submission) -> None:
    """The draft has become this lead. Called in the transaction that enters it, once that has the team's chain."""
    _draft_of(submission).delete()


def _draft_of(submission: Submission) -> QuerySet[Draft]:
    """The draft of the form a lead comes from; only a person at the form has one."""
    if submission.door != Door.FORM or submission.created_by is None:
        return Draft.objects.none()
    return of_person(submission.team, submission.created_by).filter(one_time_key=submission.one_time_key)
