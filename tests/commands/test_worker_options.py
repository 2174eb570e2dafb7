from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError

from leads.management.commands import worker
from leads.management.commands.worker import Command

from .helpers import run


@pytest.mark.parametrize(("arguments", "threads"), [([], 8), (["--threads", "1"], 1), (["--threads", "24"], 24)])
def test_it_takes_how_many_keys_are_worked_on_at_once(arguments: list[str], threads: int) -> None:
    assert Command().create_parser("manage.py", "worker").parse_args(arguments).threads == threads


@pytest.mark.parametrize("threads", ["many", "", "1.5"])
def test_it_refuses_what_is_no_number(threads: str) -> None:
    with pytest.raises(CommandError, match="threads"):
        run("worker", "--threads", threads)


@pytest.mark.django_db
def test_it_sweeps_at_once_and_until_it_is_stopped(monkeypatch) -> None:
    stopping, rounds = threading.Event(), []

    def sweep() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            stopping.set()

    monkeypatch.setattr(worker, "sweep", sweep)
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0)
    worker.sweep_until(stopping)
    assert len(rounds) == 3
