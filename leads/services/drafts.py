"""What somebody typed and has not sent yet: saved by itself, for its author alone.

The log says that a draft began and that it was thrown away or sent; the saves in between, one every few seconds, only
change it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leads import audit
from leads.audit import Action, Actor
from leads.models import Draft, FormPreset, Submission, Team, User
from leads.models.submissions import Door
from leads.normalise import title_of
from leads.services.teams import NotPossible

MOST = 100  # of one person in one team
TITLE_FIELDS = ("first_name", "last_name", "company", "email", "phone", "linkedin_url")


def of_person(team: Team, user: User) -> QuerySet[Draft]:
    """The person's own drafts in this team, the one saved last first."""
    return Draft.objects.filter(team=team, author=user)


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
    said = {name: str(typed[name][0]).strip() for name in TITLE_FIELDS if typed.get(name)}
    changes = {"typed": dict(typed), "preset": preset, "title": title_of(said)[:450], "saved_at": timezone.now()}
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
            raise NotPossible(
                f"You have {MOST} drafts. Send some of them or throw some away, then this one is saved too."
            )
        draft = Draft.objects.create(team=team, author=actor.user, one_time_key=one_time_key, **changes)
        audit.record(Action.DRAFT_BEGUN, team=team, actor=actor, subject=draft, page=page)
        return draft


@transaction.atomic
def discard(*, draft: Draft, actor: Actor) -> None:
    """Throw it away, with all that was typed. Raises ``NotPossible`` where it was sent or thrown away meanwhile."""
    with audit.page(draft.team) as page:
        page.lock()
        if not of_person(draft.team, draft.author).filter(pk=draft.pk).delete()[0]:
            raise NotPossible("This draft is gone already: it was sent, or thrown away.")
        audit.record(Action.DRAFT_DISCARDED, team=draft.team, actor=actor, subject=draft, page=page)


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
