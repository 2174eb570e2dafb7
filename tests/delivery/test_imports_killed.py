"""The worker and the web server of an import are killed five times each: the sum holds, no row is lost or twice.

Two files here; ``python -m bench.imports --full`` does it with two hundred.
"""

from __future__ import annotations

import random

import pytest

from leads import audit
from leads.breakcold.errors import Answer, RateLimit
from leads.delivery import throttle
from tests.fairs import make_fair
from tests.killing import ANSWER_SECONDS, KILLS, Siege, collect_static
from tests.nursery import Nursery, Process
from tests.portal import free_port_pair

from .kit import check_books

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_it_loses_and_repeats_nothing_when_killed(workers, sandbox, key, team, bob, tmp_path):
    port = free_port_pair()
    environ = workers.environ | {"DJANGO_SETTINGS_MODULE": "leadportal.settings"}
    throttle.learn_from(key, Answer(status=200, body={}, rate_limit=RateLimit(1000, 1000, 60.0)))
    collect_static(environ)
    sandbox.fault("delay", seconds=ANSWER_SECONDS, times=None)
    nursery = Nursery(environ)
    web = Process(nursery, ["web", "--port", str(port)], tmp_path / "web.log")
    worker = Process(nursery, ["worker", "--threads", "2"], tmp_path / "worker.log")
    siege = Siege(team, bob, sandbox, web, worker, port, random.Random(1))
    try:
        for seed in (101, 102):
            siege.run(make_fair(seed, 60))
            assert (web.kills, worker.kills) == (KILLS, KILLS)
    finally:
        web.stop()
        worker.stop()
        nursery.close()
    check_books(sandbox, team)
    assert list(audit.verify(team)) == []
