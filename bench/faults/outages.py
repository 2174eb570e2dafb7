"""What the portal stands on goes away: Breakcold, the disk, the database, Redis."""

from __future__ import annotations

import errno
import time
from pathlib import Path

from django.db import Error

from .stage import Play, wait_until

HOURS = 72


def outage(play: Play, count: int) -> None:
    """Breakcold is away for 72 hours on the portal's clock while leads come in; first it fails, then it is gone."""
    play.sandbox.fault("status", status=503, method=None, path=None, times=None)
    worker = play.stage.worker()
    step = HOURS * 3600 / count
    for number in range(count):
        if number == count // 2:
            play.sandbox.down()
        play.enter()
        play.wait_while_something_is_due()
        for _ in range(5):  # what is planned on the way to the next lead
            play.clock.shift(step / 5)
            play.wait_while_something_is_due()
    worker.stop()
    play.sandbox.clear()
    play.sandbox.up()
    play.finish()
    unknown = _unknown(play)
    play.notes.append(f"{len(unknown)} became unknown on the way, {play.count('created')} created")
    order = [int(entry["body"]["email"].partition("@")[0]) for entry in play.ledger()]
    if (sure := [number for number in order if number not in unknown]) != sorted(sure):
        play.notes.append("WRONG: not oldest first")
    if len(unknown) > 3:
        play.notes.append(f"WRONG: {len(unknown)} unknowns")


def _unknown(play: Play) -> set[int]:
    from leads.models import AuditEntry

    ids = AuditEntry.objects.filter(team=play.team, action="submission.became_unknown").values("subject_id")
    return {
        int(email.partition("@")[0])
        for email in play.rows.filter(public_id__in=ids).values_list("email_key", flat=True)
    }


def disk_full(play: Play, count: int) -> None:
    """The disk under the database fills up while leads come in and leave; then there is space again."""
    ballast = play.stage.folder / "disk" / "ballast"
    refused, slowest = 0, 0.0
    worker = play.stage.worker()
    try:
        for _ in range(count):
            _enter_what_can_be(play, 3)
            _fill(ballast)
            for _ in range(40):
                if not _enter_what_can_be(play, 1):
                    refused += 1
                    break
            time.sleep(play.random.uniform(0.0, 0.3))
            ballast.unlink()
            began = time.monotonic()
            wait_until(lambda: _goes_on(play), "nothing is accepted although there is space again")
            slowest = max(slowest, time.monotonic() - began)
            if worker.is_gone:
                play.notes.append("WRONG: a worker did not survive a full disk")
                break
    finally:
        ballast.unlink(missing_ok=True)
    worker.kill()
    play.notes.append(f"{refused} of {count} times the full disk refused a lead; accepted again within {slowest:.1f} s")
    if refused < count / 2:
        play.notes.append("WRONG: the disk was hardly ever full")
    play.clock.shift(61)
    play.finish()


def _goes_on(play: Play) -> bool:
    """PostgreSQL ends when the log of its changes finds no room, and is started again."""
    from django.db import close_old_connections

    if play.stage.cluster is not None:
        play.stage.cluster.revive()
    close_old_connections()
    return _enter_what_can_be(play, 1)


def _fill(ballast: Path) -> None:
    size = 1024 * 1024
    with ballast.open("wb", buffering=0) as file:
        while size >= 512:
            try:
                file.write(b"\0" * size)
            except OSError as exc:
                if exc.errno != errno.ENOSPC:
                    raise
                size //= 2


def _enter_what_can_be(play: Play, count: int) -> bool:
    """Whether the last lead was accepted: only what was committed counts as accepted."""
    is_accepted = False
    for _ in range(count):
        try:
            play.enter()
            is_accepted = True
        except Error:
            is_accepted = False
    return is_accepted


def database_restarts(play: Play, count: int) -> None:
    """PostgreSQL is stopped with -m immediate under load, and started again."""
    from django.db import close_old_connections, connections

    cluster = play.stage.cluster
    assert cluster is not None
    play.sandbox.fault("delay", seconds=0.05, times=None)
    workers = [play.stage.worker(), play.stage.worker()]
    refused, slowest = 0, 0.0
    for _ in range(count):
        _enter_what_can_be(play, 5)
        time.sleep(play.random.uniform(0.0, 0.3))
        cluster.stop()
        if play.random.random() < 0.1:  # it takes the 20 seconds a request waits for a connection
            refused += not _enter_what_can_be(play, 1)
        cluster.start()
        began = time.monotonic()
        wait_until(lambda: _enter_what_can_be(play, 1), "nothing is accepted after a restart", seconds=60)
        slowest = max(slowest, time.monotonic() - began)
        close_old_connections()
        if any(worker.is_gone for worker in workers):
            play.notes.append("WRONG: a worker did not survive a restart of the database")
            break
    connections.close_all()
    for worker in workers:
        worker.stop()
    play.notes.append(f"{refused} refused while it was away; accepted again within {slowest:.1f} s")
    play.clock.shift(61)
    play.finish()


def redis_outages(play: Play, count: int) -> None:
    """Redis is killed, or emptied, while leads come in; it keeps nothing on disk."""
    redis = play.stage.redis
    assert redis is not None
    worker = play.stage.worker()
    for _ in range(count):
        play.enter(3)
        if play.random.random() < 0.5:
            redis.client.flushall()
            play.enter(2)
        else:
            redis.stop()
            play.enter(2)
            redis.start()
        if play.random.random() < 0.2:
            worker.kill()
            worker = play.stage.worker()
    began = time.monotonic()
    wait_until(lambda: not play.count("queued", "sending") or worker.is_gone, "leads are left", seconds=120)
    play.notes.append(f"all had left {time.monotonic() - began:.0f} s after the last outage")
    worker.stop()
    play.clock.shift(61)
    play.finish()
