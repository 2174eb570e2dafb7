from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from .nursery import PATIENCE_SECONDS, Nursery

pytestmark = pytest.mark.slow


@pytest.fixture
def nursery(tmp_path):
    made = Nursery({**os.environ, "DJANGO_SETTINGS_MODULE": "leadportal.settings", "PORTAL_DATA_DIR": str(tmp_path)})
    yield made
    made.close()


def test_it_signals_its_own_until_they_are_over_and_nobody_else(nursery, tmp_path):
    """What was its own may be over, and its number somebody else's."""
    stranger = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        assert nursery.signal(stranger.pid, signal.SIGKILL) is False
        assert stranger.poll() is None
        process = nursery.start(["check"], tmp_path / "check.log")
        until = time.monotonic() + PATIENCE_SECONDS
        while nursery.signal(process, 0):
            assert time.monotonic() < until
            time.sleep(0.02)
        assert nursery.signal(process, signal.SIGKILL) is False
        assert (tmp_path / "check.log.exit").read_text() == "0"
    finally:
        stranger.communicate()
    assert stranger.returncode != -signal.SIGKILL
