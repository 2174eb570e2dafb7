"""What somebody typed and has not sent yet, in a new lead or in one they change: saved by itself, for its author alone.

The log says that a draft began and that it was thrown away or sent; the saves in between, one every few seconds, only
change it. One that nobody saved for ``KEPT`` is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
TOO_LATE = "This lead cannot be changed any more, so what you type is not kept. Copy what you still need."
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


def save(
    *,
    team: Team,
    typed: Mapping[str, Sequence[str]],
    one_time_key: UUID,
    preset: FormPreset | None = None,
    actor: Actor,
) -> Draft | None:
    """Keep what is typed under the form's key: the first save makes the draft, the others change it.

    None where the form was sent meanwhile: what it says is a lead now. Raises ``NotPossible``.
    """

    def is_sent() -> bool:
        return Submission.objects.filter(team=team, created_by=actor.user, one_time_key=one_time_key).exists()

    return _keep(team, actor, typed, {"one_time_key": one_time_key}, is_sent, preset=preset)


def save_changes(*, lead: Submission, typed: Mapping[str, Sequence[str]], actor: Actor) -> Draft:
    """Keep what is typed while ``lead`` is changed. Raises ``NotPossible``, where it cannot be changed now as well."""

    def is_over() -> bool:
        return not Submission.objects.filter(pk=lead.pk, state__in=EDITABLE).exists()

    draft = _keep(lead.team, actor, typed, {"lead": lead}, is_over)
    if draft is None:
        raise NotPossible(TOO_LATE)
    return draft


@transaction.atomic
def _keep(
    team: Team,
    actor: Actor,
    typed: Mapping[str, Sequence[str]],
    which: Mapping[str, Any],
    is_over: Callable[[], bool],
    **more: Any,
) -> Draft | None:
    """The author's draft of ``which``, changed or begun; None where there is nothing to begin any more."""
    if actor.user is None:
        raise NotPossible("Only a person has drafts.")
    said = {name: str(typed[name][0]).strip() for name in TITLE_FIELDS if typed.get(name)}
    changes = {"typed": dict(typed), "title": title_of(said)[:450], "saved_at": timezone.now(), **more}
    drafts = of_person(team, actor.user)
    mine = drafts.filter(**which)
    if mine.update(**changes):
        return mine.get()
    with audit.page(team) as page:
        page.lock()  # sending takes it too, so that one of both sees the other
        if is_over():
            return None
        if mine.update(**changes):
            return mine.get()
        if drafts.count() >= MOST:
            raise NotPossible(
                f"You have {MOST} drafts. Send some of them or throw some away, then this one is saved too."
            )
        draft = Draft.objects.create(team=team, author=actor.user, **{"one_time_key": uuid4(), **which}, **changes)
        audit.record(Action.DRAFT_BEGUN, team=team, actor=actor, subject=draft, page=page)
        return draft


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
