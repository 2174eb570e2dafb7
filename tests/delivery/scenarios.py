"""Long stories about delivery, told as long as one likes: short by the tests, at full length by ``bench.promises``.

Each plays against the sandbox with a clock that is moved, checks the books at the end, and returns its figures.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db.models import QuerySet
from django.utils import timezone

from leads.breakcold.sandbox import SandboxServer
from leads.delivery import drain, sweep
from leads.models import BreakcoldKey, DeliveryAttempt, Submission, Team, User
from leads.models.submissions import Lane
from leads.models.teams import Environment
from leads.services import keys, submissions
from leads.services.submissions import IllegalTransition
from leads.states import State
from tests.factories import OPERATOR, actor_for, lead_values

from .kit import check_books, emails, states

FALLBACK = timedelta(minutes=5)  # to move the clock when nothing says when to come back
AT_ONCE = timedelta(milliseconds=200)  # the clock moves this far at least
Figures = dict[str, float]


@dataclass
class Stage:
    team: Team
    user: User
    sandbox: SandboxServer
    clock: object  # a time_machine.Traveller
    random: Random

    @property
    def key(self) -> BreakcoldKey:
        return keys.find_current_key(self.team)

    @property
    def leads(self) -> QuerySet[Submission]:
        """Of this story alone: others may have been told in the same database."""
        return Submission.objects.filter(team=self.team)

    def enter(self, name: str, *, lane: int = Lane.INTERACTIVE) -> Submission:
        values = lead_values(email=f"{name}@example.com")
        return submissions.enter(team=self.team, values=values, lane=lane, actor=actor_for(self.user)).submission

    def move(self, seconds: float) -> None:
        self.clock.shift(seconds)

    def work(self) -> datetime | None:
        """One sweep and one drain; when the key wants to be worked on again."""
        sweep.expire_leases()
        return drain.drain(self.key.public_id)

    def work_until(self, moment: datetime, *, step: timedelta = AT_ONCE) -> None:
        """Work, each time the key wants to be worked on but no oftener than each ``step``, up to that moment."""
        while timezone.now() < moment:
            again = self.work()
            now = timezone.now()
            again = min(max(again or moment, now + step), now + max(FALLBACK, step), moment)
            self.clock.move_to(again)

    def work_off(self, *, at_most: timedelta) -> timedelta:
        """Work until every lead is settled; how long that took by the clock."""
        began = timezone.now()
        while self.leads.filter(state__in=(State.QUEUED, State.SENDING)).exists() or self._looks_up():
            assert timezone.now() - began < at_most, f"still not done: {states(self.team)}"
            self.work_until(timezone.now() + timedelta(seconds=30))
        return timezone.now() - began

    def _looks_up(self) -> bool:
        return self.leads.filter(state=State.UNKNOWN, look_up_at__isnull=False).exists()


def outage(stage: Stage, *, hours: int, leads: int, step: timedelta = AT_ONCE) -> Figures:
    """Breakcold fails, whatever it is asked, and people go on entering; workers come by each ``step`` at most."""
    sandbox = stage.sandbox
    sandbox.limit(60)
    stage.enter("before")
    stage.work()
    sandbox.fault("status", status=503, times=None)
    sandbox.fault("status", path="/rest/me", method="GET", status=503, times=None)
    sandbox.fault("status", path="/rest/leads/list", status=503, times=None)
    apart, entered = timedelta(hours=hours) / leads, []
    for number in range(leads):
        entered.append(f"n{number}")
        stage.enter(entered[-1])
        stage.work_until(timezone.now() + apart, step=step)
    unknown = stage.leads.filter(state=State.UNKNOWN).count()
    sandbox.clear()
    took = stage.work_off(at_most=timedelta(hours=hours))
    assert unknown <= 3, unknown
    left = stage.leads.exclude(state=State.CREATED)
    assert all(lead.state == State.UNKNOWN and lead.look_up_at is None for lead in left), states(stage.team)
    arrived = [email.removesuffix("@example.com") for email in emails(sandbox)][1:]
    waited = [name for name in arrived if name not in entered[:unknown]]
    assert waited == entered[unknown:], "not oldest first, or one is missing"
    check_books(sandbox, stage.team)
    return {
        "leads": leads,
        "unknown": unknown,
        "for a person": left.count(),
        "minutes to drain": took.total_seconds() / 60,
    }


def fairness(stage: Stage, *, minutes: int, apart: int = 30) -> Figures:
    """An import waits that is larger than the budget, and every half minute somebody types a lead in."""
    stage.sandbox.limit(60)
    for number in range(60 * (minutes + 2)):
        stage.enter(f"bulk{number}", lane=Lane.BULK)
    stage.work_until(timezone.now() + timedelta(seconds=60))  # into a window like any other
    before, begin = len(emails(stage.sandbox)), timezone.now()
    waits: list[float] = []
    while timezone.now() < begin + timedelta(minutes=minutes):
        next_one = timezone.now() + timedelta(seconds=apart)
        lead = stage.enter(f"typed{len(waits)}")
        stage.work_until(next_one)
        made = DeliveryAttempt.objects.get(submission=lead)
        waits.append((made.started_at - lead.queued_at).total_seconds())
    bulk = sum(email.startswith("bulk") for email in emails(stage.sandbox)[before:])
    assert max(waits) <= 2, "somebody waited longer than two of the sixty slots of a minute"
    assert bulk >= 0.7 * 60 * minutes, (bulk, minutes)
    check_books(stage.sandbox, stage.team)
    return {"typed": len(waits), "longest wait in slots": max(waits), "share of the import": bulk / (60 * minutes)}


def lost_replies(stage: Stage, *, leads: int, made: bool) -> Figures:
    """Each lead's first answer is lost; Breakcold made it, or did not."""
    stage.sandbox.limit(None)
    for number in range(leads):
        stage.sandbox.fault("create_then_cut" if made else "cut", times=1)
        stage.enter(f"{'made' if made else 'not'}{number}")
        stage.work()
        if number % 2:  # a good one in between, so that the circuit does not spare us the trouble
            stage.enter(f"good{made}{number}")
            stage.work()
        stage.move(2)
    stage.work_off(at_most=timedelta(days=3))
    by_person = stage.leads.filter(state=State.UNKNOWN).count()
    assert by_person <= 0.01 * leads, by_person
    made_names = emails(stage.sandbox)
    assert len(made_names) == len(set(made_names)), "one was made twice"
    check_books(stage.sandbox, stage.team)
    return {"leads": leads, "settled by itself": 1 - by_person / leads}


