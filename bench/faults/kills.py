"""Processes that are killed, at random and at named points, and ones that are stopped past their lease."""

from __future__ import annotations

import signal
import time
from datetime import timedelta

from .stage import Play, Process, wait_until

LEASE = timedelta(seconds=60)


def random_kills(play: Play, count: int) -> None:
    """kill -9 of a worker at a random moment while it drains; leads keep coming."""
    play.sandbox.fault("delay", seconds=0.02, times=None)
    kills, deaths_with_a_lead = 0, 0
    while kills < count:
        for _ in range(min(25, count - kills)):
            play.enter(5)
            worker = play.stage.worker()
            _wait_until_it_works(play, worker)
            time.sleep(play.random.uniform(0.0, 0.3))
            worker.kill()
            kills += 1
            deaths_with_a_lead += play.count("sending")
            _let_leases_run_out(play)
        play.finish()
    play.notes.append(f"{deaths_with_a_lead} leads were being sent as their worker died")
    _note_recovery(play)


def named_points(play: Play, count: int) -> None:
    """kill -9 at each named point: what the lead's row says right after, and whether Breakcold has it, is known."""
    from .failpoints import POINTS

    for point, (_, state, is_there) in POINTS.items():
        for _ in range(count):
            [lead] = play.enter()
            made = len(play.ledger())
            worker = play.stage.worker(threads=1, point=point)
            wait_until(lambda worker=worker: worker.is_gone, f"no worker died at '{point}'")
            wait_until(lambda made=made, there=is_there: len(play.ledger()) == made + there, f"ledger after '{point}'")
            found = play.rows.get(pk=lead.pk).state
            if found != state:
                play.notes.append(f"WRONG: after '{point}' the lead is {found}, not {state}")
            _let_leases_run_out(play)
        play.finish()
    play.notes.append(f"points: {', '.join(POINTS)}")
    _note_recovery(play)


def zombies(play: Play, count: int) -> None:
    """SIGSTOP past the lease, settled by another worker, SIGCONT: the first one changes nothing any more."""
    fenced = 0
    for _ in range(count):
        is_made = play.random.random() < 0.5
        play.sandbox.fault("create_then_stall" if is_made else "stall", seconds=30)
        [lead] = play.enter()
        calls = len(play.calls())
        zombie = play.stage.worker(threads=1)
        wait_until(lambda calls=calls: len(play.calls()) > calls, "no worker sent the lead")
        zombie.signal(signal.SIGSTOP)
        _let_leases_run_out(play)
        play.finish()
        before = (play.rows.get(pk=lead.pk).state, play.rows.get(pk=lead.pk).breakcold_id)
        zombie.signal(signal.SIGCONT)
        zombie.stop()
        after = play.rows.get(pk=lead.pk)
        fenced += before == (after.state, after.breakcold_id) and "settled by somebody else" in zombie.text()
    play.notes.append(f"{fenced} of {count} fenced off")
    if fenced != count:
        play.notes.append("WRONG: a worker that woke up late was not fenced off")


def graceful_stops(play: Play, count: int) -> None:
    """SIGTERM in mid-send: the call is finished or handed back, none becomes unknown, the process ends by itself."""
    play.sandbox.fault("delay", seconds=0.1, times=None)
    longest = 0.0
    for _ in range(count):
        play.enter(3)
        worker = play.stage.worker()
        _wait_until_it_works(play, worker)
        time.sleep(play.random.uniform(0.0, 0.15))
        began = time.monotonic()
        code = worker.stop()
        longest = max(longest, time.monotonic() - began)
        if code != 0 or play.count("sending", "unknown"):
            play.notes.append(f"WRONG: exit code {code}, {play.states()}")
    play.notes.append(f"longest stop {longest:.1f} s")
    play.finish()


def many_workers(play: Play, count: int) -> None:
    """Four worker processes on one database."""
    play.enter(count)
    workers = [play.stage.worker(threads=2) for _ in range(4)]
    began = time.monotonic()
    wait_until(lambda: play.count("created") == count, "not all arrived", seconds=60 + count / 2)
    play.notes.append(f"{count / (time.monotonic() - began):.0f} leads/s, one key")
    for worker in workers:
        worker.stop()


def clock_jumps(play: Play, count: int) -> None:
    """The clock jumps to and fro while workers are at work, and undo times run."""
    from leads.models import Team

    Team.objects.filter(pk=play.team.pk).update(undo_seconds=10)
    play.team.refresh_from_db()
    play.sandbox.fault("delay", seconds=0.05, times=None)
    workers = [play.stage.worker(), play.stage.worker()]
    jumps = (3600, -3600, 86_400, -86_400, 1, -1, 61, -61)
    for _ in range(count):
        play.enter(2)
        time.sleep(play.random.uniform(0.0, 0.2))
        play.clock.shift(play.random.choice(jumps))
    for worker in workers:
        worker.stop()
    play.finish()


def _wait_until_it_works(play: Play, worker: Process) -> None:
    calls = play.sandbox.state.call_count
    wait_until(lambda: play.sandbox.state.call_count > calls or worker.is_gone, "no worker began")


def _let_leases_run_out(play: Play) -> None:
    """No process of the portal runs: move the clock to the end of the last lease, and of the dead drain's hold."""
    from django.db.models import Max

    last = play.rows.filter(state="sending").aggregate(at=Max("lease_until"))["at"]
    play.key.refresh_from_db()
    moments = [moment for moment in (last, play.key.drain_until) if moment]
    if moments:
        play.clock.move_to(max(moments))


def _note_recovery(play: Play) -> None:
    """From the end of a lease to the entry that says so, by the portal's own clock."""
    from leads.models import AuditEntry

    ended = AuditEntry.objects.filter(team=play.team, action="submission.became_unknown")
    claimed = AuditEntry.objects.filter(team=play.team, action="submission.claimed")
    claims = {entry.details["attempt"]: entry.at for entry in claimed}
    late = [
        (entry.at - claims[entry.details["attempt"]] - LEASE).total_seconds()
        for entry in ended
        if entry.details.get("lease") == "expired"
    ]
    if late:
        play.notes.append(f"{len(late)} leases ran out; noticed at most {max(late):.1f} s later")
