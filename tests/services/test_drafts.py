"""Drafts: kept as typed, one entry in the log however often they are saved, and never a second lead."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from leads.audit import Action
from leads.models import AuditEntry, Draft, Submission
from leads.services import drafts, members, submissions
from leads.services.teams import NotPossible
from leads.states import State
from tests.factories import OPERATOR, actor_for, lead_values, make_submission

from .threads import all_at_once


def keep(team, user, key=None, **typed):
    texts = {name: [text] for name, text in typed.items()}
    return drafts.save(team=team, typed=texts, one_time_key=key or uuid4(), actor=actor_for(user))


def actions_about(public_id):
    return list(AuditEntry.objects.filter(subject_id=public_id).order_by("sequence").values_list("action", flat=True))


def test_it_keeps_every_character_and_records_only_that_it_began(team, bob):
    key = uuid4()
    for text in ("not", "not an", "not an address@@ "):
        draft = keep(team, bob, key, email=text, first_name=" Åsa\t", phone="+")
    draft.refresh_from_db()
    assert draft.typed == {"email": ["not an address@@ "], "first_name": [" Åsa\t"], "phone": ["+"]}
    assert draft.title == "Åsa"
    assert actions_about(draft.public_id) == [Action.DRAFT_BEGUN]
    assert "Åsa" not in str(AuditEntry.objects.get(subject_id=draft.public_id).details)


def test_it_has_several_at_once_and_each_person_their_own(team, bob, carol):
    one, other = keep(team, bob, first_name="One"), keep(team, bob, first_name="Other")
    keep(team, carol, one.one_time_key, first_name="Hers")
    assert list(drafts.of_person(team, bob)) == [other, one]
    assert drafts.of_person(team, carol).get().title == "Hers"


def test_sending_the_form_makes_the_draft_the_lead(team, bob, as_bob):
    draft = keep(team, bob, email="a@example.com")
    values = lead_values(email="a@example.com")
    entered = submissions.enter(team=team, values=values, actor=as_bob, one_time_key=draft.one_time_key)
    assert not Draft.objects.exists()
    assert entered.submission.public_id == draft.public_id
    assert actions_about(draft.public_id) == [Action.DRAFT_BEGUN, Action.SUBMISSION_QUEUED]


def test_a_save_that_comes_too_late_brings_no_draft_back(team, bob, as_bob):
    draft = keep(team, bob, email="a@example.com")
    submissions.enter(team=team, values=lead_values(), actor=as_bob, one_time_key=draft.one_time_key)
    assert keep(team, bob, draft.one_time_key, email="a@example.com") is None
    assert not Draft.objects.exists()


def test_a_lead_that_is_not_entered_leaves_the_draft(team, bob, as_bob):
    draft = keep(team, bob, email="a@example.com")
    with pytest.raises(submissions.SwitchedMeanwhile):
        submissions.enter(
            team=team, values=lead_values(), actor=as_bob, one_time_key=draft.one_time_key, environment="elsewhere"
        )
    assert Draft.objects.get() == draft


def test_it_is_thrown_away_once(team, bob, as_bob):
    draft = keep(team, bob, email="a@example.com")
    drafts.discard(draft=draft, actor=as_bob)
    with pytest.raises(NotPossible, match="gone already"):
        drafts.discard(draft=draft, actor=as_bob)
    assert actions_about(draft.public_id) == [Action.DRAFT_BEGUN, Action.DRAFT_DISCARDED]


def test_it_refuses_one_more_than_it_keeps_but_saves_those_it_has(team, bob, monkeypatch):
    monkeypatch.setattr(drafts, "MOST", 2)
    first = keep(team, bob, email="1")
    keep(team, bob, email="2")
    with pytest.raises(NotPossible, match="You have 2 drafts"):
        keep(team, bob, email="3")
    assert keep(team, bob, first.one_time_key, email="1 and more").typed == {"email": ["1 and more"]}


def test_it_goes_with_a_person_who_leaves_the_team(team, bob, carol):
    keep(team, bob, email="a@example.com")
    hers = keep(team, carol, email="b@example.com")
    members.remove_member(team=team, user=bob, actor=OPERATOR)
    assert list(Draft.objects.all()) == [hers]


def make_draft(team, user):
    """A lead that was opened again."""
    lead = make_submission(team, user)
    Submission.objects.filter(pk=lead.pk).update(state=State.DRAFT)
    return Submission.objects.get(pk=lead.pk)


def change(lead, user, **typed):
    texts = {name: [text] for name, text in typed.items()}
    return drafts.save_changes(lead=lead, typed=texts, actor=actor_for(user))


def test_changes_of_a_lead_are_kept_until_they_are_sent(team, bob, carol, as_bob):
    lead = make_draft(team, bob)
    first = change(lead, bob, email="half an addr")
    assert change(lead, bob, email="half an address@") == first
    assert change(lead, carol, email="hers") != first
    assert drafts.changes_of(lead, bob).typed == {"email": ["half an address@"]}
    assert actions_about(first.public_id) == [Action.DRAFT_BEGUN]
    submissions.submit(submission=lead, values=lead_values(email="whole@example.com"), actor=as_bob)
    assert drafts.changes_of(lead, bob) is None
    assert drafts.changes_of(lead, carol).typed == {"email": ["hers"]}
    assert list(drafts.to_go_on_with(team, carol)) == []
    with pytest.raises(NotPossible, match="cannot be changed any more"):
        change(lead, bob, email="too late")
    assert not drafts.of_person(team, bob).exists()


def test_changes_count_among_the_drafts_a_person_may_have(team, bob, monkeypatch):
    monkeypatch.setattr(drafts, "MOST", 1)
    keep(team, bob, email="1")
    with pytest.raises(NotPossible, match="You have 1 drafts"):
        change(make_draft(team, bob), bob, email="2")


def test_what_nobody_saved_for_long_goes_and_its_author_is_told_before(team, bob, carol):
    now = timezone.now()
    ages = {"new": 0, "told": 1, "gone": 2}
    limits = (drafts.TOLD * 2, drafts.TOLD / 2, timedelta(0))
    found = {name: keep(team, bob, first_name=name) for name in ages}
    for name, place in ages.items():
        Draft.objects.filter(pk=found[name].pk).update(saved_at=now - drafts.KEPT + limits[place])
    assert list(drafts.about_to_go(team, bob, now=now)) == [found["gone"], found["told"]]
    assert list(drafts.about_to_go(team, carol, now=now)) == []
    assert drafts.prune(now=now) == 1
    assert set(drafts.of_person(team, bob)) == {found["new"], found["told"]}
    assert actions_about(found["gone"].public_id) == [Action.DRAFT_BEGUN, Action.DRAFT_DISCARDED]
    assert AuditEntry.objects.latest("sequence").details == {"days": drafts.KEPT.days}
    assert drafts.prune(now=now) == 0


@pytest.mark.django_db(transaction=True)
def test_a_save_and_a_send_at_the_same_moment_leave_a_lead_and_no_draft(team, bob):
    """Each round is a form that was never saved: the first save races with the send."""
    for number in range(20):
        key = uuid4()

        def do(turn, key=key, number=number):
            try:
                if turn:
                    keep(team, bob, key, email=f"{number}@example.com")
                else:
                    values = lead_values(email=f"{number}@example.com")
                    submissions.enter(team=team, values=values, actor=actor_for(bob), one_time_key=key)
            finally:
                connection.close()

        all_at_once(do, 2)
    assert Submission.objects.count() == 20
    assert not Draft.objects.exists()