def revoked(stage: Stage, *, leads: int, plain: str, other: str) -> Figures:
    """The key is refused from some lead on; after it is replaced the rest goes out, and none is marked as failed."""
    sandbox = stage.sandbox
    sandbox.limit(None)
    at = stage.random.randrange(leads)
    for number in range(at):
        stage.enter(f"before{number}-{stage.random.random()}")
    stage.work_off(at_most=timedelta(hours=1))
    sandbox.revoke(plain)
    before = _posts(sandbox)
    for number in range(leads - at):
        stage.enter(f"after{number}-{stage.random.random()}")
    stage.work_until(timezone.now() + timedelta(hours=2))
    further = _posts(sandbox) - before
    assert further <= 1, "more than one call after the refusal"
    keys.set_key(team=stage.team, plain=other, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
    stage.work_off(at_most=timedelta(hours=1))
    assert set(states(stage.team)) == {State.CREATED}
    sandbox.restore(plain)
    return {"leads": leads, "further calls": further}


def _posts(sandbox: SandboxServer) -> int:
    return sum(call["path"].endswith("/lead") for call in sandbox.calls())


def rotated(stage: Stage, *, rounds: int, plains: tuple[str, str]) -> Figures:
    """The key is replaced again and again while leads come in."""
    stage.sandbox.limit(None)
    for number in range(rounds):
        for _ in range(stage.random.randrange(1, 5)):
            stage.enter(f"rot{number}-{stage.random.random()}")
        if stage.random.random() < 0.5:
            stage.work()
        plain = plains[number % 2]
        keys.set_key(team=stage.team, plain=plain, environment=Environment.SANDBOX, check=False, actor=OPERATOR)
        stage.move(1)
    stage.work_off(at_most=timedelta(hours=1))
    assert set(states(stage.team)) == {State.CREATED}
    sealed = BreakcoldKey.objects.exclude(sealed="").filter(team=stage.team).count()
    assert sealed == 1, "an old key is kept"
    return {"replaced": rounds, "lost": 0}


def undo_races(stage: Stage, *, races: int, close: Callable[[], None]) -> Figures:
    """Undo and claim at the same moment: one of them happens, never both and never neither."""
    stage.sandbox.limit(None)
    undone = 0
    for number in range(races):
        lead = stage.enter(f"u{number}")
        start, told = threading.Barrier(2), []

        def undo(lead=lead, start=start, told=told):
            start.wait()
            try:
                submissions.cancel(submission=lead, actor=actor_for(stage.user))
                told.append(True)
            except IllegalTransition:
                told.append(False)
            finally:
                close()

        def send(start=start):
            start.wait()
            try:
                drain.drain(stage.key.public_id)
            finally:
                close()

        threads = [threading.Thread(target=undo), threading.Thread(target=send)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        if told[0]:
            assert f"u{number}@example.com" not in emails(stage.sandbox)
        else:
            stage.work()
            assert f"u{number}@example.com" in emails(stage.sandbox)
        assert Submission.objects.get(pk=lead.pk).state == (State.CANCELLED if told[0] else State.CREATED)
        undone += told[0]
    check_books(stage.sandbox, stage.team)
    return {"races": races, "undone": undone, "too late": races - undone}
