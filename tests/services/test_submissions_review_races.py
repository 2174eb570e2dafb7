"""Two people act on one lead at the same moment: one thing happens, and the other is told what."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from leads import audit
from leads.models import AuditEntry, ReviewComment, Submission, Team, User
from leads.services import submissions
from leads.states import State
from tests.factories import actor_for, make_submission

from .threads import all_at_once

RACES = {"postgresql": 2_000, "sqlite": 200}  # on SQLite one writes at a time, so there is less to race for
DECISIONS = ("submission.approved", "submission.rejected", "submission.sent_back")


@pytest.fixture
def reviewing(team: Team) -> Team:
    team.reviews = True
    team.save()
    return team


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_makes_one_decision_in_each_race(reviewing, alice: User, bob: User, carol: User) -> None:
    races = RACES[connection.vendor]
    for number in range(races):
        make_submission(reviewing, bob, email=f"{number}@example.com")
    leads = list(Submission.objects.order_by("pk").values_list("pk", flat=True))
    start = threading.Barrier(2, timeout=60)
    won: dict[str, int] = {}
    losers: list[str] = []

    def decide_on_all(name: str, user: User) -> None:
        try:
            for pk in leads:
                lead = Submission.objects.select_related("team", "decided_by").get(pk=pk)
                start.wait()
                try:
                    if name == "approve":
                        submissions.approve(submission=lead, actor=actor_for(user))
                    else:
                        submissions.reject(submission=lead, comment="No.", actor=actor_for(user))
                    won[name] = won.get(name, 0) + 1
                except submissions.Overtaken as exc:
                    losers.append(str(exc))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(decide_on_all, "approve", alice), pool.submit(decide_on_all, "reject", carol)]:
            done.result()
    assert sum(won.values()) == len(losers) == races
    assert all("was faster" in text for text in losers)
    assert AuditEntry.objects.filter(action__in=DECISIONS).count() == races
    assert ReviewComment.objects.count() == won.get("reject", 0)
    assert not Submission.objects.exclude(state__in=(State.QUEUED, State.REJECTED)).exists()
    assert list(audit.verify(reviewing)) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_it_lets_either_the_withdrawal_or_the_approval_win(attempt, reviewing, bob: User, carol: User) -> None:
    lead = make_submission(reviewing, bob)
    copies = [Submission.objects.select_related("team").get(pk=lead.pk) for _ in range(2)]

    def act(number: int) -> str:
        try:
            if number:
                submissions.withdraw(submission=copies[1], actor=actor_for(bob))
            else:
                submissions.approve(submission=copies[0], actor=actor_for(carol))
        except submissions.IllegalTransition as exc:
            return str(exc)
        return ""

    approved, withdrawn = all_at_once(act, 2)
    lead.refresh_from_db()
    if lead.state == State.QUEUED:
        assert approved == "" and "“Queued”" in withdrawn
    else:
        assert lead.state == State.DRAFT and withdrawn == "" and "taken back before you decided" in approved


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_of_two_corrections_made_at_once(reviewing, bob: User, carol: User, alice: User) -> None:
    make_submission(reviewing, bob)
    copies = [Submission.objects.select_related("team").get() for _ in range(2)]

    def correct(number: int) -> bool:
        values = {"email": f"{number}@example.com"}
        try:
            submissions.approve(submission=copies[number], values=values, actor=actor_for((carol, alice)[number]))
        except submissions.IllegalTransition:
            return False
        return True

    kept = all_at_once(correct, 2)
    assert sorted(kept) == [False, True]
    lead = Submission.objects.get()
    assert lead.values == {"email": f"{kept.index(True)}@example.com"}
    assert lead.revisions.count() == 1
